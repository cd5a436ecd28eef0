-- Voids sessions or undoes it; those that changed come back.
UPDATE game_sessions SET voided_at = CASE WHEN %(voided)s THEN now() END
WHERE id = ANY(%(session_ids)s::bigint[]) AND (voided_at IS NULL) = %(voided)s
RETURNING id, user_id, timestamp

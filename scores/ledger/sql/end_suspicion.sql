-- Ends the wait of suspicious sessions: they count, or are void. Whether each was held comes back too.
UPDATE game_sessions AS session SET
    held_at = NULL,
    voided_at = CASE WHEN %(passed)s THEN session.voided_at ELSE coalesce(session.voided_at, now()) END
FROM game_sessions AS known
WHERE session.id = ANY(%(session_ids)s::bigint[])
  AND known.id = session.id AND known.timestamp = session.timestamp
RETURNING session.id, session.user_id, session.timestamp, known.held_at IS NOT NULL

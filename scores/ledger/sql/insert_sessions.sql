-- The audit: every session, each under the id that was drawn for it.
INSERT INTO game_sessions (id, user_id, score, game_mode, outcome, timestamp, client_id, held_at)
SELECT id, user_id, score, game_mode, outcome, timestamp, client_id, CASE WHEN held THEN now() END
FROM unnest(
    %(ids)s::bigint[], %(user_ids)s::bigint[], %(scores)s::bigint[], %(game_modes)s::text[],
    %(outcomes)s::text[], %(timestamps)s::timestamptz[], %(client_ids)s::bigint[], %(held)s::boolean[]
) AS session (id, user_id, score, game_mode, outcome, timestamp, client_id, held)

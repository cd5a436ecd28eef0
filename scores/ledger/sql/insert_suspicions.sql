-- The queue of moderators: one row per session and rule that it broke.
INSERT INTO suspicions (session_id, player_id, board_id, kind, threshold, observed, held)
SELECT session_id, player_id, board_id, kind, threshold, observed, held
FROM unnest(
    %(session_ids)s::bigint[], %(player_ids)s::bigint[], %(board_ids)s::bigint[], %(kinds)s::text[],
    %(thresholds)s::bigint[], %(observed)s::bigint[], %(held)s::boolean[]
) AS suspicion (session_id, player_id, board_id, kind, threshold, observed, held)

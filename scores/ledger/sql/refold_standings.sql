-- Folds standings anew from the sessions that count: of each player, in every window that holds the
-- moment beside their id. Exact whatever happened before, at the cost of reading those players' sessions.
-- Who has no standing gets one where something counts.
INSERT INTO leaderboard AS standing
    (window_id, user_id, total_score, sort_key, games, wins, reached_at, hidden, rev, changed_xid)
SELECT affected.window_id, affected.user_id, fold.total_score, -fold.total_score::float8, fold.games, fold.wins,
       coalesce(fold.reached_at, known.reached_at, now()), player.state <> 'active', 0, '0'  -- the trigger's
FROM (
    SELECT DISTINCT board_window.id AS window_id, board_window.starts, board_window.ends, change.user_id
    FROM unnest(%(user_ids)s::bigint[], %(moments)s::timestamptz[]) AS change (user_id, moment)
    JOIN board_windows AS board_window
        ON (board_window.starts IS NULL OR change.moment >= board_window.starts)
        AND (board_window.ends IS NULL OR change.moment < board_window.ends)
) AS affected
JOIN users AS player ON player.id = affected.user_id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(session.score), 0)::bigint AS total_score,
           count(*) FILTER (WHERE session.kind = 'game') AS games,
           count(*) FILTER (WHERE session.outcome = 'win') AS wins,
           max(session.recorded_at) FILTER (WHERE session.score <> 0) AS reached_at,
           count(*) > 0 AS something_counts
    FROM game_sessions AS session
    WHERE session.user_id = affected.user_id AND session.voided_at IS NULL AND session.held_at IS NULL
      AND (affected.starts IS NULL OR session.timestamp >= affected.starts)
      AND (affected.ends IS NULL OR session.timestamp < affected.ends)
) AS fold
LEFT JOIN leaderboard AS known ON known.window_id = affected.window_id AND known.user_id = affected.user_id
WHERE fold.something_counts OR known.user_id IS NOT NULL
ORDER BY affected.window_id, affected.user_id
ON CONFLICT (window_id, user_id) DO UPDATE SET
    total_score = excluded.total_score,
    sort_key = excluded.sort_key,
    games = excluded.games,
    wins = excluded.wins,
    reached_at = excluded.reached_at
RETURNING window_id, user_id, total_score, sort_key, hidden, rev

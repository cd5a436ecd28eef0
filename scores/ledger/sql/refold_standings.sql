-- Folds a player's standings anew from the sessions that still count, in every window that holds the
-- given moment. Exact whatever happened before, at the cost of reading that player's sessions.
UPDATE leaderboard AS standing SET
    total_score = fold.total_score,
    sort_key = -fold.total_score::float8,
    games = fold.games,
    wins = fold.wins,
    reached_at = coalesce(fold.reached_at, standing.reached_at)
FROM board_windows AS board_window,
LATERAL (
    SELECT coalesce(sum(session.score), 0)::bigint AS total_score, count(*) AS games,
           count(*) FILTER (WHERE session.outcome = 'win') AS wins,
           max(session.recorded_at) FILTER (WHERE session.score > 0) AS reached_at
    FROM game_sessions AS session
    WHERE session.user_id = %(user_id)s AND session.voided_at IS NULL
      AND (board_window.starts IS NULL OR session.timestamp >= board_window.starts)
      AND (board_window.ends IS NULL OR session.timestamp < board_window.ends)
) AS fold
WHERE standing.window_id = board_window.id AND standing.user_id = %(user_id)s
  AND (board_window.starts IS NULL OR %(moment)s::timestamptz >= board_window.starts)
  AND (board_window.ends IS NULL OR %(moment)s::timestamptz < board_window.ends)
RETURNING standing.window_id, standing.user_id, standing.total_score, standing.sort_key, standing.hidden, standing.rev

-- The standings of every window that the sessions match, in (window, user) order: all batches lock
-- rows in the same order, so none can deadlock with another.
INSERT INTO leaderboard AS standing
    (window_id, user_id, total_score, sort_key, games, wins, reached_at, hidden, rev, changed_xid)
SELECT board_windows.id, session.user_id, sum(session.score), -sum(session.score)::float8,
       count(*), count(*) FILTER (WHERE session.outcome = 'win'), now(),
       bool_or(session.hidden), 0, '0'  -- rev and changed_xid are the trigger's
FROM unnest(
    %(user_ids)s::bigint[], %(scores)s::bigint[], %(outcomes)s::text[], %(timestamps)s::timestamptz[],
    %(hidden)s::boolean[]
) AS session (user_id, score, outcome, timestamp, hidden)
JOIN board_windows
    ON board_windows.state <> 'final'
    AND (board_windows.starts IS NULL OR session.timestamp >= board_windows.starts)
    AND (board_windows.ends IS NULL OR session.timestamp < board_windows.ends)
GROUP BY board_windows.id, session.user_id
ORDER BY board_windows.id, session.user_id
ON CONFLICT (window_id, user_id) DO UPDATE SET
    total_score = standing.total_score + excluded.total_score,
    sort_key = -(standing.total_score + excluded.total_score)::float8,
    games = standing.games + excluded.games,
    wins = standing.wins + excluded.wins,
    reached_at = CASE
        WHEN excluded.total_score = 0 THEN standing.reached_at
        WHEN standing.total_score = 0 THEN excluded.reached_at
        ELSE greatest(standing.reached_at, excluded.reached_at)  -- who began later may have come first
    END
RETURNING window_id, user_id, total_score, sort_key, hidden, rev

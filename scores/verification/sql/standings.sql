-- The rule of standings, told here a second time, in other words than those of the ledger that it checks:
-- a standing of a player in a window is made of the player's sessions whose timestamp lies in [starts, ends) and
-- which count, that is neither void nor held. Their points are the total, adjustments' too; games are those that are
-- no adjustments; wins are those with that outcome. It was reached when the newest of them that has points was
-- recorded; where none has any, by no rule. Whose sessions count nowhere has a standing only if some once did.
-- Final windows take no sessions any more, and nothing tells which of theirs came too late: they are passed over.
-- A row for each standing that is not so: what, in words.
SELECT format(
    'Player %s on %s:%s: %s.', user_id, board.slug, board_window.slug,
    CASE
        WHEN standing.rev IS NULL THEN 'there are sessions that count, but no standing'
        WHEN folded.sessions IS NULL THEN 'there is a standing, but no session'
        ELSE concat_ws(
            ', ',
            CASE WHEN standing.total_score <> folded.total_score
                 THEN format('total_score is %s, the sessions make %s', standing.total_score, folded.total_score) END,
            CASE WHEN standing.games <> folded.games
                 THEN format('games is %s, the sessions make %s', standing.games, folded.games) END,
            CASE WHEN standing.wins <> folded.wins
                 THEN format('wins is %s, the sessions make %s', standing.wins, folded.wins) END,
            CASE WHEN standing.reached_at <> folded.reached_at
                 THEN format('reached_at is %s, the sessions make %s', standing.reached_at, folded.reached_at) END
        )
    END
)
FROM (
    SELECT board_windows.id AS window_id, session.user_id,
           count(*) AS sessions,
           count(*) FILTER (WHERE is_counted) AS counted,
           coalesce(sum(session.score) FILTER (WHERE is_counted), 0) AS total_score,
           count(*) FILTER (WHERE is_counted AND session.kind <> 'adjustment') AS games,
           count(*) FILTER (WHERE is_counted AND session.outcome = 'win') AS wins,
           max(session.recorded_at) FILTER (WHERE is_counted AND session.score <> 0) AS reached_at
    FROM board_windows
    JOIN game_sessions AS session
        ON coalesce(session.timestamp >= board_windows.starts, true)
        AND coalesce(session.timestamp < board_windows.ends, true)
    CROSS JOIN LATERAL (SELECT session.voided_at IS NULL AND session.held_at IS NULL) AS judged (is_counted)
    WHERE board_windows.state <> 'final'
    GROUP BY board_windows.id, session.user_id
) AS folded
FULL JOIN (
    SELECT leaderboard.* FROM leaderboard JOIN board_windows ON board_windows.id = leaderboard.window_id
    WHERE board_windows.state <> 'final'
) AS standing USING (window_id, user_id)
JOIN board_windows AS board_window ON board_window.id = window_id
JOIN boards AS board ON board.id = board_window.board_id
WHERE CASE
    WHEN standing.rev IS NULL THEN folded.counted > 0
    WHEN folded.sessions IS NULL THEN true
    ELSE standing.total_score <> folded.total_score OR standing.games <> folded.games OR standing.wins <> folded.wins
         OR coalesce(standing.reached_at <> folded.reached_at, false)
END

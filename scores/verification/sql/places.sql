-- Where standings stand: the best total has the smallest sort key, and who is not active is hidden everywhere.
-- A row for each standing that is not so: what, in words.
SELECT format(
    'Player %s on %s:%s: %s.', standing.user_id, board.slug, board_window.slug,
    concat_ws(
        ', ',
        CASE WHEN standing.sort_key <> -standing.total_score::float8
             THEN format('sort_key is %s at a total_score of %s', standing.sort_key, standing.total_score) END,
        CASE WHEN standing.hidden AND player.state = 'active' THEN 'hidden, though the player is active'
             WHEN NOT standing.hidden AND player.state <> 'active'
             THEN format('shown, though the player is %s', player.state)
             WHEN player.id IS NULL THEN 'there is no such player' END
    )
)
FROM leaderboard AS standing
JOIN board_windows AS board_window ON board_window.id = standing.window_id
JOIN boards AS board ON board.id = board_window.board_id
LEFT JOIN users AS player ON player.id = standing.user_id
WHERE standing.sort_key <> -standing.total_score::float8
   OR standing.hidden IS DISTINCT FROM (player.state <> 'active')

-- The named players and the largest total that a session could still raise.
SELECT player.id, player.username, player.state = 'banned', coalesce(max(standing.total_score), 0)
FROM users AS player
LEFT JOIN leaderboard AS standing
    ON standing.user_id = player.id
    AND standing.window_id IN (SELECT id FROM board_windows WHERE state <> 'final')
WHERE player.id = ANY(%(user_ids)s::bigint[])
GROUP BY player.id

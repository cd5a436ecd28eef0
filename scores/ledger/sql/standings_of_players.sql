-- The standings of players in a window as they are; players without one are left out.
SELECT window_id, user_id, total_score, sort_key, hidden, rev FROM leaderboard
WHERE window_id = %(window_id)s AND user_id = ANY(%(user_ids)s::bigint[])

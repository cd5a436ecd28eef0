-- Shows or hides all standings of a player; those that already are so draw no rev.
UPDATE leaderboard SET hidden = %(hidden)s
WHERE user_id = %(user_id)s AND hidden <> %(hidden)s
RETURNING window_id, user_id, total_score, sort_key, hidden, rev

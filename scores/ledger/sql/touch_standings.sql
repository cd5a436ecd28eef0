-- Draws new revs for a player's standings and changes nothing else: what the boards show of them is read anew.
UPDATE leaderboard SET hidden = hidden WHERE user_id = %(user_id)s
RETURNING window_id, user_id, total_score, sort_key, hidden, rev

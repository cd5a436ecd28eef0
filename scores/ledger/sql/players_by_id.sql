-- The players with these ids; ids without a player are left out.
SELECT id, username, state = 'banned' FROM users WHERE id = ANY(%(user_ids)s::bigint[])

-- The players with these ids; ids without a player are left out, and the erased.
SELECT id, username, state = 'banned' FROM users WHERE id = ANY(%(user_ids)s::bigint[]) AND state <> 'erased'

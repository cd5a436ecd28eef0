-- The players with these names; names without a player are left out, and the erased.
SELECT id, username, state = 'banned' FROM users WHERE username = ANY(%(usernames)s::text[]) AND state <> 'erased'

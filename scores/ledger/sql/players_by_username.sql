-- The ids of the players with these names; names without a player are left out.
SELECT username, id FROM users WHERE username = ANY(%(usernames)s::text[])

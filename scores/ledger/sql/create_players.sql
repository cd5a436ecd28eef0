-- New players, in name order, so that two batches that make the same players cannot deadlock.
-- The password '!' is one that no login matches. A name that somebody else is just creating is
-- waited for, and left out: read it with the next statement.
INSERT INTO users (username, password, is_superuser)
SELECT username, '!', false
FROM unnest(%(usernames)s::text[]) AS name (username)
ORDER BY username COLLATE "C"
ON CONFLICT (username) DO NOTHING
RETURNING username, id, rev

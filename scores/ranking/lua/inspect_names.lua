-- Shows the names of a bucket of players.
--
-- KEYS[1]  names:<user id // 128>
--
-- Answer: flat: field, `rev:username`, …, or false where the key is of another type than ours
local kind = redis.call('TYPE', KEYS[1]).ok
return (kind == 'hash' or kind == 'none') and redis.call('HGETALL', KEYS[1])

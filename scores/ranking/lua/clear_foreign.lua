-- Removes a key that is no hash, where ours are hashes.
--
-- KEYS[1]  the key
--
-- Answer: 1, or 0 where it is none, or a hash
local kind = redis.call('TYPE', KEYS[1]).ok
return (kind == 'hash' or kind == 'none') and 0 or redis.call('UNLINK', KEYS[1])

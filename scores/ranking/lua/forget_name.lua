-- Forgets a name, as long as it is still the one that was seen.
--
-- KEYS[1]  names:<user id // 128>
-- ARGV[1]  the field (user id % 128)
-- ARGV[2]  what was seen there
--
-- Answer: 1, or 0 where another name has come meanwhile
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then
  return 0
end
return redis.call('HDEL', KEYS[1], ARGV[1])

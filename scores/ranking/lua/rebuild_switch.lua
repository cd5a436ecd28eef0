-- Makes the generation under construction the live one, if all of it arrived.
--
-- KEYS[1]  {board:window}:meta
-- ARGV[1]  the generation, which must still be the one that is built
-- ARGV[2]  how many chunks were sent: a Valkey that lost its tail meanwhile counts fewer
-- ARGV[3]  the new epoch
-- ARGV[4…] what meta says of the watermark: field, value, …
--
-- Answer: 1, or 0 where it may not be switched to
local known = redis.call('HMGET', KEYS[1], 'building_generation', 'building_chunks')
if known[1] ~= ARGV[1] or known[2] ~= ARGV[2] then
  return 0
end
redis.call('HSET', KEYS[1], 'generation', ARGV[1], 'epoch', ARGV[3], 'seq', 0, 'run', server_run(), unpack(ARGV, 4))
redis.call('HDEL', KEYS[1], 'building_generation', 'building_chunks', 'building_until')
return 1

-- Takes the right to rebuild a window. From here on live writes reach the new generation too.
--
-- KEYS[1]  {board:window}:meta
-- ARGV[1]  the new generation: random text, also the token of this builder
-- ARGV[2]  milliseconds after which a builder that gives no sign may be replaced
--
-- Answer: 1, or 0 where another builder is at work
local known = redis.call('HMGET', KEYS[1], 'building_generation', 'building_until')
local now = now_ms()
local left = known[1] and tonumber(known[2]) - now or 0
-- One who could give no sign for longer than that took the right while the clock was ahead.
if left > 0 and left <= tonumber(ARGV[2]) then
  return 0
end
redis.call('HSET', KEYS[1], 'building_generation', ARGV[1], 'building_chunks', 0,
           'building_until', string.format('%.0f', now + tonumber(ARGV[2])))
return 1

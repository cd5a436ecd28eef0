-- Brings rows of the snapshot into the generation under construction.
--
-- KEYS[1]  {board:window}:meta
-- ARGV[1]  the tag, `{board:window}`
-- ARGV[2]  the generation, which must still be the one that is built
-- ARGV[3]  milliseconds after which a builder that gives no sign may be replaced
-- ARGV[4]  the rows, packed: see the prelude
--
-- Answer: 1, or 0 where another builder has taken over
if redis.call('HGET', KEYS[1], 'building_generation') ~= ARGV[2] then
  return 0
end
local rows = cmsgpack.unpack(ARGV[4])
for i = 1, #rows, 4 do
  apply_row(ARGV[1], ARGV[2], rows[i], rows[i + 1], rows[i + 2], rows[i + 3])
end
redis.call('HINCRBY', KEYS[1], 'building_chunks', 1)
redis.call('HSET', KEYS[1], 'building_until', string.format('%.0f', now_ms() + tonumber(ARGV[3])))
return 1

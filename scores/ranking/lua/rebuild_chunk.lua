-- Brings rows of the snapshot into the generation under construction.
--
-- KEYS[1]  {board:window}:meta
-- ARGV[1]  the tag, `{board:window}`
-- ARGV[2]  the generation, which must still be the one that is built
-- ARGV[3]  milliseconds after which a builder that gives no sign may be replaced
-- ARGV[4…] four per row: member (12 digits), sort key, rev, hidden ('1' or '0')
--
-- Answer: 1, or 0 where another builder has taken over
if redis.call('HGET', KEYS[1], 'building_generation') ~= ARGV[2] then
  return 0
end
for i = 4, #ARGV, 4 do
  apply_row(ARGV[1], ARGV[2], ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3])
end
redis.call('HINCRBY', KEYS[1], 'building_chunks', 1)
redis.call('HSET', KEYS[1], 'building_until', string.format('%.0f', now_ms() + tonumber(ARGV[3])))
return 1

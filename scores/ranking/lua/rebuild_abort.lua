-- Gives up a rebuild, so that another may begin at once.
--
-- KEYS[1]  {board:window}:meta
-- ARGV[1]  the generation of the builder that gives up
--
-- Answer: 1, or 0 where another builder has taken over
if redis.call('HGET', KEYS[1], 'building_generation') ~= ARGV[1] then
  return 0
end
redis.call('HDEL', KEYS[1], 'building_generation', 'building_chunks', 'building_until')
return 1

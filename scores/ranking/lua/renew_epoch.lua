-- Begins a new epoch in ranks that may have gone back in time: in a new run of Valkey the same seq can be drawn a
-- second time, for another top. By the epoch every web process notices, and reads anew.
--
-- KEYS[1]  {board:window}:meta
-- ARGV[1]  the new epoch
--
-- Answer: 1, or 0 where there are no ranks, or their epoch was begun in this run
local known = redis.call('HMGET', KEYS[1], 'generation', 'run')
local run = server_run()
if not known[1] or known[2] == run then
  return 0
end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'run', run)
return 1

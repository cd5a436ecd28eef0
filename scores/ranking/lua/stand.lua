-- Tells where the ranks of a window stand.
--
-- KEYS[1]  {board:window}:meta
--
-- Answer: false where the window has no ranks, else the watermark and what was written down with it (see
--         project.lua), how many calls have written rows by now, the run of Valkey, and the run that its
--         epoch was begun in
local known = redis.call(
  'HMGET', KEYS[1], 'generation', 'watermark', 'mark', 'identity', 'started', 'covered', 'written', 'run')
if not known[1] then
  return false
end
local stand = {}
for i = 2, 6 do
  stand[#stand + 1] = known[i] or ''  -- an earlier version wrote no mark
end
stand[#stand + 1] = known[7] or '0'
stand[#stand + 1] = server_run()
stand[#stand + 1] = known[8] or ''
return stand

-- Reads neighbouring rows of a window.
--
-- KEYS[1]  {board:window}:meta
-- ARGV[1]  the tag, `{board:window}`
-- ARGV[2]  offset of the first row, from 0 for the best
-- ARGV[3]  how many rows
--
-- Answer: false where the window has no ranks, else
--         {epoch, seq, players, offset and rank of the first row, rows flat: member, sort key, …}
local known = redis.call('HMGET', KEYS[1], 'generation', 'epoch', 'seq')
if not known[1] then
  return false
end
local ranks = ranks_key(ARGV[1], known[1])
local offset = tonumber(ARGV[2])
local rows = redis.call('ZRANGE', ranks, offset, offset + tonumber(ARGV[3]) - 1, 'WITHSCORES')
local first = rows[2] and rank_of(ranks, rows[2]) or 1
return {known[2], tonumber(known[3]), redis.call('ZCARD', ranks), offset, first, rows}

-- Answers questions about a window, all from one state of it.
--
-- KEYS[1]  {board:window}:meta
-- ARGV[1]  the tag, `{board:window}`
-- ARGV[2]  the questions, MessagePack of one array each:
--          {'page', offset of the first row (0 for the best), how many rows}
--          {'around', the player's member (12 digits), how many rows}: the player in the middle, the frame
--          shifted at the ends of the board; no rows where the player is not shown
--
-- Answer: false where the window has no ranks, else
--         {epoch, seq, players, slices}, one slice per question, in order:
--         {offset and rank of the first row, rows flat: member, sort key, …}
local tag = ARGV[1]
local known = redis.call('HMGET', KEYS[1], 'generation', 'epoch', 'seq')
if not known[1] then
  return false
end
local ranks = ranks_key(tag, known[1])
local players = redis.call('ZCARD', ranks)

local function slice(offset, limit)
  local rows = redis.call('ZRANGE', ranks, offset, offset + limit - 1, 'WITHSCORES')
  return {offset, rows[2] and rank_of(ranks, rows[2]) or 1, rows}
end

local slices = {}
for i, question in ipairs(cmsgpack.unpack(ARGV[2])) do
  local kind, what, limit = question[1], question[2], question[3]
  if kind == 'page' then
    slices[i] = slice(what, limit)
  else
    local place = redis.call('ZRANK', ranks, what)
    local offset = place and math.max(0, math.min(place - math.floor(limit / 2), players - limit))
    slices[i] = offset and slice(offset, limit) or {0, 1, {}}
  end
end
return {known[2], tonumber(known[3]), players, slices}

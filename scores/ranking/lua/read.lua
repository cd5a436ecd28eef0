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
  return {offset, offset > 0 and rows[2] and rank_of(ranks, rows[2]) or 1, rows}
end

-- The row of a player alone; with no row behind it, nobody asks for its offset.
local function row_of(member)
  local sort_key = redis.call('ZSCORE', ranks, member)
  return sort_key and {0, rank_of(ranks, sort_key), {member, sort_key}}
end

local function around(member, limit)
  local place = redis.call('ZRANK', ranks, member)
  return place and slice(math.max(0, math.min(place - math.floor(limit / 2), players - limit)), limit)
end

local slices = {}
for i, question in ipairs(cmsgpack.unpack(ARGV[2])) do
  local kind, what, limit = question[1], question[2], question[3]
  if kind == 'page' then
    slices[i] = slice(what, limit)
  elseif limit == 1 then
    slices[i] = row_of(what) or {0, 1, {}}
  else
    slices[i] = around(what, limit) or {0, 1, {}}
  end
end
return {known[2], tonumber(known[3]), players, slices}

-- Reads the rows around a player: the player in the middle, the frame shifted at the ends of the board.
--
-- KEYS[1]  {board:window}:meta
-- ARGV[1]  the tag, `{board:window}`
-- ARGV[2]  the player's member (12 digits)
-- ARGV[3]  how many rows in all
--
-- Answer: false where the window has no ranks, else
--         {epoch, seq, players, offset and rank of the first row, rows flat: member, sort key, …}
--         with no rows where the player is not shown
local known = redis.call('HMGET', KEYS[1], 'generation', 'epoch', 'seq')
if not known[1] then
  return false
end
local ranks = ranks_key(ARGV[1], known[1])
local players = redis.call('ZCARD', ranks)
local place = redis.call('ZRANK', ranks, ARGV[2])
if not place then
  return {known[2], tonumber(known[3]), players, 0, 1, {}}
end
local limit = tonumber(ARGV[3])
local offset = math.max(0, math.min(place - math.floor(limit / 2), players - limit))
local rows = redis.call('ZRANGE', ranks, offset, offset + limit - 1, 'WITHSCORES')
return {known[2], tonumber(known[3]), players, offset, rank_of(ranks, rows[2]), rows}

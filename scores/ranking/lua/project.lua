-- Brings committed rows into the ranks of one window, each only if its rev is newer than the one known.
--
-- KEYS[1]  {board:window}:meta
-- ARGV[1]  the tag, `{board:window}`
-- ARGV[2]  how many rows are the visible top
-- ARGV[3]  the watermark that the rows were read from, ARGV[4] the one they reach; both '' where unknown
-- ARGV[5]  the rows, packed: see the prelude
--
-- Answer: false where the window has no ranks (only a rebuild makes them; rows still reach one under way).
--         {epoch, seq, players, ranks, changed, top before, top after, touched}
--         ranks: one per row, in order, false where the player is not shown
--         changed: 1 where the visible top changed, and only then the rest:
--         tops: flat, member, sort key, …
--         touched: members of the top whose rows are new and stand where they stood: a rename draws a new
--         rev for the player's standings, which is how a new name becomes a change of the board
local meta, tag, top = KEYS[1], ARGV[1], tonumber(ARGV[2]) - 1
local rows = cmsgpack.unpack(ARGV[5])
local known = redis.call('HMGET', meta, 'generation', 'building_generation', 'watermark', 'epoch', 'seq', 'building_until')
local generation, building = known[1], known[2]

if building and now_ms() > tonumber(known[6]) then
  -- The builder has died: without this, every row would be written twice until somebody builds again.
  redis.call('HDEL', meta, 'building_generation', 'building_chunks', 'building_until')
  building = false
end
if building then
  for i = 1, #rows, 4 do
    apply_row(tag, building, rows[i], rows[i + 1], rows[i + 2], rows[i + 3])
  end
end
if not generation then
  return false
end

local ranks = ranks_key(tag, generation)
local before = redis.call('ZRANGE', ranks, 0, top, 'WITHSCORES')
local applied, in_place = false, {}
for i = 1, #rows, 4 do
  local new, stood = apply_row(tag, generation, rows[i], rows[i + 1], rows[i + 2], rows[i + 3])
  applied = applied or new
  in_place[rows[i]] = stood or nil
end
if ARGV[4] ~= '' and known[3] == ARGV[3] then
  redis.call('HSET', meta, 'watermark', ARGV[4])
end

local places = {}
for i = 1, #rows, 4 do
  local sort_key = redis.call('ZSCORE', ranks, rows[i])
  places[#places + 1] = sort_key and rank_of(ranks, sort_key) or false
end

local players = redis.call('ZCARD', ranks)
if applied then
  local after = redis.call('ZRANGE', ranks, 0, top, 'WITHSCORES')
  local touched = {}
  for i = 1, #after, 2 do
    if in_place[after[i]] then
      touched[#touched + 1] = after[i]
    end
  end
  if #touched > 0 or table.concat(before, ' ') ~= table.concat(after, ' ') then
    return {known[4], redis.call('HINCRBY', meta, 'seq', 1), players, places, 1, before, after, touched}
  end
end
return {known[4], tonumber(known[5]), players, places, 0}

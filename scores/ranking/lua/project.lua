-- Brings committed rows into the ranks of one window, each only if its rev is newer than the one known.
--
-- KEYS[1]  {board:window}:meta
-- ARGV[1]  the tag, `{board:window}`
-- ARGV[2]  how many rows are the visible top
-- ARGV[3]  the rows, MessagePack of one flat array of texts: member (12 digits), sort key, rev, hidden ('1' or '0'), …
-- ARGV[4]  '1' where the ranks of the rows are wanted
-- Where all rows up to a new watermark are brought with these:
-- ARGV[5]  the mark at which the window must stand: of two reconcilers one moves it
-- ARGV[6]  the run of Valkey that the rows before these were brought to: another one may have lost them
-- ARGV[7…] what meta says of the new watermark: field, value, …
--
-- Answer: false where the window has no ranks (only a rebuild makes them; rows still reach one under way).
--         {ranks}: one per row, in order, false where the player is not shown; {} where they are not wanted
--         {ranks, epoch, seq, players, top before, top after, touched} where the visible top changed
--         tops: flat, member, sort key, …
--         touched: members of the top whose rows are new and stand where they stood: a rename draws a new
--         rev for the player's standings, which is how a new name becomes a change of the board
local meta, tag, top = KEYS[1], ARGV[1], tonumber(ARGV[2])
local rows = cmsgpack.unpack(ARGV[3])
local known = redis.call('HMGET', meta, 'generation', 'building_generation', 'mark', 'building_until')
local generation, building = known[1], known[2]

if building and now_ms() > tonumber(known[4]) then
  -- The builder has died: without this, every row would be written twice until somebody builds again.
  redis.call('HDEL', meta, 'building_generation', 'building_chunks', 'building_until')
  building = false
end
if #rows > 0 and (generation or building) then
  redis.call('HINCRBY', meta, 'written', 1)  -- before the rows: no mark covers them yet
end
if building then
  local ranks, revs = ranks_key(tag, building), revs_prefix(tag, building)
  for i = 1, #rows, 4 do
    apply_row(ranks, revs, rows[i], rows[i + 1], rows[i + 2], rows[i + 3])
  end
end
if not generation then
  return false
end

local ranks, revs = ranks_key(tag, generation), revs_prefix(tag, generation)
local before = redis.call('ZRANGE', ranks, 0, top - 1, 'WITHSCORES')
local in_top = {}
for i = 1, #before, 2 do
  in_top[before[i]] = true
end
local last = #before == 2 * top and tonumber(before[#before]) or math.huge  -- whoever is worse does not reach the top

local reached, in_place, stands_at = false, {}, {}
for i = 1, #rows, 4 do
  local member, sort_key = rows[i], rows[i + 1]
  local new, stood = apply_row(ranks, revs, member, sort_key, rows[i + 2], rows[i + 3])
  if new then
    stands_at[member] = rows[i + 3] ~= '1' and sort_key
    in_place[member] = stood or nil
    reached = reached or in_top[member] or tonumber(sort_key) <= last
  end
end
if ARGV[5] and known[3] == ARGV[5] and server_run() == ARGV[6] then
  redis.call('HSET', meta, unpack(ARGV, 7))
  if #rows > 0 then
    redis.call('HINCRBY', meta, 'covered', 1)  -- by the new mark: these were read before it was set
  end
end

local places = {}
for i = 1, ARGV[4] == '1' and #rows or 0, 4 do
  local sort_key = stands_at[rows[i]]
  if sort_key == nil then
    sort_key = redis.call('ZSCORE', ranks, rows[i])  -- the row is old news
  end
  places[#places + 1] = sort_key and rank_of(ranks, sort_key) or false
end

if reached then
  local after = redis.call('ZRANGE', ranks, 0, top - 1, 'WITHSCORES')
  local touched = {}
  for i = 1, #after, 2 do
    if in_place[after[i]] then
      touched[#touched + 1] = after[i]
    end
  end
  if #touched > 0 or table.concat(before, ' ') ~= table.concat(after, ' ') then
    local seq = redis.call('HINCRBY', meta, 'seq', 1)
    return {places, redis.call('HGET', meta, 'epoch'), seq, redis.call('ZCARD', ranks), before, after, touched}
  end
end
return {places}

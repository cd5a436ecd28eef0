-- Brings rows of the snapshot into the generation under construction, each only if its rev is newer than
-- the one that a live write has brought.
--
-- KEYS[1]  {board:window}:meta
-- ARGV[1]  the tag, `{board:window}`
-- ARGV[2]  the generation, which must still be the one that is built
-- ARGV[3]  milliseconds after which a builder that gives no sign may be replaced
-- ARGV[4]  the number of the chunk, from 1: the next one, or the last one again
-- ARGV[5]  the rows, MessagePack of one array per bucket:
--          {bucket, {field, rev, …} of everybody, {sort key, member, …} of who is shown, {member, …} of who is not}
--
-- Answer: 1, or 0 where another builder has taken over or an earlier chunk was lost
local meta, tag, generation, number = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[4])
local known = redis.call('HMGET', meta, 'building_generation', 'building_chunks')
if known[1] ~= generation then
  return 0
end
local chunks = tonumber(known[2])
redis.call('HSET', meta, 'building_until', string.format('%.0f', now_ms() + tonumber(ARGV[3])))
if chunks == number then
  return 1  -- it was brought, and the builder did not hear so
elseif chunks ~= number - 1 then
  return 0
end

local ranks, revs_of = ranks_key(tag, generation), revs_prefix(tag, generation)

local function field_of(member)
  local _, field = place_of(member)
  return field
end

-- The lists of a bucket without the players of whom live writes have brought something as new.
local function without_old_news(revs, places, hidden, brought)
  local known, is_old = {}, {}
  for i = 1, #brought, 2 do
    known[tonumber(brought[i])] = tonumber(brought[i + 1])
  end
  local new, shown, gone = {}, {}, {}
  for i = 1, #revs, 2 do
    local field, rev = tonumber(revs[i]), revs[i + 1]
    is_old[field] = known[field] and known[field] >= tonumber(rev)
    if not is_old[field] then
      new[#new + 1], new[#new + 2] = field, rev
    end
  end
  for i = 1, #places, 2 do
    if not is_old[field_of(places[i + 1])] then
      shown[#shown + 1], shown[#shown + 2] = places[i], places[i + 1]
    end
  end
  for _, member in ipairs(hidden) do
    if not is_old[field_of(member)] then
      gone[#gone + 1] = member
    end
  end
  return new, shown, gone
end

for _, bucket in ipairs(cmsgpack.unpack(ARGV[5])) do
  local key, revs, places, hidden = revs_of .. bucket[1], bucket[2], bucket[3], bucket[4]
  local brought = redis.call('HGETALL', key)  -- by live writes since the builder began: mostly nothing
  if #brought > 0 then
    revs, places, hidden = without_old_news(revs, places, hidden, brought)
  end
  if #revs > 0 then
    redis.call('HSET', key, unpack(revs))
  end
  if #places > 0 then
    redis.call('ZADD', ranks, unpack(places))
  end
  if #brought > 0 and #hidden > 0 then
    redis.call('ZREM', ranks, unpack(hidden))  -- a live write has brought an older row, which was shown
  end
end
redis.call('HSET', meta, 'building_chunks', number)
return 1

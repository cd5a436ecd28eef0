-- Shows all that the ranks know about whole buckets of players, as it is at one moment.
--
-- KEYS[1]  {board:window}:meta
-- ARGV[1]  the tag, `{board:window}`
-- ARGV[2]  the buckets, MessagePack of one array of numbers
-- ARGV[3]  members besides, MessagePack of one array of texts
--
-- Answer: {state, building, members, bucket, …}
--         state: 'missing' where the window has no ranks, 'foreign' where one of the two keys that they rest on is
--         of another type than ours; nothing follows then. Else the generation.
--         building: 1 while a rebuild is under way, else 0
--         members: their sort keys, one each, in order, false of who is not in the sorted set
--         bucket, one each, in order: {revs flat: field, rev, …; sort keys of its players, false of who is not shown},
--         or false where its revs are of another type than ours
local meta, tag = KEYS[1], ARGV[1]

local function is_foreign(key, kind)
  local found = redis.call('TYPE', key).ok
  return found ~= kind and found ~= 'none'
end

if is_foreign(meta, 'hash') then
  return {'foreign'}
end
local known = redis.call('HMGET', meta, 'generation', 'building_generation', 'building_until')
local generation, building = known[1], known[2] and now_ms() <= tonumber(known[3]) and 1 or 0
if not generation then
  return {'missing'}
end
local ranks, revs = ranks_key(tag, generation), revs_prefix(tag, generation)
if is_foreign(ranks, 'zset') then
  return {'foreign'}
end
local asked = cmsgpack.unpack(ARGV[3])
local shown = {generation, building, #asked > 0 and redis.call('ZMSCORE', ranks, unpack(asked)) or {}}
for _, number in ipairs(cmsgpack.unpack(ARGV[2])) do
  local key, members = revs .. string.format('%.0f', number), {}
  for field = 0, BUCKET - 1 do
    members[field + 1] = string.format('%012.0f', number * BUCKET + field)
  end
  shown[#shown + 1] = not is_foreign(key, 'hash')
    and {redis.call('HGETALL', key), redis.call('ZMSCORE', ranks, unpack(members))}
end
return shown

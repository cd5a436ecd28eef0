-- Removes what PostgreSQL has nothing like from the ranks of a window, each only as it was seen: a player who has
-- come meanwhile stays. Where the visible top changes a seq is drawn, by which every web process notices.
--
-- KEYS[1]  {board:window}:meta
-- ARGV[1]  the tag, `{board:window}`
-- ARGV[2]  how many rows are the visible top
-- ARGV[3]  MessagePack of one array of strangers, of texts each: {bucket, field, rev that was seen, member}; bucket
--          and field '' for a member that is no player's, rev '' for one that has none, member '' for a rev alone
--
-- Answer: how many were removed
local meta, tag, top = KEYS[1], ARGV[1], tonumber(ARGV[2])
local generation = redis.call('HGET', meta, 'generation')
if not generation then
  return 0
end
local ranks, revs = ranks_key(tag, generation), revs_prefix(tag, generation)
local in_top = {}
for _, member in ipairs(redis.call('ZRANGE', ranks, 0, top - 1)) do
  in_top[member] = true
end

local removed, reached = 0, false
for _, stranger in ipairs(cmsgpack.unpack(ARGV[3])) do
  local bucket, field, seen, member = stranger[1], stranger[2], stranger[3], stranger[4]
  local rev = bucket ~= '' and redis.call('HGET', revs .. bucket, field) or ''
  if rev == seen then
    local gone = 0
    if rev ~= '' then
      gone = redis.call('HDEL', revs .. bucket, field)
    end
    if member ~= '' and redis.call('ZREM', ranks, member) == 1 then
      gone, reached = 1, reached or in_top[member]
    end
    removed = removed + gone
  end
end
if reached then
  redis.call('HINCRBY', meta, 'seq', 1)
end
return removed

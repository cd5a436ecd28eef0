-- Keeps the names of players whose ids share a bucket, each only if its rev is newer than the one known.
--
-- KEYS[1]  names:<user id // 128>
-- ARGV[1]  MessagePack of one flat array of texts, two per player: field (user id % 128), `rev:username`
--
-- Answer: how many were taken
local function rev_of(name)
  return tonumber(string.match(name, '^%d+'))
end

local names = cmsgpack.unpack(ARGV[1])
local fields = {}
for i = 1, #names, 2 do
  fields[#fields + 1] = names[i]
end
local known = {}
for place, name in ipairs(redis.call('HMGET', KEYS[1], unpack(fields))) do
  known[fields[place]] = name
end
local taken = {}
for i = 1, #names, 2 do
  local field, name = names[i], names[i + 1]
  local old = known[field]
  -- Mostly it is the very same name; then there are no revs to be read out of it.
  if old ~= name and (not old or rev_of(old) < rev_of(name)) then
    known[field] = name  -- the same player may follow again
    taken[#taken + 1], taken[#taken + 2] = field, name
  end
end
if #taken > 0 then
  redis.call('HSET', KEYS[1], unpack(taken))
end
return #taken / 2

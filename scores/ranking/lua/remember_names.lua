-- Keeps the names of players whose ids share a bucket, each only if its rev is newer than the one known.
--
-- KEYS[1]  names:<user id // 128>
-- ARGV     three per player: field (user id % 128), rev, username
--
-- Answer: how many were taken
local fields = {}
for i = 1, #ARGV, 3 do
  fields[#fields + 1] = ARGV[i]
end
local revs = {}
for place, known in ipairs(redis.call('HMGET', KEYS[1], unpack(fields))) do
  revs[fields[place]] = known and tonumber(string.match(known, '^%d+')) or -1
end
local taken = {}
for i = 1, #ARGV, 3 do
  local field, rev = ARGV[i], tonumber(ARGV[i + 1])
  if revs[field] < rev then
    revs[field] = rev  -- the same player may follow again
    taken[#taken + 1], taken[#taken + 2] = field, ARGV[i + 1] .. ':' .. ARGV[i + 2]
  end
end
if #taken > 0 then
  redis.call('HSET', KEYS[1], unpack(taken))
end
return #taken / 2

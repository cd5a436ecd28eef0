-- Keeps the names of players whose ids share a bucket, each only if its rev is newer than the one known.
--
-- KEYS[1]  names:<user id // 128>
-- ARGV     three per player: field (user id % 128), rev, username
--
-- Answer: how many were taken
local taken = 0
for i = 1, #ARGV, 3 do
  local known = redis.call('HGET', KEYS[1], ARGV[i])
  if not known or tonumber(string.match(known, '^%d+')) < tonumber(ARGV[i + 1]) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1] .. ':' .. ARGV[i + 2])
    taken = taken + 1
  end
end
return taken

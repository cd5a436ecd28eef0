-- Stands before every script of a board window. All its keys share the hash tag `{board:window}`, so
-- they live on one cluster shard; the ones that depend on the generation are derived here, because
-- only the script knows the generation at the moment it runs.
--
-- Trap: never turn a total or a sort key into text in Lua, `tostring(2^53-1)` is 9.007199254741e+15.
-- They pass through as the strings that they came as.
--
-- Rows come packed as one argument, MessagePack of one flat array of texts: member (12 digits), sort key,
-- rev, hidden ('1' or '0') of each. So a client and Valkey handle one argument in place of thousands.

local BUCKET = 128  -- revs of that many players share one small hash, which Valkey packs tightly

local function ranks_key(tag, generation)
  return tag .. ':' .. generation .. ':ranks'
end

local function bucket_of(member)
  return math.floor(tonumber(member) / BUCKET)
end

-- The hash with the revs of a bucket's players.
local function revs_key(tag, generation, bucket)
  return tag .. ':' .. generation .. ':revs:' .. string.format('%.0f', bucket)
end

-- The field of a player in the hashes of the bucket.
local function field_of(member)
  return string.format('%.0f', tonumber(member) % BUCKET)
end

-- Brings one row into a generation if its rev is newer than the one there. First answer: whether it did.
-- Second: whether the row stands where it stood, so that something else about the player has changed.
local function apply_row(tag, generation, member, sort_key, rev, hidden)
  local revs, field = revs_key(tag, generation, bucket_of(member)), field_of(member)
  local known = redis.call('HGET', revs, field)
  if known and tonumber(known) >= tonumber(rev) then
    return false, false
  end
  redis.call('HSET', revs, field, rev)
  if hidden == '1' then
    redis.call('ZREM', ranks_key(tag, generation), member)  -- the rev stays: an older row must not bring it back
    return true, false
  end
  local stood_at = redis.call('ZSCORE', ranks_key(tag, generation), member)
  redis.call('ZADD', ranks_key(tag, generation), sort_key, member)
  return true, stood_at ~= false and tonumber(stood_at) == tonumber(sort_key)
end

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- 1 + the number of players with a better (smaller) sort key: ties share a rank.
local function rank_of(ranks, sort_key)
  return redis.call('ZCOUNT', ranks, '-inf', '(' .. sort_key) + 1
end


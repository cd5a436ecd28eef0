-- Stands before every script of a board window. All its keys share the hash tag `{board:window}`, so
-- they live on one cluster shard; the ones that depend on the generation are derived here, because
-- only the script knows the generation at the moment it runs.
--
-- Trap: never turn a total or a sort key into text in Lua, `tostring(2^53-1)` is 9.007199254741e+15.
-- They pass through as the strings that they came as.
--
-- Rows and questions come packed, as MessagePack: one argument to be handled in place of thousands.

local BUCKET = 128  -- revs of that many players share one small hash, which Valkey packs tightly

local function ranks_key(tag, generation)
  return tag .. ':' .. generation .. ':ranks'
end

-- The beginning of the keys of the hashes with revs; the number of the bucket follows.
local function revs_prefix(tag, generation)
  return tag .. ':' .. generation .. ':revs:'
end

-- Where the rev of a player stands: the number of the bucket, and the field in it. Both are small whole
-- numbers (a member has 12 digits), which Lua and Valkey write as such.
local function place_of(member)
  local user_id = tonumber(member)
  local field = user_id % BUCKET
  return (user_id - field) / BUCKET, field
end

-- Brings one row into the sorted set `ranks` if its rev is newer than the one there. First answer: whether
-- it did. Second: whether the row stands where it stood, so that something else about the player has changed.
local function apply_row(ranks, revs, member, sort_key, rev, hidden)
  local bucket, field = place_of(member)
  local known = redis.call('HGET', revs .. bucket, field)
  if known and tonumber(known) >= tonumber(rev) then
    return false, false
  end
  redis.call('HSET', revs .. bucket, field, rev)
  if hidden == '1' then
    redis.call('ZREM', ranks, member)  -- the rev stays: an older row must not bring it back
    return true, false
  end
  -- CH: count what is moved, too, not only what is new.
  return true, redis.call('ZADD', ranks, 'CH', sort_key, member) == 0
end

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- What changes whenever Valkey may have lost its last writes: it was restarted, or a replica took its place.
local function server_run()
  local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
  local history = string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
  return (run or '') .. ':' .. (history or '')
end

-- 1 + the number of players with a better (smaller) sort key: ties share a rank.
local function rank_of(ranks, sort_key)
  return redis.call('ZCOUNT', ranks, '-inf', '(' .. sort_key) + 1
end


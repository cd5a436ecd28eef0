-- Brings rows of the snapshot into the generation under construction, each only if its rev is newer than
-- the one that a live write has brought.
--
-- KEYS[1]  {board:window}:meta
-- ARGV[1]  the tag, `{board:window}`
-- ARGV[2]  the generation, which must still be the one that is built
-- ARGV[3]  milliseconds after which a builder that gives no sign may be replaced
-- ARGV[4]  the number of the chunk, from 1: the next one, or the last one again
-- ARGV[5]  the rows in ascending user id, packed: see the prelude
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

local ranks = ranks_key(tag, generation)

-- Rows `first` to `last`, whose players share a bucket: three calls for all of them.
local function bring(rows, first, last)
  local revs, fields = '', {}
  for i = first, last, 4 do
    revs, fields[#fields + 1] = revs_of(tag, generation, rows[i])
  end
  local old = redis.call('HMGET', revs, unpack(fields))
  local new, shown = {}, {}
  for place, field in ipairs(fields) do
    local i = first + 4 * (place - 1)
    if not old[place] or tonumber(old[place]) < tonumber(rows[i + 2]) then
      new[#new + 1], new[#new + 2] = field, rows[i + 2]
      if rows[i + 3] == '1' then
        redis.call('ZREM', ranks, rows[i])
      else
        shown[#shown + 1], shown[#shown + 2] = rows[i + 1], rows[i]
      end
    end
  end
  if #new > 0 then
    redis.call('HSET', revs, unpack(new))
  end
  if #shown > 0 then
    redis.call('ZADD', ranks, unpack(shown))
  end
end

local rows = cmsgpack.unpack(ARGV[5])
local first, bucket = 1, bucket_of(rows[1])
for i = 5, #rows, 4 do
  if bucket_of(rows[i]) ~= bucket then
    bring(rows, first, i - 1)
    first, bucket = i, bucket_of(rows[i])
  end
end
bring(rows, first, #rows)
redis.call('HSET', meta, 'building_chunks', number)
return 1

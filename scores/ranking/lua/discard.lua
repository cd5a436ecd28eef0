-- Removes keys of generations that are neither live nor under construction.
-- The check and the removal are one step, so a builder that slept cannot harm its successor.
--
-- KEYS[1]  {board:window}:meta
-- ARGV[1]  the tag, `{board:window}`
-- ARGV[2…] keys of the window
--
-- Answer: how many were removed
local known = redis.call('HMGET', KEYS[1], 'generation', 'building_generation')
local function in_use(key)
  for _, generation in ipairs({known[1] or '', known[2] or ''}) do
    local prefix = ARGV[1] .. ':' .. generation .. ':'
    if generation ~= '' and string.sub(key, 1, #prefix) == prefix then
      return true
    end
  end
  return key == KEYS[1]
end
local removed = 0
for i = 2, #ARGV do
  if not in_use(ARGV[i]) then
    removed = removed + redis.call('UNLINK', ARGV[i])
  end
end
return removed

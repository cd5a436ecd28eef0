-- Requests for wrk. Arguments after `--`: kind, API key, prefix of the idempotency keys, first and last player,
-- sessions in a batch, a number to begin the random numbers with.
local thread_count = 0

function setup(thread)
  thread_count = thread_count + 1
  thread:set("thread_number", thread_count)
end

local kind, prefix, first, last, batch
local number = 0
local headers = {}

function init(arguments)
  kind, prefix = arguments[1], arguments[3] .. "-" .. thread_number
  first, last, batch = tonumber(arguments[4]), tonumber(arguments[5]), tonumber(arguments[6])
  math.randomseed(tonumber(arguments[7]) + thread_number)
  if kind == "submit" or kind == "batch" then
    headers["Authorization"] = "Api-Key " .. arguments[2]
    headers["Content-Type"] = "application/json"
  end
end

local function session(key)
  number = number + 1
  return string.format('{"user_id":%d,"score":%d,"game_mode":"survival"%s}', math.random(first, last),
    math.random(1, 100), key and string.format(',"idempotency_key":"%s-%d"', prefix, number) or "")
end

function request()
  if kind == "submit" then
    local body = session(false)
    headers["Idempotency-Key"] = prefix .. "-" .. number
    return wrk.format("POST", "/api/leaderboard/submit", headers, body)
  elseif kind == "batch" then
    local items = {}
    for place = 1, batch do
      items[place] = session(true)
    end
    return wrk.format("POST", "/api/leaderboard/submit/batch", headers, '{"sessions":[' .. table.concat(items, ",") .. "]}")
  elseif kind == "top" then
    return wrk.format("GET", "/api/leaderboard/top", headers)
  elseif kind == "alive" then
    return wrk.format("GET", "/healthz", headers)
  end
  return wrk.format("GET", "/api/leaderboard/" .. kind .. "/" .. math.random(first, last), headers)
end

-- One line of JSON behind wrk's own words. `requests` counts every answer, `status` those above 399.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"seconds":%f,"p50_ms":%f,"p99_ms":%f,"max_ms":%f,"status":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    latency.max / 1e3, errors.status, errors.connect, errors.read, errors.write, errors.timeout))
end

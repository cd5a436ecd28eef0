-- Takes units from one rate, or says how long to wait: GCRA, which keeps one number per key, the time
-- at which the rate will be whole again.
--
-- KEYS[1]  accounts:rate:<name>:<digest of whom it counts>
-- ARGV[1]  milliseconds in which one unit comes back
-- ARGV[2]  units that may be taken at once
-- ARGV[3]  units to take; negative: to give back
--
-- Answer: 0 where they were taken; otherwise nothing was, and it is the milliseconds until they can be
--
-- The clock is the server's, so all processes agree. The key goes when the rate is whole: memory holds
-- only those who asked lately.
local interval, burst, units = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local whole_at = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now) + units * interval
local wait = whole_at - now - burst * interval
if wait > 0 and units > 0 then
  return math.ceil(wait)
end
if whole_at <= now then
  redis.call('DEL', KEYS[1])
else
  -- Never tostring: it would write 1.7e+12.
  redis.call('SET', KEYS[1], string.format('%.3f', whole_at), 'PX', math.ceil(whole_at - now))
end
return 0

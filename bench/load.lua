-- wrk -s load.lua URL -- TOKENS_FILE METHOD PATH [BODY]
-- Every request carries one of the bearer tokens in TOKENS_FILE (one per line), picked at random.
-- All requests are built before the start, so that picking one is all that happens while measuring.

local requests = {}

function init(args)
  math.randomseed(1)
  local headers = {}
  if args[4] then headers["Content-Type"] = "application/json" end
  for token in io.lines(args[1]) do
    headers["Authorization"] = "Bearer " .. token
    requests[#requests + 1] = wrk.format(args[2], args[3], headers, args[4])
  end
end

function request()
  return requests[math.random(#requests)]
end

function done(summary, latency)
  io.write(string.format(
    'RESULT {"requests":%d,"durationUs":%d,"p50Us":%d,"p99Us":%d,"maxUs":%d,' ..
    '"errors":{"connect":%d,"read":%d,"write":%d,"timeout":%d,"status":%d}}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
    summary.errors.connect, summary.errors.read, summary.errors.write, summary.errors.timeout, summary.errors.status
  ))
end

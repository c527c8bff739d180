-- wrk -s load.lua URL -- TOKENS_FILE METHOD PATH BODY [NAME VALUE]...
-- Every request carries one of the bearer tokens in TOKENS_FILE (one per line), picked at random, and the headers
-- named. An empty BODY is none.
-- All requests are built before the start, so that picking one is all that happens while measuring.

local requests = {}

function init(args)
  math.randomseed(1)
  local headers = {}
  local body = args[4] ~= "" and args[4] or nil
  if body then headers["Content-Type"] = "application/json" end
  for i = 5, #args, 2 do headers[args[i]] = args[i + 1] end
  for token in io.lines(args[1]) do
    headers["Authorization"] = "Bearer " .. token
    requests[#requests + 1] = wrk.format(args[2], args[3], headers, body)
  end
end

function request()
  return requests[math.random(#requests)]
end

function done(summary, latency)
  io.write(string.format(
    'RESULT {"requests":%d,"bytes":%.0f,"durationUs":%d,"p50Us":%d,"p99Us":%d,"maxUs":%d,' ..
    '"errors":{"connect":%d,"read":%d,"write":%d,"timeout":%d,"status":%d}}\n',
    summary.requests, summary.bytes, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
    summary.errors.connect, summary.errors.read, summary.errors.write, summary.errors.timeout, summary.errors.status
  ))
end

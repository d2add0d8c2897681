-- Removes the oldest rows of a room that no bound keeps. ARGV from 6: room, rows to
-- look at, and the least that stays: seq, time (all that is as old goes), bytes of a run.
-- Answers whether there may be more.
local name, step, keep, horizon, bound = ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local record = redis.call('HGET', P .. 'rooms', name)
local none = {'no', event('r', struct.pack('<I4c0', 1, '0'))}
if not record then return none end
local last, time, pruned, since, run = struct.unpack('<ddddd', record)
local key = P .. 'room:' .. name
local rows = redis.call('XRANGE', key, '-', '+', 'COUNT', step)
local n = 0
since = 0
for _, row in ipairs(rows) do
	local id = tonumber(string.match(row[1], '^%d+'))
	local first, at = struct.unpack('<dd', row[2][2])
	since = at
	if run >= 0 then
		if run - #row[2][4] < bound then break end
		run = run - #row[2][4]
	elseif id >= keep and at > horizon then
		break
	end
	pruned, n, since = id, n + 1, 0
end
if n == 0 then return none end
if since == 0 then
	local row = redis.call('XRANGE', key, string.format('%.0f', pruned + 1), '+', 'COUNT', 1)[1]
	if row then
		local first, at = struct.unpack('<dd', row[2][2])
		since = at
	end
end
record = struct.pack('<ddddd', last, time, pruned, since, run)
local answer = append('r', struct.pack('<I4c0c1I2c0I4c0', 1, n == step and '1' or '0', 'R', #name, name, #record, record))
redis.call('HSET', P .. 'rooms', name, record)
redis.call('XTRIM', key, 'MINID', string.format('%.0f', pruned + 1))
return answer

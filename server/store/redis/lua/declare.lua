-- Replaces what is said of a metric. ARGV from 6: bound of metrics, id, kind, flags (1 a floor,
-- 2 a ceiling), both packed as two doubles, the texts.
local id, kind, flags, rest = ARGV[7], tonumber(ARGV[8]), tonumber(ARGV[9]), ARGV[11]
local floor, ceiling = struct.unpack('<dd', ARGV[10])
local head = redis.call('HGET', P .. 'heads', id)
local num, was, time, at, value, _ = nil, 0, 0, 0, 0, nil
if head then
	num, was, _, _, _, time, at, value = struct.unpack('<I4BBddddd', head)
else
	local exist = redis.call('HLEN', P .. 'heads')
	if exist >= tonumber(ARGV[6]) then return {'no', event('d', struct.pack('<Bd', 9, exist))} end
	num = tonumber(redis.call('HGET', P .. 'meta', 'num'))
	if num > 1073741823 then return {'no', event('d', '\10')} end
end
if kind == 0 then kind = was end
local lo, hi = -math.huge, math.huge
if kind == 1 then lo = 0 end
if flags % 2 == 1 then lo = floor end
if flags >= 2 then hi = ceiling end
if at > 0 and (value < lo or value > hi) then
	return {'no', event('d', struct.pack('<BBd', 8, kind, value))}
end
local record = struct.pack('<I4BBddddd', num, kind, flags, floor, ceiling, time, at, value) .. rest
local answer = append('d', struct.pack('<BI2', 0, #id) .. id .. record)
redis.call('HSET', P .. 'heads', id, record)
if not head then redis.call('HSET', P .. 'meta', 'num', string.format('%.0f', num + 1)) end
return answer

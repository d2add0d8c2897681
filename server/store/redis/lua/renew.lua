-- Begins another epoch, where nobody has done so yet: what was told of the one before is
-- not what is kept. KEYS[1]: prefix. ARGV: the epoch before, the new one, id of the event.
local P = KEYS[1]
local meta = redis.call('HMGET', P .. 'meta', 'epoch', 'n', 'last', 'seq')
if meta[1] ~= ARGV[1] then
	return 0
end
local n = string.format('%.0f', tonumber(meta[2]) + 1)
redis.call('XADD', P .. 'log', meta[4] .. '-' .. n, 'e', 'e' .. ARGV[3] .. meta[3] .. struct.pack('<d', 0))
redis.call('HSET', P .. 'meta', 'epoch', ARGV[2], 'n', n, 'last', ARGV[3])
return 1

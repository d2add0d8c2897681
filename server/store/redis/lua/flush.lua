-- Writes what a flush made of some metrics, all or nothing: nothing where another flush came
-- between. KEYS[1]: prefix. ARGV: epoch, seq that it reaches to, then for each metric: number,
-- the first 8 bytes of its open cells as they were read, its open cells, the number of
-- pieces, and for each piece: tier, index of its chunk, cells.
local P = KEYS[1]
local meta = redis.call('HMGET', P .. 'meta', 'epoch', 'seq')
if meta[1] ~= ARGV[1] or tonumber(meta[2]) < tonumber(ARGV[2]) then return 0 end
local i = 3
while i <= #ARGV do
	local cells = redis.call('HGET', P .. 'cells', ARGV[i]) or ''
	if string.sub(cells, 1, 8) ~= ARGV[i + 1] then return 0 end
	i = i + 4 + 3 * tonumber(ARGV[i + 3])
end
i = 3
while i <= #ARGV do
	local num, pieces = ARGV[i], tonumber(ARGV[i + 3])
	redis.call('HSET', P .. 'cells', num, ARGV[i + 2])
	i = i + 4
	for _ = 1, pieces do
		local key = P .. 'c:' .. num .. ':' .. ARGV[i]
		redis.call('HSET', key, ARGV[i + 1], (redis.call('HGET', key, ARGV[i + 1]) or '') .. ARGV[i + 2])
		i = i + 3
	end
end
return 1

-- Finds the first message of a room that was kept after a time; times rise with seqs. ARGV:
-- room, first and last seq, time of the last, time. Answers its seq and when that was.
local key, lo, seq, at, horizon = KEYS[1] .. 'room:' .. ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
while lo < seq do
	local middle = lo + math.floor((seq - lo) / 2)
	local row = redis.call('XRANGE', key, string.format('%.0f', middle), '+', 'COUNT', 1)[1]
	if not row then break end -- the room has made place meanwhile
	local first, time = struct.unpack('<dd', row[2][2])
	if time <= horizon then
		lo = tonumber(string.match(row[1], '^%d+')) + 1
	else
		seq, at = math.max(first, lo), time
		if first > middle then break end -- all before it is removed meanwhile
	end
end
return struct.pack('<dd', seq, at)

-- Reads rows of a room from the one on that has a seq. ARGV: room, seq, at most so many
-- messages, bytes. Answers header and lines of each row by turns: enough of them, or all.
local key, from, limit, bytes = KEYS[1] .. 'room:' .. ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local out, n, size, count, next = {}, 0, 0, 1, string.format('%.0f', from)
repeat
	local rows = redis.call('XRANGE', key, next, '+', 'COUNT', count)
	for _, row in ipairs(rows) do
		local last = tonumber(string.match(row[1], '^%d+'))
		local first = struct.unpack('<d', row[2][2])
		out[#out + 1] = row[2][2]
		out[#out + 1] = row[2][4]
		n = n + last - math.max(first, from) + 1
		size = size + #row[2][4]
		next = string.format('%.0f', last + 1)
		if n >= limit or size >= 2 * bytes then return out end
	end
	if #rows < count then return out end
	count = math.min(2 * count, 64)
until false

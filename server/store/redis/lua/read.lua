-- Reads open cells and chunks of metrics, all as of one moment. KEYS[1]: prefix. ARGV, five
-- for each: number, tier, what ("range" or "newest"), first and last index of its chunks.
-- Answers a list for each: the open cells, then the chunks that there are, oldest first.
local P, all = KEYS[1], {}
for i = 1, #ARGV, 5 do
	local num, key, what, first, last = ARGV[i], P .. 'c:' .. ARGV[i] .. ':' .. ARGV[i + 1], ARGV[i + 2], tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4])
	local found = {redis.call('HGET', P .. 'cells', num) or ''}
	if what == 'range' and last - first < 64 then
		for index = first, last do
			local chunk = redis.call('HGET', key, string.format('%.0f', index))
			if chunk then found[#found + 1] = chunk end
		end
	else
		local held = {}
		for _, index in ipairs(redis.call('HKEYS', key)) do
			index = tonumber(index)
			if index >= first and index <= last then held[#held + 1] = index end
		end
		table.sort(held)
		for k = what == 'newest' and math.max(1, #held - 1) or 1, #held do
			found[#found + 1] = redis.call('HGET', key, string.format('%.0f', held[k]))
		end
	end
	all[#all + 1] = found
end
return all

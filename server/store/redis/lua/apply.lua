-- Decides a batch of mutations as metric.Decide does, and appends what was accepted.
-- ARGV from 6: bound of metrics, the entries, then each metric's id.
local pack, unpackb, whole = struct.pack, struct.unpack, math.floor
local huge, bound, E, M = math.huge, tonumber(ARGV[6]), ARGV[7], #ARGV - 7

-- What is known of each metric, by its place among the ids.
local num, kind, flags, floor, ceiling, time, at, value, rest = {}, {}, {}, {}, {}, {}, {}, {}, {}
local was, moved = {}, {} -- kind before, false for a new one; those that changed

for i = 1, M, 1000 do
	local heads = redis.call('HMGET', P .. 'heads', unpack(ARGV, 7 + i, 7 + math.min(i + 999, M)))
	for k = 1, #heads do
		local m, head = i + k - 1, heads[k]
		kind[m], flags[m], floor[m], ceiling[m], time[m], at[m], value[m], rest[m], was[m] = 0, 0, 0, 0, 0, 0, 0, '', false
		if head then
			local behind
			num[m], kind[m], flags[m], floor[m], ceiling[m], time[m], at[m], value[m], behind = unpackb('<I4BBddddd', head)
			rest[m], was[m] = string.sub(head, behind), kind[m]
		end
	end
end

local first, created, exist = seq + 1, 0, nil
local nextnum = tonumber(redis.call('HGET', P .. 'meta', 'num'))
local out, undo = {}, nil

local function int4(v)
	return v >= -2147483648 and v <= 2147483647 and v == whole(v) and (v ~= 0 or 1 / v > 0)
end

-- mutate decides one mutation; it answers the outcome, and whether that is a refusal.
local function mutate(m, set, v, t)
	local k, lo, hi, add = kind[m], -huge, huge, 0
	if k == 0 then
		k = set and 2 or 1
	end
	if k == 1 then lo = 0 end
	if flags[m] % 2 == 1 then lo = floor[m] end
	if flags[m] >= 2 then hi = ceiling[m] end
	if not set then
		local before = value[m]
		if at[m] == 0 then
			before = lo > 0 and lo or 0
			if hi < before or hi == 0 and before == 0 and 1 / hi < 0 then before = hi end
		end
		add, v = v, before + v
	end
	if t > now + 3600000 or t < -62135596800000 or v ~= v or v == huge or v == -huge or v < lo or v > hi then
		return pack('<BBBddd', 8, kind[m], flags[m] + (at[m] > 0 and 4 or 0), value[m], floor[m], ceiling[m]), true
	end
	if not num[m] then
		exist = exist or redis.call('HLEN', P .. 'heads')
		if exist + created >= bound then return pack('<Bd', 9, exist + created), true end
		if nextnum > 1073741823 then return '\10', true end
	end
	if undo then undo[#undo + 1] = {m, num[m], kind[m], time[m], at[m], value[m]} end
	if not num[m] then
		num[m], nextnum, created = nextnum, nextnum + 1, created + 1
	end
	seq, kind[m], moved[m] = seq + 1, k, true
	if not (t < time[m] and add == 0) then
		time[m], at[m], value[m] = math.max(t, time[m]), seq, v
	end
	if t == now then
		if set then return pack('<BI4d', 2, num[m], v) end
		if int4(v) and int4(add) then return pack('<BI4i4i4', 3, num[m], v, add) end
	end
	return pack('<BI4ddd', 1, num[m], t, v, add)
end

-- again answers what a key was first given, for so many items, and whether it begins with a refusal.
local function again(kept, digest, count)
	if string.sub(kept, 9, 16) ~= digest or string.byte(kept, 17) ~= 109 or unpackb('<I4', kept, 18) ~= count then
		return '\11', true
	end
	local body = string.sub(kept, 22)
	return pack('<BI4', 12, #body) .. body, string.byte(body, 17) > 3
end

-- item decides the item at pos.
local function item(pos)
	local f, m, v, t, key, digest, outcome, refused
	f, m, v, pos = unpackb('<BI4d', E, pos)
	t = now
	if f % 4 >= 2 then t, pos = unpackb('<d', E, pos) end
	if f >= 4 then
		digest, key, pos = unpackb('<c8I2c0', E, pos)
		local kept = find(key)
		if kept then
			outcome, refused = again(kept, digest, 1)
			return pos, outcome, refused
		end
	end
	outcome, refused = mutate(m, f % 2 == 1, v, t)
	if key then keep(key, digest, 'm' .. pack('<I4dd', 1, now, seq) .. outcome) end
	return pos, outcome, refused
end

local pos, size = 1, #E
while pos <= size do
	local f, count, bytes, digest, key, kept
	f, count, bytes, pos = unpackb('<BI4I4', E, pos)
	if f >= 2 then digest, key, pos = unpackb('<c8I2c0', E, pos) end
	local stop = pos + bytes
	kept = key and find(key)
	if kept then
		out[#out + 1] = pack('<B', 16) .. again(kept, digest, count)
		pos = stop
	else
		local before, seqBefore, keysBefore, createdBefore = #out, seq, #names, created
		undo = f % 2 == 1 and {} or nil
		local i = 0
		while pos < stop do
			local outcome, refused
			pos, outcome, refused = item(pos)
			out[#out + 1] = outcome
			if undo and refused then
				for u = #undo, 1, -1 do
					local b = undo[u]
					local m = b[1]
					num[m], kind[m], time[m], at[m], value[m] = b[2], b[3], b[4], b[5], b[6]
				end
				for u = #names, keysBefore + 1, -1 do
					fresh[names[u]], names[u] = nil, nil
				end
				for u = #out, before + 1, -1 do out[u] = nil end
				seq, created = seqBefore, createdBefore
				out[before + 1] = pack('<BI4', 17, i) .. outcome
				pos = stop
			end
			i = i + 1
		end
		if key then
			keep(key, digest, 'm' .. pack('<I4dd', count, now, seqBefore + 1) .. table.concat(out, '', before + 1))
		end
	end
end

local told = {} -- metrics that are new, or whose kind was decided now
for m in pairs(moved) do
	if num[m] and was[m] ~= kind[m] then
		told[#told + 1] = pack('<I4BI2', num[m], kind[m], #ARGV[7 + m]) .. ARGV[7 + m]
	end
end
local payload = pack('<dI4', first, #told) .. table.concat(told) .. table.concat(out)
if seq < first then
	writekeys()
	return {'no', event('s', payload)}
end
local answer = append('s', payload)
if created > 0 then redis.call('HSET', P .. 'meta', 'num', string.format('%.0f', nextnum)) end
local pairs_, k = {}, 0
for m in pairs(moved) do
	if num[m] then
		pairs_[k + 1] = ARGV[7 + m]
		pairs_[k + 2] = pack('<I4BBddddd', num[m], kind[m], flags[m], floor[m], ceiling[m], time[m], at[m], value[m]) .. rest[m]
		k = k + 2
		if k == 1000 then
			redis.call('HSET', P .. 'heads', unpack(pairs_, 1, k))
			k = 0
		end
	end
end
if k > 0 then redis.call('HSET', P .. 'heads', unpack(pairs_, 1, k)) end
writekeys()
return answer

-- Stands before every script that changes something. KEYS[1] is the prefix of all keys.
-- ARGV: lane, number of the call in it, id of the call, epoch, now (ms since 1970; 0: the server's
-- own clock); those of the script follow from 6 on.
local P = KEYS[1]
local now = tonumber(ARGV[5])
if now == 0 then
	local t = redis.call('TIME')
	now = t[1] * 1000 + math.floor(t[2] / 1000)
end
local meta = redis.call('HMGET', P .. 'meta', 'epoch', 'n', 'last', 'seq')
if meta[1] ~= ARGV[4] then
	return {'epoch'}
end
local done = redis.call('GET', P .. 'lane:' .. ARGV[1])
if done and tonumber(string.match(done, '^%d+')) >= tonumber(ARGV[2]) then
	return {string.sub(done, -1) == 'f' and 'fenced' or 'done'}
end
local n, seq = tonumber(meta[2]), tonumber(meta[4])

-- event is what append would write, and what a script answers that changed nothing.
local function event(kind, payload)
	return kind .. ARGV[3] .. meta[3] .. struct.pack('<d', now) .. payload
end

-- append writes the one event of a script; it comes before all that the script writes
-- besides. seq is that of the newest sample, the event's own included.
local function append(kind, payload)
	local e = event(kind, payload)
	n = n + 1
	local at, newest = string.format('%.0f', n), string.format('%.0f', seq)
	redis.call('XADD', P .. 'log', newest .. '-' .. at, 'e', e)
	redis.call('HSET', P .. 'meta', 'n', at, 'last', ARGV[3], 'seq', newest)
	redis.call('SET', P .. 'lane:' .. ARGV[1], ARGV[2] .. 'd', 'PX', 86400000)
	return {'ok', e}
end

-- Idempotency keys. What is kept with one: when (d), the digest (8 bytes), what it was of
-- (m mutations, p a post, b a board), then what that script likes.
local fresh, names = {}, {} -- keys that this call keeps, and their order

-- find answers what is kept with a key; nil where it is new.
local function find(key)
	local kept = fresh[key] or redis.call('GET', P .. 'key:' .. key)
	if kept and struct.unpack('<d', kept) > now - 86400000 then
		return kept
	end
end

local function keep(key, digest, kept)
	fresh[key] = struct.pack('<d', now) .. digest .. kept
	names[#names + 1] = key
end

-- writekeys writes what keep was told.
local function writekeys()
	for _, key in ipairs(names) do
		redis.call('SET', P .. 'key:' .. key, fresh[key], 'PX', 86400000)
	end
end

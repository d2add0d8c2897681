-- Keeps a token, or takes one away. ARGV from 6: most tokens, name or id; and of one to keep:
-- id, when it expires (0 never), record. It answers k and the record of the one that was taken
-- away; t where the name or id is taken, m where there are too many, n where there is none.
-- The hash tokens has, by id, the name (I2c0) and the record; names the ids by name.
local most, name, id, expires, record = tonumber(ARGV[6]), ARGV[7], ARGV[8], tonumber(ARGV[9]), ARGV[10]

local function answered(code, rest)
	code = code .. (rest or '')
	return struct.pack('<I4c0', #code, code)
end

local function nameOf(id)
	local kept = redis.call('HGET', P .. 'tokens', id)
	if kept then return struct.unpack('<I2c0', kept) end
end

local gone = {} -- ids
local answer
if id then
	for _, old in ipairs(redis.call('ZRANGEBYSCORE', P .. 'tokens.expire', '-inf', now)) do
		gone[#gone + 1] = old
		gone[old] = true
	end
	for _, taken in ipairs({name, id}) do
		local other = redis.call('HGET', P .. 'tokens.names', taken)
		if other and not gone[other] or not gone[taken] and redis.call('HEXISTS', P .. 'tokens', taken) == 1 then
			return {'no', event('a', answered('t'))}
		end
	end
	if redis.call('HLEN', P .. 'tokens') - #gone >= most then return {'no', event('a', answered('m'))} end
	answer = answered('k')
else
	local old = redis.call('HGET', P .. 'tokens.names', name) or name
	local kept = redis.call('HGET', P .. 'tokens', old)
	if not kept then return {'no', event('a', answered('n'))} end
	gone[1] = old
	local _, at = struct.unpack('<I2c0', kept)
	answer = answered('k', string.sub(kept, at))
end
answer = append('a', answer)
for _, old in ipairs(gone) do
	redis.call('HDEL', P .. 'tokens.names', nameOf(old))
	redis.call('HDEL', P .. 'tokens', old)
	redis.call('ZREM', P .. 'tokens.expire', old)
end
if id then
	redis.call('HSET', P .. 'tokens', id, struct.pack('<I2c0', #name, name) .. record)
	redis.call('HSET', P .. 'tokens.names', name, id)
	if expires > 0 then redis.call('ZADD', P .. 'tokens.expire', expires, id) end
end
redis.call('HINCRBY', P .. 'meta', 'tokens', 1)
return answer

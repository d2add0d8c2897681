-- Changes a board. ARGV from 6: key, digest, id, summary ('' and no document:
-- it is removed), document, revision, most boards, most bytes of documents; then the revisions of
-- which the kept one must be: how many (-1 asks for nothing), and each.
-- A board's record: when it was put, revision, summary.
local key, digest, id, summary, document, revision, most, bytes =
	ARGV[6], ARGV[7], ARGV[8], ARGV[9], ARGV[10], ARGV[11], tonumber(ARGV[12]), tonumber(ARGV[13])
local OK, NEW, REVISION, NONE, MANY, LARGE, AGAIN = 0, 1, 2, 3, 4, 5, 6

if key ~= '' then
	local first = find(key)
	if first then return {'no', event('r', struct.pack('<I4B', 1 + #first, AGAIN) .. first)} end
end

local before = redis.call('HGET', P .. 'boards', id)
local was, had = '', 0
if before then
	local _
	_, was = struct.unpack('<dI2c0', before)
	had = redis.call('HSTRLEN', P .. 'documents', id)
end

local function asked()
	if tonumber(ARGV[14]) < 0 then return true end
	for i = 15, 14 + tonumber(ARGV[14]) do
		if ARGV[i] == was or before and ARGV[i] == '*' then return true end
	end
	return false
end

local size = tonumber(redis.call('HGET', P .. 'meta', 'boards') or '0') - had + #document
local code = before and OK or NEW
if not asked() then code = REVISION
elseif summary == '' and not before then code = NONE
elseif not before and redis.call('HLEN', P .. 'boards') >= most then code = MANY
elseif #document > had and size > bytes then code = LARGE
end

local answer = struct.pack('<Bd', code, now)
if key ~= '' then keep(key, digest, 'b' .. struct.pack('<I2c0', #id, id) .. answer) end
answer = struct.pack('<I4c0', #answer, answer)
if code > NEW then
	if key == '' then return {'no', event('r', answer)} end
	answer = append('r', answer)
	writekeys()
	return answer
end
local record = ''
if summary ~= '' then record = struct.pack('<dI2c0', now, #revision, revision) .. summary end
local change = ''
if summary ~= '' then change = struct.pack('<I4c0', #record, record) .. document end
answer = append('r', answer .. struct.pack('<c1I2c0I4c0', 'B', #id, id, #change, change))
redis.call('HSET', P .. 'meta', 'boards', string.format('%.0f', size))
if summary == '' then
	redis.call('HDEL', P .. 'boards', id)
	redis.call('HDEL', P .. 'documents', id)
else
	redis.call('HSET', P .. 'boards', id, record)
	redis.call('HSET', P .. 'documents', id, document)
end
writekeys()
return answer

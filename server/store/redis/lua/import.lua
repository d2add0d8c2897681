-- Makes a store of what an import brings. KEYS[1]: prefix. ARGV: id of the import, what to do, and for
--   begin: the epoch. It answers taken where there is a store, busy while another import is under
--     way, again where one was not ended, otherwise begun; the last two begin.
--   put: commands, each: how many words, its name, its key without the prefix, the rest.
--   sweep: a cursor. It removes some of what lies there and answers the next; 0 at the end.
--   end: the format, from which on it is a store.
--   drop: it is given up. That an import is to end there stays, for those who wait for it.
local P, id, what = KEYS[1], ARGV[1], ARGV[2]

if what == 'begin' then
	local format = redis.call('HGET', P .. 'meta', 'format')
	if format and format ~= 'importing' then return 'taken' end
	local holder = redis.call('GET', P .. 'lease')
	if holder and holder ~= id then return 'busy' end
	for _, key in ipairs({'meta', 'log', 'heads', 'cells', 'rooms', 'idle', 'runs', 'boards', 'documents', 'tokens', 'audit', 'gone'}) do
		if not format and redis.call('EXISTS', P .. key) == 1 then return 'taken' end
	end
	redis.call('DEL', P .. 'meta')
	redis.call('HSET', P .. 'meta', 'format', 'importing', 'import', id, 'epoch', ARGV[3])
	redis.call('SET', P .. 'lease', id, 'PX', 30000)
	return format and 'again' or 'begun'
end

if redis.call('HGET', P .. 'meta', 'import') ~= id then return redis.error_reply('ERR another import has begun') end
redis.call('SET', P .. 'lease', id, 'PX', 30000)
if what == 'put' then
	local i = 3
	while i <= #ARGV do
		local stop = i + tonumber(ARGV[i])
		redis.call(ARGV[i + 1], P .. ARGV[i + 2], unpack(ARGV, i + 3, stop))
		i = stop + 1
	end
elseif what == 'sweep' then
	local page = redis.call('SCAN', ARGV[3], 'MATCH', P .. '*', 'COUNT', 1000)
	for _, key in ipairs(page[2]) do
		if key ~= P .. 'meta' and key ~= P .. 'lease' then redis.call('UNLINK', key) end
	end
	return page[1]
elseif what == 'end' then
	redis.call('HSET', P .. 'meta', 'format', ARGV[3])
	redis.call('HDEL', P .. 'meta', 'import')
	redis.call('DEL', P .. 'lease')
elseif what == 'drop' then
	local epoch = redis.call('HGET', P .. 'meta', 'epoch')
	redis.call('DEL', P .. 'meta', P .. 'lease')
	redis.call('HSET', P .. 'meta', 'format', 'importing', 'epoch', epoch)
end
return 'done'

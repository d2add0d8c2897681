-- Reads all that a process keeps in memory, as of one place in the log. KEYS[1]: prefix.
-- ARGV: the epoch of a store that has none yet; names of hashes that are answered whole.
local P = KEYS[1]
if redis.call('HSETNX', P .. 'meta', 'epoch', ARGV[1]) == 1 then
	redis.call('DEL', P .. 'log')
	redis.call('HSET', P .. 'meta', 'format', '1', 'n', '0', 'last', string.rep('\0', 8), 'seq', '0', 'num', '1',
		'forgotten', '0', 'flushed', '0')
end
local all = {redis.call('HGETALL', P .. 'meta')}
for i = 2, #ARGV do
	all[i] = redis.call('HGETALL', P .. ARGV[i])
end
return all

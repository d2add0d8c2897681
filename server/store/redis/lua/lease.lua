-- Takes or renews the lease of the one process that writes roll-ups and prunes.
-- KEYS[1]: prefix. ARGV: token, ms; 0 gives it back.
local key = KEYS[1] .. 'lease'
local holder = redis.call('GET', key)
if holder and holder ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then
	redis.call('DEL', key)
else
	redis.call('SET', key, ARGV[1], 'PX', ARGV[2])
end
return 1

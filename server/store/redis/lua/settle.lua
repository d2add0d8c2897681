-- Says whether a call was done whose answer was lost; where it was not, it never will be.
-- KEYS[1]: prefix. ARGV: lane, number.
local key = KEYS[1] .. 'lane:' .. ARGV[1]
local done = redis.call('GET', key)
if done and tonumber(string.match(done, '^%d+')) >= tonumber(ARGV[2]) then
	return string.sub(done, -1) == 'f' and 'fenced' or 'done'
end
redis.call('SET', key, ARGV[2] .. 'f', 'PX', 86400000)
return 'fenced'

-- Reads how many events the log has had, and the id of the last; then who is in each process whose lease holds: its
-- name, then fields and values of its hash. KEYS[1]: prefix.
local P = KEYS[1]
local time = redis.call('TIME')
local all = {redis.call('HMGET', P .. 'meta', 'n', 'last')}
for _, name in ipairs(redis.call('ZRANGEBYSCORE', P .. 'hubs', time[1] * 1000 + math.floor(time[2] / 1000), '+inf')) do
	all[#all + 1] = name
	all[#all + 1] = redis.call('HGETALL', P .. 'here:' .. name)
end
return all

-- Renews the lease of a process and tells the others who is in it, and what it says to one
-- user. ARGV from 6: process, lease (ms); w where who is there is told whole, b where it bids
-- farewell, else nothing; s where it may say of others that their leases are over; what it says
-- besides, as changes; then room, user, connections, by threes.
-- Answers l where its lease is over: it is to tell all anew.
-- The sorted set hubs has the processes by the end of their leases, on Redis's clock; the hash
-- here:PROCESS who is there.
local name, lease, how, sweeps, changes = ARGV[6], tonumber(ARGV[7]), ARGV[8], ARGV[9] == 's', {ARGV[10]}
local time = redis.call('TIME')
local clock = time[1] * 1000 + math.floor(time[2] / 1000)
local ends = redis.call('ZSCORE', P .. 'hubs', name)
if how == '' and (not ends or tonumber(ends) < clock) then
	return {'no', event('h', struct.pack('<I4', 1) .. 'l')}
end

local function tell(kind, name, payload)
	changes[#changes + 1] = struct.pack('<c1I2c0I4c0', kind, #name, name, #payload, payload)
end

local gone = {}
if sweeps then
	for _, other in ipairs(redis.call('ZRANGEBYSCORE', P .. 'hubs', '-inf', clock)) do
		if other ~= name then gone[#gone + 1] = other end
	end
end
if how == 'b' then gone[#gone + 1] = name end
for _, other in ipairs(gone) do tell('G', other, '') end
local here = {}
for i = 11, #ARGV, 3 do
	here[#here + 1] = struct.pack('<I2c0I2c0I4', #ARGV[i], ARGV[i], #ARGV[i + 1], ARGV[i + 1], tonumber(ARGV[i + 2]))
end
if how == 'w' then
	tell('W', name, table.concat(here))
elseif #here > 0 then
	tell('J', name, table.concat(here))
end

local payload = struct.pack('<I4', 0) .. table.concat(changes)
local answer
if #payload == 4 then
	answer = {'no', event('h', payload)}
else
	answer = append('h', payload)
end
for _, other in ipairs(gone) do
	redis.call('ZREM', P .. 'hubs', other)
	redis.call('UNLINK', P .. 'here:' .. other)
end
if how == 'b' then return answer end
redis.call('ZADD', P .. 'hubs', clock + lease, name)
if how == 'w' then redis.call('UNLINK', P .. 'here:' .. name) end
for i = 11, #ARGV, 3 do
	local field = struct.pack('<I2c0I2c0', #ARGV[i], ARGV[i], #ARGV[i + 1], ARGV[i + 1])
	if ARGV[i + 2] == '0' then
		redis.call('HDEL', P .. 'here:' .. name, field)
	else
		redis.call('HSET', P .. 'here:' .. name, field, ARGV[i + 2])
	end
end
return answer

-- Notes an event of the audit. ARGV from 6: most events, how many more may be kept before those
-- go, the event.
local seq = tonumber(redis.call('HGET', P .. 'meta', 'audit') or '0') + 1
local answer = append('a', struct.pack('<I4', 0))
redis.call('HSET', P .. 'meta', 'audit', string.format('%.0f', seq))
redis.call('XADD', P .. 'audit', string.format('%.0f-0', seq), 'e', ARGV[8])
if seq % tonumber(ARGV[7]) == 0 then redis.call('XTRIM', P .. 'audit', 'MAXLEN', ARGV[6]) end
return answer

-- Tells all processes that every sample up to a seq is in roll-ups. ARGV from 6: the seq.
local before = tonumber(redis.call('HGET', P .. 'meta', 'flushed'))
local upTo = tonumber(ARGV[6])
if upTo <= before or upTo > seq then return {'no', event('f', struct.pack('<d', before))} end
local answer = append('f', struct.pack('<d', upTo))
redis.call('HSET', P .. 'meta', 'flushed', ARGV[6])
return answer

-- Removes a metric; its chunks are removed later. ARGV from 6: id.
local head = redis.call('HGET', P .. 'heads', ARGV[6])
if not head then return {'no', event('x', '')} end
local answer = append('x', ARGV[6])
redis.call('HDEL', P .. 'heads', ARGV[6])
redis.call('SADD', P .. 'gone', string.format('%.0f', (struct.unpack('<I4', head))))
redis.call('HSET', P .. 'meta', 'forgotten', string.format('%.0f', seq))
return answer

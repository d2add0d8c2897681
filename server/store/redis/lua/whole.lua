-- Reads all roll-ups of a metric, as of one moment. KEYS[1]: prefix. ARGV: its number, how many tiers.
-- Answers its open cells, then for each tier the indexes and texts of its chunks.
local P = KEYS[1]
local all = {redis.call('HGET', P .. 'cells', ARGV[1]) or ''}
for tier = 0, tonumber(ARGV[2]) - 1 do
	all[#all + 1] = redis.call('HGETALL', P .. 'c:' .. ARGV[1] .. ':' .. tier)
end
return all

-- Finds some of the keys that begin so, whichever node of a Cluster has them. KEYS[1]: prefix. ARGV:
-- cursor, beginning without the prefix. Answers the next cursor, 0 at the end, and the keys.
return redis.call('SCAN', ARGV[1], 'MATCH', KEYS[1] .. ARGV[2] .. '*', 'COUNT', 1000)

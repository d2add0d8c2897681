-- Says a batch of posts. ARGV from 6: most rooms, age of messages (ms), most runs, how many
-- of the last runs of a command stay longest, then for each post: room,
-- key, digest, news of a run, how many pieces, and of each piece: how many lines, lines.
-- It answers the posts' answers, and then tells what changed (tell).
local mostRooms, age, mostRuns, lastRuns = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])

local ROW = 65536 -- a row takes no further piece with so many bytes
local OK, FULL, AGAIN = 0, 1, 2

local at = 10
local rooms, runs = {}, {}     -- by name and id, as they will be; false: gone, or not there
local changed, told = {}, {}   -- names of rooms: whose record is written; which are told of besides what is said
local left, ended = {}, {}     -- names of rooms, ids of runs that make place
local rows, open = {}, {}      -- rows of messages, and the last of each room
local news = {}                -- ids of runs of which there is news, in order
local passed, wasPassed, ordinary, running, idle, oldest
local answers, changes = {}, {}

-- tell notes what every process is to hear of.
local function tell(kind, name, payload)
	changes[#changes + 1] = struct.pack('<c1I2c0I4c0', kind, #name, name, #payload, payload)
end

local function loadBounds()
	if passed then return end
	wasPassed = tonumber(redis.call('HGET', P .. 'meta', 'passed') or '0')
	passed = wasPassed
	ordinary = redis.call('ZCARD', P .. 'idle')
	running = redis.call('HLEN', P .. 'runs')
end

local function known(name)
	local r = rooms[name]
	if r == nil then
		r = false
		local record = redis.call('HGET', P .. 'rooms', name)
		if record then
			r = {}
			r.last, r.time, r.pruned, r.since, r.run = struct.unpack('<ddddd', record)
		end
		rooms[name] = r
	end
	return r
end

local function touch(name, tell)
	if changed[name] == nil then
		changed[#changed + 1] = name
		changed[name] = true
	end
	if tell and told[name] == nil then
		told[#told + 1] = name
		told[name] = true
	end
end

local function create(name)
	loadBounds()
	local r = {last = passed, time = 0, pruned = passed, since = 0, run = -1}
	rooms[name] = r
	touch(name, true)
	return r
end

-- makePlace lets the n rooms go that have been empty longest; false where so many are not.
local function makePlace(n)
	if not idle then
		idle = redis.call('ZRANGEBYSCORE', P .. 'idle', '-inf', now - age, 'LIMIT', 0, n + 2 * #ARGV)
	end
	local names = {}
	for _, name in ipairs(idle) do
		local r = rooms[name]
		if r == nil or r and r.run < 0 and r.time <= now - age then
			names[#names + 1] = name
			if #names == n then break end
		end
	end
	if #names < n then return false end
	for _, name in ipairs(names) do
		passed = math.max(passed, known(name).last)
		rooms[name] = false
		left[#left + 1] = name
	end
	ordinary = ordinary - n
	return true
end

local function room(name)
	local r = known(name)
	if r then return r end
	loadBounds()
	local over = ordinary + 1 - mostRooms
	if over > 0 and not makePlace(over) then return nil end
	ordinary = ordinary + 1
	return create(name)
end

local function readRun(record)
	local r, at = {}, nil
	r.settled, r.final, r.started, r.id, r.command, r.ending, at = struct.unpack('<BBdI2c0I4c0I4c0', record)
	r.rest = string.sub(record, at)
	return r
end

local function writeRun(r)
	return struct.pack('<BBdI2c0I4c0I4c0', r.settled, r.final, r.started, #r.id, r.id, #r.command, r.command, #r.ending, r.ending) .. r.rest
end

-- candidates are the runs that ended, in the order they make place.
local function candidates()
	local all, of = {}, {}
	local records = redis.call('HVALS', P .. 'runs')
	for _, record in ipairs(records) do
		local r = readRun(record)
		if r.final == 1 and runs[r.id] == nil then all[#all + 1] = r end
	end
	table.sort(all, function(a, b) return a.started < b.started or a.started == b.started and a.id < b.id end)
	for i = #all, 1, -1 do
		local r = all[i]
		of[r.command] = (of[r.command] or 0) + 1
		r.last = of[r.command] <= lastRuns
	end
	local sorted = {}
	for _, last in ipairs({false, true}) do
		for _, r in ipairs(all) do
			if r.last == last then sorted[#sorted + 1] = r.id end
		end
	end
	return sorted
end

local function endOldest()
	local over = running - mostRuns
	if over <= 0 then return end
	oldest = oldest or candidates()
	while over > 0 and #oldest > 0 do
		local id = table.remove(oldest, 1)
		if runs[id] == nil then
			runs[id] = false
			rooms['run.' .. id] = false
			left[#left + 1] = 'run.' .. id
			ended[#ended + 1] = id
			running = running - 1
			over = over - 1
		end
	end
end

local function begin(name)
	loadBounds()
	local r = known(name)
	if r then
		ordinary = ordinary - 1
		touch(name, true)
	else
		r = create(name)
		r.time = now
	end
	r.run = 0
	running = running + 1
	endOldest()
	return r
end

-- report decides the news of a run and answers its room.
local function report(name, record)
	local r = readRun(record)
	local before = runs[r.id]
	if before == nil then
		local record = redis.call('HGET', P .. 'runs', r.id)
		before = record and readRun(record)
	end
	if before and before.settled == 1 then
		r.settled, r.final, r.ending = before.settled, before.final, before.ending
	end
	if not news[r.id] then
		news[#news + 1] = r.id
		news[r.id] = true
	end
	runs[r.id] = r
	if before then return known(name) end
	return begin(name)
end

local function row(name, r, time)
	local w = open[name]
	if not w or w.room ~= r or w.bytes >= ROW then
		w = {name = name, room = r, first = r.last + 1, n = 0, time = time, bytes = 0, lines = {}}
		open[name] = w
		rows[#rows + 1] = w
	end
	return w
end

local function say(name, record, pieces)
	local r
	if record ~= '' then r = report(name, record) else r = room(name) end
	if not r then
		at = at + 2 * pieces
		return FULL, mostRooms, 0, 0
	end
	touch(name)
	local first, time = r.last + 1, math.max(now, r.time)
	for _ = 1, pieces do
		local n, lines = tonumber(ARGV[at]), ARGV[at + 1]
		at = at + 2
		if r.last == r.pruned then r.since = time end
		local w = row(name, r, time)
		w.n = w.n + n
		w.bytes = w.bytes + #lines
		w.lines[#w.lines + 1] = lines
		r.last = r.last + n
		r.time = time
	end
	return OK, first, r.last, time
end

local function post()
	local name, key, digest, record, pieces = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], tonumber(ARGV[at + 4])
	at = at + 5
	if key ~= '' then
		local first = find(key)
		if first then
			at = at + 2 * pieces
			return struct.pack('<BI4c0', AGAIN, #first, first)
		end
	end
	local n = 0
	for i = 0, pieces - 1 do n = n + tonumber(ARGV[at + 2 * i]) end
	local answer = struct.pack('<Bddd', say(name, record, pieces))
	if key ~= '' then
		keep(key, digest, 'p' .. struct.pack('<I2c0d', #name, name, n) .. answer)
	end
	return answer
end

while at <= #ARGV do answers[#answers + 1] = post() end

-- From here on it is told, then written.
for _, name in ipairs(left) do tell('X', name, '') end
for _, id in ipairs(ended) do tell('Y', id, '') end
if passed ~= wasPassed then tell('P', '', struct.pack('<d', passed)) end
for _, w in ipairs(rows) do
	w.lines = table.concat(w.lines)
	if w.room.run >= 0 then w.room.run = w.room.run + #w.lines end
end
for _, name in ipairs(changed) do
	local r = rooms[name]
	if r then
		r.record = struct.pack('<ddddd', r.last, r.time, r.pruned, r.since, r.run)
		if told[name] then tell('R', name, r.record) end
	end
end
for _, w in ipairs(rows) do
	w.header = struct.pack('<dd', w.first, w.time)
	tell('S', w.name, w.header .. w.lines)
end
for _, id in ipairs(news) do
	if runs[id] then
		runs[id].record = writeRun(runs[id])
		tell('N', id, runs[id].record)
	end
end
local answer
answers = table.concat(answers)
answers = struct.pack('<I4c0', #answers, answers)
if #changes == 0 and #names == 0 then return {'no', event('r', answers)} end
answer = append('r', answers .. table.concat(changes))

for _, name in ipairs(left) do
	redis.call('HDEL', P .. 'rooms', name)
	redis.call('ZREM', P .. 'idle', name)
	redis.call('UNLINK', P .. 'room:' .. name)
end
for _, id in ipairs(ended) do redis.call('HDEL', P .. 'runs', id) end
if passed ~= wasPassed then redis.call('HSET', P .. 'meta', 'passed', string.format('%.0f', passed)) end
for _, name in ipairs(changed) do
	local r = rooms[name]
	if r then
		redis.call('HSET', P .. 'rooms', name, r.record)
		if r.run >= 0 then
			redis.call('ZREM', P .. 'idle', name)
		else
			redis.call('ZADD', P .. 'idle', r.time, name)
		end
	end
end
for _, w in ipairs(rows) do
	redis.call('XADD', P .. 'room:' .. w.name, string.format('%.0f-0', w.first + w.n - 1), 'h', w.header, 'l', w.lines)
end
for _, id in ipairs(news) do
	if runs[id] then redis.call('HSET', P .. 'runs', id, runs[id].record) end
end
writekeys()
return answer

package live

import (
	"context"
	"time"

	"telltale/shared/room"
	"telltale/shared/wire"
)

// request is a stretch of a room's history that is missing.
type request struct {
	room   string
	before uint64 // exclusive
	limit  int
	first  bool  // only where the history begins
	until  int64 // only the newest that had been said at a moment
}

// read fetches what is looked at and was not read, one request at a time, always
// for what is looked at then.
func (v *Viewer) read(ctx context.Context) {
	for n := 0; ctx.Err() == nil; {
		select {
		case <-ctx.Done():
			return
		case <-v.wanted:
		}
		for ctx.Err() == nil {
			q, any := v.lacking()
			if !any {
				n = 0
				break
			}
			if v.fetch(ctx, q) {
				n = 0
				continue
			}
			v.rest(ctx, pause(n+2))
			n++
		}
	}
}

// rest sleeps, or until something else is looked at.
func (v *Viewer) rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// lacking is the next request; false where nothing lacks.
func (v *Viewer) lacking() (request, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if q, any := v.lackingPast(); any {
		return q, true
	}
	for _, name := range v.look.Rooms {
		r := v.roomShown(name)
		if r == nil || !r.known {
			continue
		}
		if !r.sure {
			return request{room: name, first: true}, true
		}
		if seq, any := r.missing(); any {
			return request{room: name, before: seq + 1, limit: r.limit()}, true
		}
	}
	return request{}, false
}

// fetch makes a request and tells whether that brought anything.
func (v *Viewer) fetch(ctx context.Context, q request) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if q.until != 0 {
		return v.fetchPast(ctx, q)
	}
	var rows []wire.RoomRow
	var messages []room.Message
	var err error
	if q.first {
		rows, err = v.network.Rooms(ctx)
	} else {
		messages, err = v.network.Messages(ctx, q.room, q.before, q.limit)
	}
	if err != nil {
		return false
	}
	v.mu.Lock()
	r := v.roomShown(q.room)
	if r == nil {
		v.mu.Unlock()
		return true
	}
	had := r.count
	switch {
	case q.first:
		r.sure = true
		for _, row := range rows {
			if row.RoomID == q.room {
				r.begin(min(row.Seq+1-row.Messages, r.Last+1))
			}
		}
	case len(messages) == 0:
		r.begin(q.before) // older ones are not kept
	}
	for _, m := range messages {
		r.put(m, max(mostBytes/max(len(v.rooms), 1), leastBytes))
	}
	brought := q.first || len(messages) == 0 || r.count > had
	v.mu.Unlock()
	v.change(Change{Room: q.room})
	return brought
}

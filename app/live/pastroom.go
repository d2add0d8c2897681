package live

import (
	"context"
	"slices"
	"time"
)

// pastRoom is a room as it was: what had been said in it up to a moment.
type pastRoom struct {
	*Room
	at     int64   // moment that it was shown as of last
	asked  int64   // up to which its newest messages are in stamps; 0: none yet
	stamps []stamp // oldest first
}

type stamp struct {
	seq  uint64
	time int64 // ms since 1970
}

const pastLines = 100 // newest messages that are asked for at once

// roomShown is the room as what is shown is: live, or as it was. The caller holds mu.
func (v *Viewer) roomShown(name string) *Room {
	if v.past.at == 0 {
		return v.rooms[name]
	}
	if !slices.Contains(v.look.Rooms, name) {
		return nil
	}
	p := v.past.rooms[name]
	if p == nil {
		p = &pastRoom{Room: newRoom(name)}
		p.known, p.past = true, true
		if v.past.rooms == nil {
			v.past.rooms = map[string]*pastRoom{}
		}
		v.past.rooms[name] = p
	}
	if p.upTo(v.past.at); v.past.speed == 0 && p.asked != v.past.at {
		signal(v.wanted)
	}
	return p.Room
}

// upTo lets the room end with the last message that had been said at a moment.
func (p *pastRoom) upTo(at int64) {
	if at < p.at { // what is read up to a later moment may be all of later times
		p.asked, p.stamps, p.Joined, p.Last = 0, nil, false, p.First-1
	}
	p.at = at
	last, known := uint64(0), false
	for _, s := range p.stamps {
		if s.time <= at {
			last, known = s.seq, true
		}
	}
	switch {
	case known:
		p.Last = last
	case p.asked != 0 && len(p.stamps) < pastLines: // there were none before these
		p.Last = p.First - 1
	}
}

// lackingPast is a room whose messages up to the moment are not known yet; the caller holds mu.
func (v *Viewer) lackingPast() (request, bool) {
	at, until := v.past.at, v.past.at
	if v.past.speed != 0 {
		until += v.past.speed * time.Second.Milliseconds()
	}
	for name, p := range v.past.rooms {
		if !slices.Contains(v.look.Rooms, name) {
			delete(v.past.rooms, name)
			continue
		}
		if v.past.speed == 0 && p.asked != at || v.past.speed != 0 && (p.asked < at+(until-at)/2 || p.asked > until) {
			return request{room: name, until: until}, true
		}
	}
	return request{}, false
}

// fetchPast asks for the newest messages of a room up to a moment, and tells whether they came.
func (v *Viewer) fetchPast(ctx context.Context, q request) bool {
	messages, err := v.network.Until(ctx, q.room, q.until, pastLines)
	if err != nil {
		return false
	}
	v.mu.Lock()
	if p := v.past.rooms[q.room]; p != nil {
		p.asked, p.stamps = q.until, p.stamps[:0]
		for _, m := range messages {
			p.stamps = append(p.stamps, stamp{m.Seq, m.Time})
			p.put(m, leastBytes)
		}
		p.Joined = true
		p.upTo(v.past.at)
	}
	v.mu.Unlock()
	v.change(Change{Room: q.room})
	return true
}

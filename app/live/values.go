package live

import (
	"context"
	"slices"

	"telltale/shared/metric"
	"telltale/shared/series"
	"telltale/shared/wire"
)

// question asks the server for its time.
func (v *Viewer) question(ctx context.Context, socket Socket) {
	v.mu.Lock()
	v.contact.suspect = false
	ask := v.contact.question(v.contact.now())
	v.mu.Unlock()
	v.send(ctx, socket, ask)
}

// hearPong takes the answer to a question: the server is there, and what it sent before has
// come. Where a clock was set, ages are asked for anew.
func (v *Viewer) hearPong(ctx context.Context, socket Socket, message []byte, now int64) {
	var pong wire.Pong
	if wire.Decode(message, &pong) != nil {
		return
	}
	v.mu.Lock()
	asked := v.contact.pinged
	if !v.contact.ponged(pong, now) {
		v.mu.Unlock()
		return
	}
	if v.contact.open && !v.pending && !v.contact.doubt && asked >= v.contact.parted && len(v.shown.Patterns) > 0 {
		v.contact.vouched(asked, pong.Stale)
	}
	again := v.contact.doubt && !v.pending && v.contact.open && v.look.To == 0
	if again {
		v.contact.doubt = false
	}
	other := pong.Known != v.told
	v.told = pong.Known
	v.mu.Unlock()
	if again {
		v.watch(ctx, socket, true)
	}
	if other {
		signal(v.unknown)
	}
}

// resumable tells whether the answer to the look can be added to the set: its columns are
// those, and it has a metric of the look. The caller holds mu.
func (v *Viewer) resumable() bool {
	if v.set.Epoch == "" || v.look.To != 0 || v.shown.To != 0 || v.past.at != 0 || v.shown.RangeMS != v.look.RangeMS || v.shown.Points != v.look.Points {
		return false
	}
	if v.shown.alike(v.look) {
		return true
	}
	for id := range v.set.Metrics {
		if v.look.matches(id) {
			return true
		}
	}
	return false
}

// have are the metrics whose history the set has; nil where that is all that is asked for.
// The caller holds mu.
func (v *Viewer) have() []string {
	if v.shown.alike(v.look) {
		return nil
	}
	var have []string
	for id := range v.set.Metrics {
		if v.look.matches(id) {
			have = append(have, string(id))
		}
	}
	return have
}

// load takes the snapshot that answers the look. The caller holds mu.
func (v *Viewer) load(snap series.Snapshot, now int64) {
	c := &v.contact
	if v.pending {
		c.answered(c.watched, now, snap.Time)
		v.set.Shift = c.watched - snap.Time
		v.putAside()
		if c.watched >= c.parted {
			c.vouched(c.watched, snap.Stale)
		}
	} else {
		v.set.Shift = c.shift(snap.Time, now)
	}
	if snap.Time == 0 {
		v.set.Shift = -c.ahead
	}
	shift := v.set.Shift
	if !v.resumes || !snap.Resumed {
		v.set = v.look.set()
		v.set.Shift, snap.Resumed = shift, false
	}
	v.set.Reach(now + c.ahead)
	v.set.Load(snap)
	v.set.Keep(func(id metric.ID) bool { _, has := snap.Values[id]; return has })
	for id := range v.set.Metrics {
		delete(v.aside, id)
	}
	v.shown = v.look
	v.pending, v.resumes, c.open = false, false, true
}

// putAside keeps the values of what was watched until now. The caller holds mu.
func (v *Viewer) putAside() {
	for id, e := range v.set.Metrics {
		v.aside[id] = Word{e.Head, e.Written, v.contact.values}
	}
	for id := range v.aside {
		if _, known := v.known[id]; !known && v.set.Metrics[id] == nil {
			delete(v.aside, id)
		}
	}
}

// Word is what is known of a metric's value, whether it is watched or was. Only a function
// that See has called may ask.
func (v *Viewer) Word(id metric.ID) Word {
	if e := v.set.Metrics[id]; e != nil {
		return Word{e.Head, e.Written, v.contact.values}
	}
	if v.past.at != 0 {
		return Word{} // what it is now is not what it was
	}
	if v.set.Epoch != "" && v.shown.matches(id) {
		return Word{Heard: v.contact.values} // it is watched, and has no value
	}
	if w, is := v.aside[id]; is {
		if w.Heard < v.contact.parted {
			w.Heard = 0
		}
		return w
	}
	if m, known := v.known[id]; known {
		return Word{Head: m.Head} // of a list: how old it is shows only once it is watched
	}
	if v.listed.shows(id) {
		return Word{Heard: v.contact.values} // it is not of the list
	}
	return Word{}
}

// Read tells whether the set holds what there is of a metric: it is watched, and was told, if
// only that there is nothing. Only a function that See has called may ask.
func (v *Viewer) Read(id metric.ID) bool {
	return v.set.Metrics[id] != nil || v.set.Epoch != "" && v.shown.matches(id)
}

// widen watches all that the place shows, where a part of it was refused: the server bounds
// how many different selections are watched, and that one is shared. It answers false where
// that is watched already.
func (v *Viewer) widen() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.look.All) == 0 || slices.Equal(v.look.All, v.look.Patterns) {
		return false
	}
	v.look.Patterns = v.look.All
	return true
}

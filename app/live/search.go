package live

import (
	"context"
	"slices"
	"time"

	"telltale/shared/room"
)

// Bounds of a search.
const (
	mostHits     = 10_000
	searchAtOnce = 500 // messages of one request
	searchEvery  = 500 * time.Millisecond
)

// Search looks for the messages of a room that match, the newest first, and then among
// those that come, until the context ends. tell is called for every stretch that was
// looked through, with the seqs so far, sorted, which it must not change, and whether
// all that there was was looked through. It stops at 10,000.
func (v *Viewer) Search(ctx context.Context, name string, match func(m room.Message) bool, tell func(hits []uint64, through bool)) {
	var hits []uint64
	var done uint64 // all up to here were looked through
	for through := false; ctx.Err() == nil && len(hits) < mostHits; {
		first, last := uint64(1), uint64(0)
		v.SeeRoom(name, func(r *Room, _ int64, _ Contact) {
			if r != nil {
				first, last = r.First, r.Last
			}
		})
		// Newest first, each stretch before what was found in this round.
		round, ok := len(hits), true
		for before := last + 1; before > max(first, done+1) && len(hits) < mostHits; {
			var messages []room.Message
			if messages, ok = v.stretch(ctx, name, before); !ok || len(messages) == 0 {
				break
			}
			var found []uint64
			for _, m := range messages {
				if m.Seq > done && m.Seq < before && match(m) {
					found = append(found, m.Seq)
				}
			}
			hits = slices.Insert(slices.Clone(hits), round, found...)
			before = messages[0].Seq
			tell(hits, through)
		}
		if !ok {
			hits = hits[:round] // this round again
			v.rest(ctx, pause(3))
			continue
		}
		if done = max(done, last); !through {
			through = true
			tell(hits, through)
		}
		v.rest(ctx, searchEvery)
	}
}

func (v *Viewer) stretch(ctx context.Context, name string, before uint64) ([]room.Message, bool) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	messages, err := v.network.Messages(ctx, name, before, searchAtOnce)
	return messages, err == nil
}

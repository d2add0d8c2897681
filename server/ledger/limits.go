package ledger

import (
	"cmp"
	"time"

	"telltale/shared/series"
)

// Limits are how much a store keeps, and for how long. A field that is zero means its default.
type Limits struct {
	Raw        time.Duration                  // how long samples are kept as such; 24 h
	Tiers      [len(series.Tiers)]series.Tier // roll-ups with their retention; series.Tiers. Steps are fixed
	MaxMetrics int                            // 10,000

	RoomMessages int           // newest messages that a room keeps; 100,000
	RoomAge      time.Duration // how long a room keeps a message; 30 d
	MaxRooms     int           // besides those of runs; 10,000
	MaxRuns      int           // 1,000
	RunBytes     int64         // of a run's output that are kept at least, the newest; 256 MiB
	MaxBoards    int           // 1,000
}

// WithDefaults puts the defaults in the place of zeros.
func (l Limits) WithDefaults() Limits {
	return Limits{
		Raw:          cmp.Or(l.Raw, 24*time.Hour),
		Tiers:        cmp.Or(l.Tiers, series.Tiers),
		MaxMetrics:   cmp.Or(l.MaxMetrics, 10_000),
		RoomMessages: cmp.Or(l.RoomMessages, 100_000),
		RoomAge:      cmp.Or(l.RoomAge, 30*24*time.Hour),
		MaxRooms:     cmp.Or(l.MaxRooms, 10_000),
		MaxRuns:      cmp.Or(l.MaxRuns, 1000),
		RunBytes:     cmp.Or(l.RunBytes, 256<<20),
		MaxBoards:    cmp.Or(l.MaxBoards, 1000),
	}
}

// KeysKept is how long an idempotency key holds, ms.
const KeysKept = 24 * 3_600_000

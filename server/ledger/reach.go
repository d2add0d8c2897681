package ledger

import (
	"slices"
	"strings"
)

// What every Store decides the same, of what it has in memory.

// MaxScan is how many samples After looks through; one who missed more is better served by a
// history.
const MaxScan = 1 << 20

// Missed are the samples that After is to give, as of a store's newest seq and that at which it
// forgot a metric last: those of since < seq ≤ to. It answers ErrPruned where they cannot all
// be told.
func Missed(since, upTo, newest, forgotten uint64) (to uint64, err error) {
	if since > newest || since <= forgotten && forgotten > 0 {
		return 0, ErrPruned
	}
	to = max(since, min(upTo, newest))
	if to-since > MaxScan {
		return 0, ErrPruned
	}
	return to, nil
}

// Within leaves an extent's newest most messages, and none of them where even the newest was
// kept at or before horizon. The first was kept at oldest: only where that is so too is it not
// sure which of them are younger. Times are ms since 1970.
func (x Extent) Within(most uint64, oldest, newest, horizon int64) (kept Extent, sure bool) {
	if x.Last-(x.First-1) > most {
		x.First = x.Last - most + 1
	}
	if x.First > x.Last || oldest > horizon {
		return x, true
	}
	if newest <= horizon {
		x.First = x.Last + 1
		return x, true
	}
	return x, false
}

// Summaries are those of boards by their IDs, sorted by ID.
func Summaries(boards map[string]Board) []BoardSummary {
	all := make([]BoardSummary, 0, len(boards))
	for _, b := range boards {
		all = append(all, b.BoardSummary)
	}
	slices.SortFunc(all, func(a, b BoardSummary) int { return strings.Compare(a.ID, b.ID) })
	return all
}

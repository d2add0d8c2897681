package ui

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"syscall/js"

	"telltale/shared/ansi"
	"telltale/shared/room"
)

// finding is what a log's search has found.
type finding struct {
	text    string
	hits    []uint64 // sorted
	at      uint64   // the one that is shown
	through bool     // all was looked through
	cancel  context.CancelFunc
}

func (f *finding) stop() {
	if f.cancel != nil {
		f.cancel()
	}
	*f = finding{}
}

// Find looks for a text, whatever its case.
func (s *stage) Find(name, text string) {
	for _, lv := range s.logs {
		if lv.name != name || lv.log.Small || lv.found.text == text {
			continue
		}
		lv.found.stop()
		lv.dirty = true
		s.ask()
		if text == "" {
			continue
		}
		ctx, cancel := context.WithCancel(s.ctx)
		lv.found = finding{text: text, cancel: cancel}
		lower := strings.ToLower(text)
		match := func(m room.Message) bool { return strings.Contains(strings.ToLower(ansi.Text(m.Content)), lower) }
		go s.viewer.Search(ctx, name, match, func(hits []uint64, through bool) {
			if ctx.Err() != nil {
				return
			}
			lv.found.hits, lv.found.through = hits, through
			if lv.found.at == 0 && len(hits) > 0 {
				s.show(lv, len(hits)-1)
			}
			lv.dirty = true
			s.ask()
		})
	}
}

// FindNext goes on to the next place below the one that is shown, or above it, and round.
func (s *stage) FindNext(name string, back bool) {
	for _, lv := range s.logs {
		n := len(lv.found.hits)
		if lv.name != name || n == 0 {
			continue
		}
		i, _ := slices.BinarySearch(lv.found.hits, lv.found.at)
		if back {
			i += n - 1
		} else {
			i++
		}
		s.show(lv, i%n)
	}
}

// show brings a hit into sight.
func (s *stage) show(lv *logView, i int) {
	lv.found.at = lv.found.hits[i]
	lv.jump, lv.dirty = lv.found.at, true
	s.ask()
}

// Pause holds what is in sight, or follows the end again.
func (s *stage) Pause(name string) {
	for _, lv := range s.logs {
		if lv.name != name || lv.log.Small {
			continue
		}
		lv.held = lv.follow
		lv.follow, lv.away = !lv.held, lv.last
		lv.dirty = true
	}
	s.ask()
}

// Since leaves out what was said up to now.
func (s *stage) Since(name string, now bool) {
	for _, lv := range s.logs {
		if lv.name != name || lv.log.Small {
			continue
		}
		if lv.since = 0; now {
			lv.since = lv.last + 1
		}
		lv.follow, lv.held, lv.dirty = true, false, true
	}
	s.ask()
}

// tellTools writes beside a log's tools how things stand.
func (lv *logView) tellTools() {
	if !lv.log.Run || lv.log.Small {
		return
	}
	document := js.Global().Get("document")
	follow, found := document.Call("getElementById", "follow"), document.Call("getElementById", "found")
	if !follow.Truthy() || !found.Truthy() {
		return
	}
	text := "Follow"
	if lv.follow {
		text = "Pause"
	}
	setText(follow.Call("querySelector", "span"), text)
	setText(found, lv.found.says())
}

// says how many places there are, and which of them is shown.
func (f *finding) says() string {
	switch i, _ := slices.BinarySearch(f.hits, f.at); {
	case f.text == "":
		return ""
	case len(f.hits) == 0 && f.through:
		return "not found"
	case len(f.hits) == 0:
		return "looking …"
	case !f.through:
		return grouped(uint64(len(f.hits)-i)) + " of more"
	default:
		return grouped(uint64(i+1)) + " of " + grouped(uint64(len(f.hits)))
	}
}

// goTo brings the line that a link names into sight; 0 for none.
func (lv *logView) goTo(seq uint64) {
	if seq != 0 && lv.log.Run && !lv.log.Small {
		lv.target, lv.jump, lv.dirty = seq, seq, true
	}
}

// fragment is the line that the page's URL names, 0 for none.
func fragment() uint64 {
	hash := js.Global().Get("location").Get("hash").String()
	n, is := strings.CutPrefix(hash, "#L")
	if seq, err := strconv.ParseUint(n, 10, 53); is && err == nil {
		return seq
	}
	return 0
}

package ui

import (
	"syscall/js"
	"time"
)

// How long the start of the app, which on a phone takes most of a second, may keep the
// browser from answering a hand, how long it is the start at most, and for how long after
// the page has been mounted, while it is drawn for the first time.
const (
	breathAfter = 4 * time.Millisecond
	startLasts  = 10 * time.Second
	drawnIn     = time.Second
)

// breath is when the app gave the browser its turn last.
type breath struct {
	begun, last time.Time
	mounted     time.Time
	mine        js.Func       // called when it is the app's turn again
	turns       chan struct{} // one each
}

// starting tells whether the app still starts. Later it takes no breath: what belongs in
// one task stays in one.
func (b *breath) starting() bool {
	return time.Since(b.begun) < startLasts && (b.mounted.IsZero() || time.Since(b.mounted) < drawnIn)
}

// Mounted tells that the page is, as whoever measures or tests it can see in the browser's own list; what was done before
// is done now.
func (s *stage) Mounted() {
	if s.breath.mounted.IsZero() {
		s.breath.mounted = time.Now()
		telltale().Call("alive")
		js.Global().Get("performance").Call("mark", "telltale-mounted")
	}
}

// Breathe gives the browser its turn, while the app starts and has taken long enough.
func (s *stage) Breathe() {
	b := &s.breath
	if b.begun.IsZero() {
		b.turns = make(chan struct{}, 8)
		b.mine = js.FuncOf(func(js.Value, []js.Value) any { b.turns <- struct{}{}; return nil })
		b.begun = time.Now()
	}
	if !b.starting() || time.Since(b.last) < breathAfter {
		return
	}
	telltale().Call("turn", b.mine)
	<-b.turns
	b.last = time.Now()
}

package ui

import "time"

// How long the start of the app, which on a phone takes most of a second, may keep the
// browser from answering a hand, and for how long it is the start.
const (
	breathAfter = 6 * time.Millisecond
	startLasts  = 3 * time.Second
)

// breath is when the app gave the browser its turn last.
type breath struct{ begun, last time.Time }

// Breathe gives the browser its turn, while the app starts and has taken long enough. Later
// it does nothing: what belongs in one task stays in one.
func (s *stage) Breathe() {
	now := time.Now()
	if s.breath.begun.IsZero() {
		s.breath = breath{now, now}
	}
	if now.Sub(s.breath.begun) > startLasts || now.Sub(s.breath.last) < breathAfter {
		return
	}
	time.Sleep(time.Nanosecond) // parks, and so ends the browser's task
	s.breath.last = time.Now()
}

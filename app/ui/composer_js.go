package ui

import (
	"context"
	"strings"
	"syscall/js"
)

// writing is the field in which somebody writes to a room; none where there is no room.
type writing struct {
	room  string
	field js.Value
}

// Writes has what is written to a room, and was not said, kept while the page is away.
func (s *stage) Writes(room string) {
	was := s.hand.writing
	if room == was.room {
		return
	}
	s.keepWriting()
	s.hand.writing = writing{}
	field := js.Global().Get("document").Call("getElementById", "say")
	if room == "" || field.IsNull() {
		return
	}
	if field.Equal(was.field) {
		field.Set("value", "") // which was for the other room
	}
	if text := keptText("room", room); text != "" && field.Get("value").String() == "" {
		field.Set("value", text)
	}
	s.hand.writing = writing{room, field}
}

// keepWriting keeps what is written and was not said.
func (s *stage) keepWriting() {
	if w := s.hand.writing; w.room != "" {
		s.KeepUnsaid(w.room, w.field.Get("value").String())
	}
}

// SayUnsaid says what web/first.js was told to say while the app was not there.
func (s *stage) SayUnsaid(ctx context.Context, room string) (refused error) {
	var left []string
	for texts := telltale().Call("unsaid"); texts.Length() > 0; {
		text := texts.Call("shift").String()
		if err := s.viewer.Say(ctx, room, text); err != nil {
			refused, left = err, append(left, text)
		}
	}
	if refused != nil {
		field := js.Global().Get("document").Call("getElementById", "say")
		field.Set("value", strings.Join(append(left, field.Get("value").String()), "\n"))
	}
	return refused
}

// KeepUnsaid keeps what is written to a room.
func (s *stage) KeepUnsaid(room, text string) { keepText("room", room, text) }

package api

import (
	"context"
	"testing"

	"telltale/server/ledger"
	"telltale/server/store/sqlite"
)

// TestWhoHeardMoreElsewhereHearsNothingTwice joins servers that have not heard of all that others have said.
func TestWhoHeardMoreElsewhereHearsNothingTwice(t *testing.T) {
	act(t, sqlite.Options{}, Catchup, func(s *stage) {
		s.post("r", "", numbered(2)...)
		s.api.CatchUp = func(context.Context) error { return ledger.ErrUnavailable }
		s.play(`
			a> {"type":"join","room_id":"r","user_id":"ann","since":4}
			a< {"type":"joined","room_id":"r","seq":2,"members":1}`)
		s.silent()
		s.api.CatchUp = func(context.Context) error { s.post("r", "", numbered(2)...); return nil }
		s.play(`
			b> {"type":"join","room_id":"r","user_id":"bob","since":3}
			b< {"type":"joined","room_id":"r","seq":4,"members":2}
			a< {"type":"member_joined","room_id":"r","user_id":"bob"}`)
		s.who["b"].replays("r", 4, 4)
		s.post("r", "", numbered(2)...)
		s.who["a"].replays("r", 5, 6)
		s.who["b"].replays("r", 5, 6)
		s.silent()
		s.api.CatchUp = func(context.Context) error { return nil } // of another life
		s.play(`
			a> {"type":"join","room_id":"r","user_id":"ann","since":9}
			a< {"type":"joined","room_id":"r","seq":6,"members":2}`)
		s.who["a"].replays("r", 1, 6)
		s.silent()
	})
}

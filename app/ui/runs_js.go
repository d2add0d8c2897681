package ui

import (
	"context"
	"slices"
	"time"

	"telltale/app/live"
	"telltale/shared/run"
	"telltale/shared/series"
)

// runList is the runs as they were asked for last: every card asks, one request goes out.
type runList struct {
	runs []run.Run
	err  error
	at   time.Time
}

// Runs are all runs as they stand, or as they stood at the moment that is shown.
func (s *stage) Runs() ([]run.Run, error) {
	runs, err := s.allRuns()
	if at := s.viewer.Moment().At; at != 0 {
		runs = run.AsOf(runs, at)
	}
	return runs, err
}

// allRuns asks for all runs; what was answered less than a second ago is answered again.
func (s *stage) allRuns() ([]run.Run, error) {
	if time.Since(s.ran.at) < time.Second {
		return s.ran.runs, s.ran.err
	}
	ctx, cancel := context.WithTimeout(s.ctx, 5*time.Second)
	defer cancel()
	runs, err := live.Browser{}.Runs(ctx)
	s.ran = runList{runs, err, time.Now()}
	return runs, err
}

// Run asks for one.
func (s *stage) Run(id string) (run.Run, error) {
	ctx, cancel := context.WithTimeout(s.ctx, 5*time.Second)
	defer cancel()
	return live.Browser{}.Run(ctx, id)
}

// Now is the server's time.
func (s *stage) Now() (now int64) {
	if s.viewer == nil {
		return time.Now().UnixMilli()
	}
	s.viewer.See(func(_ *series.Set, at int64, _ live.Contact) { now = at })
	return now
}

// visit takes notice of one more log of a room, or one less.
func (s *stage) visit(room string, more int) {
	if s.extra[room] += more; s.extra[room] <= 0 {
		delete(s.extra, room)
	}
	if s.viewer != nil && !slices.Contains(s.look.Rooms, room) {
		s.viewer.Look(s.ctx, s.looks())
	}
}

// looks is what the place shows, with the rooms of logs that it could not name: which
// run is a command's newest is known later.
func (s *stage) looks() live.Look {
	look := s.look
	look.Rooms = slices.Clone(look.Rooms)
	s.aimed(&look)
	for room := range s.extra {
		if !slices.Contains(look.Rooms, room) {
			look.Rooms = append(look.Rooms, room)
		}
	}
	s.narrow(&look)
	if !look.Idle {
		look.Patterns = append(slices.Clip(look.Patterns), s.ahead...)
	}
	return look
}

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"telltale/app/ui"
	"telltale/server/api"
	"telltale/server/hub"
	"telltale/server/ledger"
	"telltale/shared/access"
	"telltale/shared/metric"
	life "telltale/shared/run" // run is the program's own
	"telltale/shared/series"
	"telltale/shared/wire"
)

// preRenderLimit is how long a first paint may wait for its history.
const preRenderLimit = 5 * time.Second

// source gives pages their values when the server draws them first.
type source struct {
	ledger *ledger.Ledger
	hub    *hub.Hub
	boards api.Boards
	base   string                            // what a curl line begins with
	stale  func() (since time.Time, is bool) // as api.Options has it
	sight  api.Sight
	me     access.Me
}

// Me implements ui.Source.
func (s source) Me() access.Me { return s.me }

// Board implements ui.Source.
func (s source) Board(id string) (wire.BoardView, bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), preRenderLimit)
	defer cancel()
	if !s.sight.Sees(access.Boards, id) {
		return wire.BoardView{}, false, nil
	}
	return s.boards.View(ctx, id)
}

// Boards implements ui.Source.
func (s source) Boards() ([]wire.BoardRow, error) {
	ctx, cancel := context.WithTimeout(context.Background(), preRenderLimit)
	defer cancel()
	rows, err := s.boards.Rows(ctx)
	return s.sight.Boards(rows), err
}

// View implements ui.Source. Values and history are as of one seq.
func (s source) View(patterns []string, rangeMS int64, points, limit int) (ui.View, error) {
	ctx, cancel := context.WithTimeout(context.Background(), preRenderLimit)
	defer cancel()
	for {
		view, err := s.view(ctx, patterns, rangeMS, points, limit)
		if err == nil || !errors.Is(err, ledger.ErrPassed) || ctx.Err() != nil {
			return view, err
		}
	}
}

func (s source) view(ctx context.Context, patterns []string, rangeMS int64, points, limit int) (ui.View, error) {
	all, seq, err := s.ledger.Metrics(ctx)
	if err != nil {
		return ui.View{}, fmt.Errorf("read the metrics of a page: %w", err)
	}
	now := time.Now().UnixMilli()
	view := ui.View{Now: now, Base: s.base, Snapshot: series.Snapshot{
		Epoch: s.ledger.Epoch(), Seq: seq, Values: map[metric.ID]series.Point{},
	}}
	var drawn []metric.ID
	for _, each := range s.sight.Metrics(all) {
		if !slices.ContainsFunc(patterns, func(pattern string) bool { return metric.Match(pattern, each.ID) }) {
			continue
		}
		view.Metrics = append(view.Metrics, each)
		if each.Head.Seq > 0 {
			view.Snapshot.Values[each.ID] = series.Point{Time: each.Head.Time, Value: each.Head.Value}
		}
		if len(drawn) < limit {
			drawn = append(drawn, each.ID)
		}
	}
	view.Snapshot.Time, view.Snapshot.Written = s.hub.Written(view.Snapshot.Values, seq)
	if s.stale != nil {
		if since, is := s.stale(); is {
			view.Snapshot.Stale = max(1, time.Since(since).Milliseconds())
		}
	}
	if len(drawn) == 0 {
		return view, nil
	}
	view.Snapshot.History, err = s.ledger.Rows(ctx, ledger.Range{
		IDs: drawn, From: now - rangeMS, To: now, AsOf: seq,
		Step: series.StepFor(0, max(rangeMS-1, 0), points, series.Tiers[0].Step), // no roll-up is finer
	})
	if errors.Is(err, ledger.ErrUnreadable) {
		return view, nil // the values are known; the page asks for their history itself
	}
	if err != nil {
		return ui.View{}, fmt.Errorf("read the history of a page: %w", err)
	}
	return view, nil
}

// firstMembers is how many members of a room a page is told of at first.
const firstMembers = 200

// Room implements ui.Source. Lines and extent are read one after the other: a line
// that comes between is one that the page then hears of.
func (s source) Room(name string, limit int) (ui.RoomView, error) {
	ctx, cancel := context.WithTimeout(context.Background(), preRenderLimit)
	defer cancel()
	if !s.sight.Sees(access.Rooms, name) {
		return ui.RoomView{First: 1}, nil
	}
	extent, err := s.ledger.Extent(ctx, name)
	if err != nil {
		return ui.RoomView{}, fmt.Errorf("read a room's extent: %w", err)
	}
	view := ui.RoomView{First: extent.First, Last: extent.Last, Members: s.hub.Presence(name)}
	view.Users = len(view.Members)
	view.Members = view.Members[:min(len(view.Members), firstMembers)]
	messages, err := api.Newest(ctx, s.ledger, name, max(extent.First, 1)-1, extent.Last, limit)
	for _, m := range messages {
		view.Messages = append(view.Messages, wire.Row(m))
	}
	return view, err
}

// Runs implements ui.Source.
func (s source) Runs() ([]life.Run, error) {
	ctx, cancel := context.WithTimeout(context.Background(), preRenderLimit)
	defer cancel()
	kept, err := s.ledger.Runs(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the runs: %w", err)
	}
	return s.sight.Runs(life.Shown(kept, time.Now().UnixMilli())), nil
}

// Run implements ui.Source.
func (s source) Run(id string) (life.Run, bool, error) {
	runs, err := s.Runs()
	at := slices.IndexFunc(runs, func(r life.Run) bool { return r.ID == id })
	if err != nil || at < 0 {
		return life.Run{}, false, err
	}
	return runs[at], true, nil
}

// Rooms implements ui.Source.
func (s source) Rooms() ([]wire.RoomRow, error) {
	ctx, cancel := context.WithTimeout(context.Background(), preRenderLimit)
	defer cancel()
	rows, err := api.Rooms(ctx, s.ledger, s.hub)
	return s.sight.Rooms(rows), err
}

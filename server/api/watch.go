package api

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"telltale/server/hub"
	"telltale/server/ledger"
	"telltale/shared/access"
	"telltale/shared/metric"
	"telltale/shared/series"
	"telltale/shared/wire"
)

// watch is what a session watches; it does not change.
type watch struct {
	*hub.Viewer
	id     string
	reach  int64 // ms that history goes back
	points int
	have   map[metric.ID]bool // what the client has history of up to its since; nil for all
	clock  bool
	to     int64 // ms since 1970, where the range ends and nothing follows; 0 is now, live
}

// startWatch takes the place of what was watched before.
func (c *session) startWatch(message []byte) error {
	m := wire.Watch{RangeMS: wire.DefaultRange, Points: wire.DefaultPoints, Rate: wire.DefaultRate}
	if err := wire.Decode(message, &m); err != nil {
		return err
	}
	if m.RangeMS < 1 || m.RangeMS > maxReach {
		return badMessage(`"range_ms" is from 1 ms to 100 years`)
	}
	if m.Points < 1 || m.Points > series.MaxPoints {
		return badMessage(`"points" is from 1 to 5000`)
	}
	if (m.Board == "") == (len(m.Metrics) == 0) {
		return badMessage(`a watch names either a "board" or "metrics"`)
	}
	if m.To != 0 && (m.To < metric.MinTime || m.To > time.Now().UnixMilli()+metric.MaxAhead) {
		return badMessage(`"to" is ms since 1970 and not in the future: without it the watch is live`)
	}
	patterns := m.Metrics
	if m.Board != "" {
		if err := c.allow(access.Read, access.Boards, m.Board); err != nil {
			return err
		}
		b, err := c.api.boards.Board(c.ctx, m.Board)
		if errors.Is(err, ledger.ErrNoBoard) {
			return &said{fmt.Sprintf("there is no board %.60q", m.Board), metric.ErrName}
		}
		if err != nil {
			return err
		}
		patterns = b.Patterns()
	}
	ask, have := hub.Watch{Patterns: patterns, Within: c.api.within(c.ctx, c.from), Rate: m.Rate}, map[metric.ID]bool(nil)
	if m.Since != nil && m.To == 0 {
		ask.Since, ask.Epoch = *m.Since, m.Epoch
		have = haves(m.Have)
	}
	viewer, err := c.api.Hub.Watch(c.out, ask)
	if err != nil {
		return err
	}
	c.unwatch()
	c.watch.Store(&watch{Viewer: viewer, id: m.ID, reach: m.RangeMS, points: m.Points, have: have, clock: m.Clock, to: m.To})
	c.out.Signal()
	return nil
}

func (c *session) unwatch() {
	if old := c.watch.Swap(nil); old != nil {
		old.Close()
	}
}

// frame is what the viewer is to be sent now.
func (c *session) frame() outgoing {
	w := c.watch.Load()
	if w == nil {
		return outgoing{}
	}
	frame, at := w.NextFrame()
	if at == nil {
		return outgoing{frames: frame, messages: 1}
	}
	c.flush()
	c.aside()
	snapshot, history, err := c.api.snapshot(c.ctx, w, at)
	switch {
	case err == nil:
		if w.to != 0 {
			w.Close()
		}
		return outgoing{later: func() []byte {
			if w.clock && w.to == 0 {
				snapshot.Time, snapshot.Written = c.api.Hub.Written(at.Values, at.Seq)
				snapshot.Stale = c.api.staleMS()
			}
			size := 256 + 64*len(snapshot.Values) + len(history)
			return wire.AppendSnapshotOf(make([]byte, 0, size), snapshot, history, w.id)
		}}
	case errors.Is(err, ledger.ErrPassed):
		w.Passed(at)
	case errors.Is(err, ledger.ErrUnreadable):
		w.Close()
		return outgoing{payload: wire.Encode(wire.Error{ID: w.id, Code: wire.CodeUnavailable, Detail: outOfReach})}
	case c.ctx.Err() == nil:
		c.api.complain("history could not be read", "error", err)
		w.Close()
		return outgoing{payload: wire.Encode(wire.Error{ID: w.id, Code: wire.CodeUnavailable, Detail: "the history cannot be read now: watch again soon"})}
	}
	return outgoing{}
}

// haves are the metrics that a client says it has; nil for all.
func haves(names []string) map[metric.ID]bool {
	if names == nil {
		return nil
	}
	have := make(map[metric.ID]bool, len(names))
	for _, name := range names {
		if id, err := metric.Parse(name); err == nil {
			have[id] = true
		}
	}
	return have
}

// sizeOf guesses the bytes of a history.
func sizeOf(history map[metric.ID][]series.Row) (size int) {
	for _, rows := range history {
		size += 64 * (1 + len(rows))
	}
	return size
}

const (
	maxReach  = 100 * 366 * 24 * 3_600_000
	maxRows   = 250_000 // of one snapshot, over all its metrics
	maxMissed = 10_000  // samples that are filled in after a reconnect
)

// snapshot reads the state as of a boundary: what the viewer missed, where that
// can be had, otherwise its whole range. Its history is the text besides, which may be
// that of many.
func (a *API) snapshot(ctx context.Context, w *watch, at *hub.Boundary) (series.Snapshot, []byte, error) {
	s := series.Snapshot{Epoch: at.Epoch, Seq: at.Seq, Values: at.Values}
	if w.to != 0 {
		s, err := a.moment(ctx, w, at)
		text := wire.AppendHistory(nil, s.History)
		s.History = nil
		return s, text, err
	}
	if at.Resume {
		history, err := a.missed(ctx, w, at)
		if !errors.Is(err, ledger.ErrPruned) {
			s.Resumed = true
			return s, wire.AppendHistory(make([]byte, 0, sizeOf(history)), history), err
		}
	}
	o, err := a.opening(ctx, w, at)
	if err != nil {
		return s, nil, err
	}
	return s, o.text, nil
}

// missed is what the viewer needs to go on from where it was: the samples since then, and
// the whole range of metrics that it did not have.
func (a *API) missed(ctx context.Context, w *watch, at *hub.Boundary) (map[metric.ID][]series.Row, error) {
	has := func(id metric.ID) bool { return w.Matches(id) && (w.have == nil || w.have[id]) }
	samples, err := a.after(ctx, at, has)
	if err != nil {
		return nil, err
	}
	history := series.Fold(samples, series.Step(w.reach, w.points))
	var lacking []metric.ID
	for id := range at.Values {
		if !has(id) {
			lacking = append(lacking, id)
		}
	}
	rows, err := a.rows(ctx, a.stretch(w, len(lacking)), at.Seq, lacking)
	maps.Copy(history, rows)
	return history, err
}

// after reads the samples from where a viewer was to its boundary.
func (a *API) after(ctx context.Context, at *hub.Boundary, has func(metric.ID) bool) ([]metric.Sample, error) {
	if err := a.reading(ctx); err != nil {
		return nil, err
	}
	defer a.read()
	return a.Ledger.After(ctx, at.Since, at.Seq, has, maxMissed)
}

// moment reads the state as it was when the watch's range ended: values as of then, and
// a history that holds nothing later.
func (a *API) moment(ctx context.Context, w *watch, at *hub.Boundary) (series.Snapshot, error) {
	s := series.Snapshot{Epoch: at.Epoch, Seq: at.Seq, Values: map[metric.ID]series.Point{}}
	if len(at.Values) == 0 {
		return s, nil
	}
	if err := a.reading(ctx); err != nil {
		return s, err
	}
	defer a.read()
	ids := make([]metric.ID, 0, len(at.Values))
	for id := range at.Values {
		ids = append(ids, id)
	}
	var err error
	if s.Values, err = a.Ledger.ValuesAt(ctx, ids, w.to); err != nil {
		return s, err
	}
	asked := span{from: max(w.to-w.reach, metric.MinTime), to: w.to, points: max(1, min(w.points, maxRows/len(ids)))}
	step := a.step(asked, time.Now().UnixMilli())
	s.History, err = a.Ledger.Rows(ctx, ledger.Range{IDs: ids, From: series.Floor(asked.from, step), To: w.to, Step: step, Until: w.to})
	s.Step = step
	return s, err
}

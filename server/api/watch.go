package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"telltale/server/hub"
	"telltale/server/ledger"
	"telltale/shared/board"
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
		b, known := board.Builtin(m.Board)
		if !known {
			return &said{fmt.Sprintf("there is no board %.60q", m.Board), metric.ErrName}
		}
		patterns = b.Patterns()
	}
	ask := hub.Watch{Patterns: patterns, Rate: m.Rate}
	if m.Since != nil && m.To == 0 {
		ask.Since, ask.Epoch = *m.Since, m.Epoch
	}
	viewer, err := c.api.Hub.Watch(c.out, ask)
	if err != nil {
		return err
	}
	c.unwatch()
	c.watch.Store(&watch{Viewer: viewer, id: m.ID, reach: m.RangeMS, points: m.Points, to: m.To})
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
	frame, at := w.Next()
	if at == nil {
		return outgoing{payload: frame}
	}
	c.flush()
	snapshot, err := c.api.snapshot(c.ctx, w, at)
	switch {
	case err == nil:
		if w.to != 0 {
			w.Close()
		}
		return outgoing{payload: wire.AppendSnapshot(make([]byte, 0, sizeOf(snapshot)), snapshot, w.id)}
	case errors.Is(err, ledger.ErrPassed):
		w.Passed(at)
	case c.ctx.Err() == nil:
		c.api.complain("history could not be read", "error", err)
		w.Close()
		return outgoing{payload: wire.Encode(wire.Error{ID: w.id, Code: wire.CodeUnavailable, Detail: "the history cannot be read now: watch again soon"})}
	}
	return outgoing{}
}

// sizeOf guesses the bytes of a snapshot.
func sizeOf(s series.Snapshot) int {
	size := 256 + 64*len(s.Values)
	for _, rows := range s.History {
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
// can be had, otherwise its whole range.
func (a *API) snapshot(ctx context.Context, w *watch, at *hub.Boundary) (series.Snapshot, error) {
	s := series.Snapshot{Epoch: at.Epoch, Seq: at.Seq, Values: at.Values}
	select {
	case a.snapshots <- struct{}{}:
		defer func() { <-a.snapshots }()
	case <-ctx.Done():
		return s, ctx.Err()
	}
	if w.to != 0 {
		return a.moment(ctx, w, at)
	}
	if at.Resume {
		missed, err := a.Ledger.After(ctx, at.Since, at.Seq, w.Matches, maxMissed)
		if err == nil {
			s.Resumed, s.History = true, series.Fold(missed, series.Step(w.reach, w.points))
			return s, nil
		}
		if !errors.Is(err, ledger.ErrPruned) {
			return s, err
		}
	}
	if len(at.Values) == 0 {
		return s, nil
	}
	ids := make([]metric.ID, 0, len(at.Values))
	for id := range at.Values {
		ids = append(ids, id)
	}
	now := time.Now().UnixMilli()
	asked := span{from: now - w.reach, to: now, points: max(1, min(w.points, maxRows/len(ids)))}
	step := a.step(asked, now)
	from := series.Floor(asked.from, step)
	// Samples may lie ahead of now; as far as one history reaches, they are in it.
	to := min(now+metric.MaxAhead, from+series.MaxPoints*step-1)
	rows, err := a.Ledger.Rows(ctx, ledger.Range{IDs: ids, From: from, To: to, Step: step, AsOf: at.Seq})
	s.History = rows
	return s, err
}

// moment reads the state as it was when the watch's range ended: values as of then, and
// a history that holds nothing later.
func (a *API) moment(ctx context.Context, w *watch, at *hub.Boundary) (series.Snapshot, error) {
	s := series.Snapshot{Epoch: at.Epoch, Seq: at.Seq, Values: map[metric.ID]series.Point{}}
	if len(at.Values) == 0 {
		return s, nil
	}
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
	return s, err
}

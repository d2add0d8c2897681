package api

import (
	"context"
	"errors"
	"sync"
	"time"

	"telltale/server/hub"
	"telltale/server/ledger"
	"telltale/shared/metric"
	"telltale/shared/series"
	"telltale/shared/wire"
)

// Bounds of the histories that are kept for who comes next.
const (
	openingsBytes = 32 << 20
	openingsAge   = time.Second
)

// openings are the histories of snapshots: who comes from the same boundary as another, as ten thousand
// do after a restart, is told the same, which is read and written out once. Safe for concurrent use.
type openings struct {
	mu    sync.Mutex // guards what follows
	kept  map[stretch]*opening
	bytes int // of those that are done
}

// stretch is what a history is of.
type stretch struct {
	at             *hub.Boundary // the one that is shared
	from, to, step int64
}

// opening is a history that is being read, or was. Nobody may change it.
type opening struct {
	done chan struct{} // closed once what follows is there
	text []byte        // as a snapshot has it
	err  error
}

// errUnread is told who waits for something where reading it panicked.
var errUnread = errors.New("who read it did not come to an end")

// weight is about what it takes in memory.
func (o *opening) weight() int { return cap(o.text) + 256 }

// of gives a history, which read reads where nobody has.
func (s *openings) of(ctx context.Context, of stretch, read func() (map[metric.ID][]series.Row, error)) (*opening, error) {
	for {
		s.mu.Lock()
		o := s.kept[of]
		if o == nil {
			o = &opening{done: make(chan struct{})}
			if s.kept == nil {
				s.kept = map[stretch]*opening{}
			}
			s.kept[of] = o
			s.mu.Unlock()
			s.read(of, o, read)
			return o, o.err
		}
		s.mu.Unlock()
		select {
		case <-o.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if !errors.Is(o.err, context.Canceled) { // the one who read has gone
			return o, o.err
		}
	}
}

// read reads a history for all who wait for it.
func (s *openings) read(of stretch, o *opening, read func() (map[metric.ID][]series.Row, error)) {
	o.err = errUnread
	defer s.finish(of, o)
	rows, err := read()
	if err == nil {
		o.text = wire.AppendHistory(make([]byte, 0, sizeOf(rows)), rows)
	}
	o.err = err
}

// finish keeps what was read for a while, where there is room for it.
func (s *openings) finish(of stretch, o *opening) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(o.done)
	if o.err != nil || s.bytes+o.weight() > openingsBytes {
		delete(s.kept, of)
		return
	}
	s.bytes += o.weight()
	time.AfterFunc(openingsAge, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.bytes -= o.weight()
		delete(s.kept, of)
	})
}

// opening is the whole range of a watch as of a boundary.
func (a *API) opening(ctx context.Context, w *watch, at *hub.Boundary) (*opening, error) {
	of := a.stretch(w, len(at.Values))
	of.at = at.Of
	return a.openings.of(ctx, of, func() (map[metric.ID][]series.Row, error) {
		ids := make([]metric.ID, 0, len(at.Values))
		for id := range at.Values {
			ids = append(ids, id)
		}
		return a.rows(ctx, of, at.Seq, ids)
	})
}

// stretch is what a watch of so many metrics shows of the past now, in whole steps.
func (a *API) stretch(w *watch, metrics int) stretch {
	now := time.Now().UnixMilli()
	asked := span{from: now - w.reach, to: now, points: max(1, min(w.points, maxRows/max(1, metrics)))}
	step := a.step(asked, now)
	from := series.Floor(asked.from, step)
	// Samples may lie ahead of now; as far as one history reaches, they are in it.
	to := min(series.Floor(now+metric.MaxAhead, step)+step-1, from+series.MaxPoints*step-1)
	return stretch{from: from, to: to, step: step}
}

// rows reads a stretch of metrics as of a seq.
func (a *API) rows(ctx context.Context, of stretch, seq uint64, ids []metric.ID) (map[metric.ID][]series.Row, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	if err := a.reading(ctx); err != nil {
		return nil, err
	}
	defer a.read()
	return a.Ledger.Rows(ctx, ledger.Range{IDs: ids, From: of.from, To: of.to, Step: of.step, AsOf: seq})
}

// reading waits until a history may be read for a viewer; read is to be called once it was.
func (a *API) reading(ctx context.Context) error {
	select {
	case a.snapshots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (a *API) read() { <-a.snapshots }

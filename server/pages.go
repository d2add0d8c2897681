package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"telltale/app/ui"
	"telltale/server/ledger"
	"telltale/shared/metric"
	"telltale/shared/series"
)

// preRenderLimit is how long a first paint may wait for its history.
const preRenderLimit = 5 * time.Second

// source gives pages their values when the server draws them first.
type source struct {
	ledger *ledger.Ledger
	base   string // what a curl line begins with
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
	for _, each := range all {
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
	view.Snapshot.History, err = s.ledger.Rows(ctx, ledger.Range{
		IDs: drawn, From: now - rangeMS, To: now, AsOf: seq,
		Step: series.StepFor(0, max(rangeMS-1, 0), points, series.Tiers[0].Step), // no roll-up is finer
	})
	if err != nil {
		return ui.View{}, fmt.Errorf("read the history of a page: %w", err)
	}
	return view, nil
}

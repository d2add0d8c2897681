package chart

import (
	"telltale/shared/board"
	"telltale/shared/fresh"
	"telltale/shared/metric"
	"telltale/shared/series"
)

// kinds are the ways in which panels of metrics are drawn.
var kinds = map[board.Kind]Kind{
	board.Line: Line, board.Area: Area, board.Bars: Bars, board.Stat: Stat, board.Gauge: Gauge, board.Table: Table,
}

// Moment is when a panel is looked at, times in ms since 1970.
type Moment struct {
	From, To int64              // what its width stands for; ages are as of To
	Heard    int64              // when the server was heard of last; To where that does not matter
	Zone     func(ms int64) int // see Input
}

// Panel makes the input that of a panel which shows these metrics, with the titles that
// p.Shown gave them, from what is known of them. Memory of the input before is used
// again. The title is left to the caller, who knows whether the panel is a picture by
// itself, and so are the names of series where words beside the picture name them.
func (in *Input) Panel(p *board.Panel, shown []metric.Metric, titles []string, set *series.Set, at Moment) {
	*in = Input{Kind: kinds[p.Kind], Unit: p.Unit, From: at.From, To: at.To, Zone: at.Zone, Min: p.Min, Max: p.Max,
		Thresholds: p.Thresholds, Stacked: p.Stacked, Series: in.Series[:0]}
	if in.Unit == "" && len(shown) > 0 {
		in.Unit = shown[0].Unit
	}
	for i := range shown {
		m := &shown[i]
		s := Series{Name: titles[i], Unit: p.Unit, Color: i, Hold: m.Kind == metric.Counter, Head: m.Head, Written: m.Head.Time}
		if s.Unit == "" {
			s.Unit = m.Unit
		}
		if e := set.Metrics[m.ID]; e != nil {
			s.Head, s.Columns, s.Written = e.Head, e.Series, e.Written
		}
		if unwritten := *m; s.Head.Time == 0 { // which a counter has a value without
			unwritten.Head = metric.Head{}
			s.Head.Value, _ = unwritten.Value()
		}
		s.Trust = fresh.Of(at.To, s.Written, at.Heard, int64(p.Every))
		in.Series = append(in.Series, s)
	}
}

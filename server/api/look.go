package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"telltale/server/ledger"
	"telltale/server/picture"
	"telltale/shared/access"
	"telltale/shared/board"
	"telltale/shared/chart"
	"telltale/shared/metric"
	"telltale/shared/room"
	"telltale/shared/run"
	"telltale/shared/series"
)

// look is what a picture is asked for: panels, over a stretch of time.
type look struct {
	title  string
	panels func(known []metric.Metric) []board.Panel
	span           // points are those of its widest drawing
	wide   float64 // of a board's picture; 0 for one of no board
	past   bool    // to is not now
	zone   *time.Location
	only   metric.ID // the one metric that a panel shows; "" for all that match
	may    Sight     // what the caller may read
}

// shownMembers is how many members of a room a picture names.
const shownMembers = 100

// view reads all that a picture says, as of one seq.
func (a *API) view(ctx context.Context, l look) (*picture.View, error) {
	for {
		v, err := a.viewOnce(ctx, l)
		if err == nil || !errors.Is(err, ledger.ErrPassed) || ctx.Err() != nil {
			return v, err
		}
	}
}

func (a *API) viewOnce(ctx context.Context, l look) (*picture.View, error) {
	all, seq, err := a.Ledger.Metrics(ctx)
	if err != nil {
		return nil, err
	}
	if l.may != nil {
		all = slices.DeleteFunc(slices.Clone(all), func(m metric.Metric) bool { return !l.may(access.Metrics, string(m.ID)) })
	}
	v := &picture.View{Title: l.title, Past: l.past, Moment: chart.Moment{From: l.from, To: l.to, Heard: l.to, Zone: zoneOf(l.zone)}}
	if !l.past {
		v.Heard -= a.staleMS()
	}
	ids, seen := []metric.ID{}, map[metric.ID]bool{}
	panels := l.panels(all)
	if l.wide > 0 {
		l.points = min(l.points, picture.Widest(panels, l.wide))
	}
	for _, p := range panels {
		c := picture.Card{Panel: p}
		c.Shown, c.Titles = p.Shown(all, len(all))
		if at := slices.IndexFunc(c.Shown, func(m metric.Metric) bool { return m.ID == l.only }); at >= 0 {
			c.Shown, c.Titles = c.Shown[at:at+1], c.Titles[at:at+1]
		}
		if over := len(c.Shown) - picture.MostSeries; over > 0 {
			c.Shown, c.Titles, c.More = c.Shown[:picture.MostSeries], c.Titles[:picture.MostSeries], over
		}
		for _, m := range c.Shown {
			if !seen[m.ID] {
				seen[m.ID] = true
				ids = append(ids, m.ID)
			}
		}
		v.Cards = append(v.Cards, c)
	}
	if v.Set, err = a.set(ctx, l, all, ids, seq); err != nil {
		return nil, err
	}
	for i := range v.Cards {
		if err := a.fill(ctx, l, v, &v.Cards[i]); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// set reads values and history of the metrics.
func (a *API) set(ctx context.Context, l look, all []metric.Metric, ids []metric.ID, seq uint64) (*series.Set, error) {
	now := time.Now().UnixMilli()
	l.points = max(1, min(l.points, maxRows/max(len(ids), 1)))
	step := a.step(l.span, now)
	snap := series.Snapshot{Epoch: a.Ledger.Epoch(), Seq: seq, Values: map[metric.ID]series.Point{}}
	ask := ledger.Range{IDs: ids, From: series.Floor(l.from, step), To: l.to, Step: step, AsOf: seq}
	var err error
	switch {
	case len(ids) == 0:
	case l.past:
		ask.AsOf, ask.Until = 0, l.to
		snap.Values, err = a.Ledger.ValuesAt(ctx, ids, l.to)
	default:
		wanted := map[metric.ID]bool{}
		for _, id := range ids {
			wanted[id] = true
		}
		for _, m := range all {
			if wanted[m.ID] && m.Head.Seq > 0 {
				snap.Values[m.ID] = series.Point{Time: m.Head.Time, Value: m.Head.Value}
			}
		}
		snap.Time, snap.Written = a.Hub.Written(snap.Values, seq)
	}
	if err == nil && len(ids) > 0 {
		snap.History, err = a.Ledger.Rows(ctx, ask)
	}
	if err != nil {
		return nil, fmt.Errorf("read the history of a picture: %w", err)
	}
	set := series.NewSet(step, int((l.to-l.from)/step)+3)
	set.Reach(l.to)
	set.Load(snap)
	return set, nil
}

// fill reads what a card shows that is no metric.
func (a *API) fill(ctx context.Context, l look, v *picture.View, c *picture.Card) (err error) {
	if l.past {
		for i := range c.Shown { // what its value is now is nobody's business then
			c.Shown[i].Head = metric.Head{}
		}
	}
	switch {
	case l.may != nil && (c.Kind.OfRoom() && !l.may(access.Rooms, c.Room)):
	case c.Kind == board.Log:
		c.Messages, err = a.newest(ctx, c.Room, l)
	case c.Kind == board.Presence:
		members := a.Hub.Presence(c.Room)
		c.Users, c.Members = len(members), members[:min(len(members), shownMembers)]
	case c.Kind == board.Run:
		var runs []run.Run
		if runs, err = a.runs(ctx); err != nil {
			return err
		}
		if l.past {
			runs = run.AsOf(runs, l.to)
		}
		for _, r := range runs {
			if (c.Command == "" || r.Command == c.Command) && (l.may == nil || l.may(access.Commands, r.Command)) {
				c.Run = &r
				c.Messages, err = a.newest(ctx, run.Room(r.ID), l)
				break
			}
		}
	}
	return err
}

// newest reads the newest messages of a room, up to the end of what is looked at.
func (a *API) newest(ctx context.Context, name string, l look) ([]room.Message, error) {
	extent, err := a.Ledger.Extent(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("read a room's extent: %w", err)
	}
	last := extent.Last
	if l.past {
		if last, err = a.Ledger.SeqBefore(ctx, name, l.to+1); err != nil {
			return nil, fmt.Errorf("read what a room had said: %w", err)
		}
	}
	return Newest(ctx, a.Ledger, name, max(extent.First, 1)-1, last, picture.MostRows)
}

// newestBytes is about how much Newest answers at most.
const newestBytes = 64 << 10

// Newest reads the newest messages of a room with after < seq ≤ last: at most limit, and
// about 64 KiB of them, but one where there is one.
func Newest(ctx context.Context, from ledger.RoomReader, name string, after, last uint64, limit int) (newest []room.Message, err error) {
	if last > after+uint64(limit) {
		after = last - uint64(limit)
	}
	size := 0
	for after < last {
		some, err := from.Messages(ctx, name, after, int(last-after))
		if err != nil {
			return nil, fmt.Errorf("read a room's messages: %w", err)
		}
		if len(some) == 0 {
			break
		}
		for _, m := range some {
			newest, size = append(newest, m), size+len(m.Content)
		}
		for ; size > newestBytes && len(newest) > 1; newest = newest[1:] {
			size -= len(newest[0].Content)
		}
		after = some[len(some)-1].Seq
	}
	return newest, nil
}

// zoneOf is the offset of a zone from UTC, as charts ask for it.
func zoneOf(zone *time.Location) func(ms int64) int {
	return func(ms int64) int {
		_, offset := time.UnixMilli(ms).In(zone).Zone()
		return offset
	}
}

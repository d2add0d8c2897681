package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"telltale/server/ledger"
	"telltale/shared/metric"
)

// Rooms come and go, and a metric stays with its history: only so many rooms have
// metrics of their own, and one loses its seat to another only where nothing has
// happened in it for long.
const (
	seatsOfRooms = 20
	seatKept     = 24 * time.Hour
)

// What is told of single rooms.
const (
	membersOfRoom  = "telltale.room.members"
	messagesOfRoom = "telltale.room.messages"
)

func ofRoom(name, room string) metric.ID { return metric.ID(name + `{room="` + room + `"}`) }

// Readings are what the server tells of itself on its own boards: telltale.*. It is
// for one goroutine at a time.
type Readings struct {
	api            *API
	declared       map[metric.ID]bool
	sent, received int64            // as told last
	seats          map[string]*seat // by room; nil before the first reading
}

// seat is a room that has metrics of its own.
type seat struct {
	members int       // as told last
	said    uint64    // how many messages were told
	busy    time.Time // when something happened last
}

// Readings makes those of this server.
func (a *API) Readings() *Readings { return &Readings{api: a, declared: map[metric.ID]bool{}} }

// Take is what is to be told now. Counters are added to, so that they go on where
// they were before a restart.
func (r *Readings) Take(ctx context.Context) ([]metric.Mutation, error) {
	if r.seats == nil {
		if err := r.begin(ctx); err != nil {
			return nil, err
		}
	}
	s := r.api.statistics(ctx)
	var batch []metric.Mutation
	set := func(id metric.ID, title string, value float64) error {
		batch = append(batch, metric.Mutation{Metric: id, Op: metric.Set, Value: value})
		return r.declare(ctx, id, metric.Declaration{Kind: metric.Gauge, Title: title})
	}
	add := func(id metric.ID, title string, value float64) error {
		if value > 0 {
			batch = append(batch, metric.Mutation{Metric: id, Op: metric.Add, Value: value})
		}
		return r.declare(ctx, id, metric.Declaration{Kind: metric.Counter, Title: title})
	}
	err := errors.Join(
		set("telltale.sockets", "Sockets open", float64(s.sockets)),
		set("telltale.streams", "Streams open", float64(s.streams)),
		set("telltale.rooms", "Rooms", float64(len(s.rooms))),
		add("telltale.messages.sent", "Messages sent", float64(s.sent-r.sent)),
		add("telltale.messages.received", "Messages received", float64(s.received-r.received)))
	r.sent, r.received = s.sent, s.received
	for name, now := range r.allot(ctx, s.rooms) {
		p := r.seats[name]
		if now.Members > 0 || p.members > 0 {
			err = errors.Join(err, set(ofRoom(membersOfRoom, name), "Members of "+name, float64(now.Members)))
		}
		if now.Messages > p.said {
			err = errors.Join(err, add(ofRoom(messagesOfRoom, name), "Messages in "+name, float64(now.Messages-p.said)))
		}
		if now.Members > 0 || now.Messages > p.said {
			p.busy = time.Now()
		}
		p.members, p.said = now.Members, max(p.said, now.Messages)
	}
	return batch, err
}

// begin finds the rooms that had a seat before the server was started.
func (r *Readings) begin(ctx context.Context) error {
	all, _, err := r.api.Ledger.Metrics(ctx)
	if err != nil {
		return fmt.Errorf("read the metrics: %w", err)
	}
	r.seats = map[string]*seat{}
	for _, m := range all {
		name, labels := m.ID.Name(), m.ID.Labels()
		if name != membersOfRoom && name != messagesOfRoom || len(labels) != 1 || labels[0].Name != "room" {
			continue
		}
		p := r.seats[labels[0].Value]
		if p == nil {
			p = &seat{}
			r.seats[labels[0].Value] = p
		}
		if at := time.UnixMilli(m.Head.Time); at.After(p.busy) {
			p.busy = at
		}
		if name == messagesOfRoom {
			p.said = uint64(m.Head.Value)
		} else {
			p.members = int(m.Head.Value)
		}
	}
	return nil
}

// declare says what a metric is, where nobody has said so yet.
func (r *Readings) declare(ctx context.Context, id metric.ID, d metric.Declaration) error {
	if r.declared[id] {
		return nil
	}
	_, err := r.api.Ledger.Metric(ctx, id)
	if errors.Is(err, ledger.ErrUnknown) {
		_, err = r.api.Ledger.Declare(ctx, id, d)
	}
	r.declared[id] = err == nil
	return err
}

// allot gives rooms in which something happens a seat, the busiest first, and
// answers how all that have one are.
func (r *Readings) allot(ctx context.Context, rooms []busyRoom) map[string]busyRoom {
	now := make(map[string]busyRoom, len(r.seats))
	for name, p := range r.seats {
		now[name] = busyRoom{Messages: p.said} // unless more is known
	}
	for _, room := range rooms {
		lively := room.Members > 0 || time.Since(time.UnixMilli(room.time)) < 10*time.Second
		if r.seats[room.Room] == nil && lively && (len(r.seats) < seatsOfRooms || r.free(ctx, now)) {
			r.seats[room.Room] = &seat{busy: time.Now()} // not to be lost to the next
		}
		if r.seats[room.Room] != nil {
			now[room.Room] = room
		}
	}
	return now
}

// free takes its seat from the room in which nothing has happened for longest.
func (r *Readings) free(ctx context.Context, now map[string]busyRoom) bool {
	names := make([]string, 0, len(r.seats))
	for name := range r.seats {
		names = append(names, name)
	}
	oldest := slices.MinFunc(names, func(a, b string) int { return r.seats[a].busy.Compare(r.seats[b].busy) })
	if time.Since(r.seats[oldest].busy) < seatKept {
		return false
	}
	for _, name := range []string{membersOfRoom, messagesOfRoom} {
		id := ofRoom(name, oldest)
		if err := r.api.Ledger.Delete(ctx, id); err != nil && !errors.Is(err, ledger.ErrUnknown) {
			return false
		}
		delete(r.declared, id)
	}
	delete(r.seats, oldest)
	delete(now, oldest)
	return true
}

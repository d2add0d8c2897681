package api

import (
	"cmp"
	"context"
	"slices"
	"time"

	"telltale/server/hub"
)

// statistics are what the server tells of itself, all as of about one moment.
type statistics struct {
	sockets, streams int
	opened           [2]int64 // sockets, streams
	ended            [2]map[string]int64
	sent, received   int64
	perSecond        float64
	queued           int // messages in outboxes
	waiting          int // messages that were said in rooms and not taken yet, over all readers
	behind           int // readers that have to be read for
	fell, caughtUp   int64
	dropped, expired int64
	feeds            int
	rooms            []busyRoom // all, the busiest first
}

// busyRoom is a room in the statistics.
type busyRoom struct {
	Room        string `json:"room_id"`
	Members     int    `json:"members"`
	Connections int    `json:"connections"`
	Messages    uint64 `json:"messages"` // ever said: the seq of the last
	time        int64
}

// busiest are the first n rooms: what is told of single rooms is bounded, whatever
// clients call theirs.
func (s *statistics) busiest(n int) []busyRoom { return s.rooms[:min(len(s.rooms), n)] }

// statistics counts. It costs a few microseconds a thousand connections.
func (a *API) statistics(ctx context.Context) statistics {
	s := statistics{
		streams:   int(a.traffic.following.Load()),
		opened:    [2]int64{a.traffic.sockets.opened.Load(), a.traffic.streams.opened.Load()},
		ended:     [2]map[string]int64{a.traffic.sockets.ended(), a.traffic.streams.ended()},
		feeds:     a.Hub.Feeds(),
		sent:      a.traffic.sent.Load(),
		received:  a.traffic.received.Load(),
		perSecond: a.traffic.recent.perSecond(time.Now()),
		fell:      a.delivery.fell.Load(), caughtUp: a.delivery.resent.Load(),
		dropped: a.delivery.dropped.Load(), expired: a.delivery.expired.Load(),
	}
	a.mu.Lock()
	s.sockets = len(a.sockets)
	for open := range a.sockets {
		s.queued += open.out.Len()
	}
	a.mu.Unlock()
	crowds := map[string]hub.RoomState{}
	for _, c := range a.Hub.Rooms() {
		crowds[c.Room] = c
		s.waiting += c.Waiting
		s.behind += c.Behind
	}
	// A store that cannot be read is told of elsewhere; what is known here is told all the same.
	said, err := a.Ledger.Rooms(ctx)
	if err != nil {
		a.complain("the rooms cannot be listed", "error", err)
	}
	rows := make([]busyRoom, 0, len(said))
	for _, row := range said {
		c := crowds[row.Room]
		delete(crowds, row.Room)
		rows = append(rows, busyRoom{row.Room, c.Users, c.Connections, row.Last, row.Time})
	}
	for name, c := range crowds {
		rows = append(rows, busyRoom{Room: name, Members: c.Users, Connections: c.Connections})
	}
	slices.SortFunc(rows, func(a, b busyRoom) int {
		return cmp.Or(cmp.Compare(b.Connections, a.Connections), cmp.Compare(b.time, a.time), cmp.Compare(a.Room, b.Room))
	})
	s.rooms = rows
	return s
}

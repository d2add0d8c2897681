package api

import (
	"net/http"

	"telltale/shared/access"
)

// healthRooms is of how many rooms /health tells.
const healthRooms = 10

// getHealth tells what the connections do.
func (a *API) getHealth(w http.ResponseWriter, r *http.Request) error {
	s := a.statistics(r.Context())
	closed := map[string]int64{}
	for _, ended := range s.ended {
		for why, n := range ended {
			closed[why] += n
		}
	}
	busiest := s.busiest(healthRooms)
	if !a.AdminLoopback { // what rooms are called is not for whoever only asks whether the server is there
		busiest = sifted(busiest, a.sightOf(r), access.Rooms, func(b busyRoom) string { return b.Room })
	}
	return sendJSON(w, struct {
		Status   string           `json:"status"`
		Active   int              `json:"active_connections"`
		Total    int64            `json:"connections_total"`
		Sent     int64            `json:"messages_sent"`
		Received int64            `json:"messages_received"`
		Rate     float64          `json:"messages_per_second"`
		Closed   map[string]int64 `json:"connections_closed"` // by why
		Queued   int              `json:"messages_queued"`    // that connections were not given yet
		Behind   int              `json:"readers_behind"`
		CaughtUp int64            `json:"messages_caught_up"`
		Dropped  int64            `json:"messages_dropped"` // by --slow-client=drop
		Expired  int64            `json:"messages_expired"` // asked for, and no longer kept
		Rooms    int              `json:"rooms"`
		Busiest  []busyRoom       `json:"busiest_rooms"`
	}{"ok", s.sockets + s.streams, s.opened[0] + s.opened[1], s.sent, s.received, s.perSecond, closed, s.queued + s.waiting, s.behind,
		s.caughtUp, s.dropped, s.expired, len(s.rooms), busiest})
}

// getReady says whether requests belong here.
func (a *API) getReady(w http.ResponseWriter, _ *http.Request) error {
	switch a.state.Load() {
	case starting:
		return refuse(http.StatusServiceUnavailable, "the server is starting")
	case draining:
		return refuse(http.StatusServiceUnavailable, "the server is draining")
	}
	if err := a.Writable(); err != nil {
		a.Log.Warn("the store cannot be written", "error", err)
		return refuse(http.StatusServiceUnavailable, "the store cannot be written: the log says why")
	}
	return sendJSON(w, map[string]string{"status": "ready"})
}

package api

import (
	"net/http"
	"time"
)

// getHealth tells what the sockets do.
func (a *API) getHealth(w http.ResponseWriter, _ *http.Request) error {
	return sendJSON(w, struct {
		Status   string  `json:"status"`
		Active   int     `json:"active_connections"`
		Total    int64   `json:"connections_total"`
		Sent     int64   `json:"messages_sent"`
		Received int64   `json:"messages_received"`
		Rate     float64 `json:"messages_per_second"`
	}{"ok", a.Sockets(), a.traffic.opened.Load(), a.traffic.sent.Load(), a.traffic.received.Load(),
		a.traffic.recent.perSecond(time.Now())})
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

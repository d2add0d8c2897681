package redis

import (
	"testing"
	"time"

	"telltale/server/hub"
	"telltale/server/hub/hubtest"
	"telltale/server/store/redistest"
)

// joint is where hubs join: one prefix in a Redis.
type joint struct{ options Options }

func (j joint) Hub(t *testing.T) (*hub.Hub, func()) {
	s, err := Open(t.Context(), j.options)
	if err != nil {
		t.Fatal(err)
	}
	h := hub.New(s.Epoch(), 0, nil)
	h.Link(s.join(h, 2*time.Second))
	t.Cleanup(func() { _ = s.Close() })
	return h, func() { // as a process that is killed: it says nothing more
		s.stop()
		s.redis().Close()
	}
}

func TestHubsThatRedisJoinsAreOne(t *testing.T) {
	server := redistest.Start(t)
	hubtest.Run(t, func(*testing.T) hubtest.Joined { return joint{Options{URL: server.URL(), Prefix: newEpoch()}} })
}

package redis

import (
	"testing"
	"time"

	"telltale/server/store/redistest"
	"telltale/server/store/storetest"
)

func TestTheContractHolds(t *testing.T) {
	server := redistest.Start(t)
	storetest.Run(t, func(t *testing.T) storetest.Open {
		prefix := newEpoch()
		return func(o storetest.Options) (storetest.Store, error) {
			return Open(t.Context(), optionsOf(server, prefix, o))
		}
	})
}

func optionsOf(server *redistest.Server, prefix string, o storetest.Options) Options {
	return Options{URL: server.URL(), Prefix: prefix, Now: o.Now, Limits: o.Limits, Patience: time.Minute} // a busy disk is no fault
}

package redis

import (
	"testing"
	"time"

	"telltale/server/store/redistest"
	"telltale/server/store/storetest"
)

func TestTheContractHolds(t *testing.T) { contract(t, redistest.Start(t).URL()) }

func contract(t *testing.T, url string) {
	storetest.Run(t, func(t *testing.T) storetest.Open {
		prefix := newEpoch()
		return func(o storetest.Options) (storetest.Store, error) {
			return Open(t.Context(), optionsOf(url, prefix, o))
		}
	})
}

func optionsOf(url, prefix string, o storetest.Options) Options {
	return Options{URL: url, Prefix: prefix, Now: o.Now, Limits: o.Limits, Patience: time.Minute} // a busy disk is no fault
}

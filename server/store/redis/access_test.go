package redis

import (
	"fmt"
	"testing"

	"telltale/server/store/redistest"
	"telltale/server/store/storetest"
)

func TestTheContractOfTokensHolds(t *testing.T) {
	server := redistest.Start(t)
	n := 0
	storetest.RunAccess(t, func(t *testing.T) func(storetest.AccessOptions) (storetest.AccessStore, error) {
		n++
		prefix := fmt.Sprint("tokens", n)
		return func(o storetest.AccessOptions) (storetest.AccessStore, error) {
			return Open(t.Context(), Options{URL: server.URL(), Prefix: prefix, Now: o.Now, MaxEvents: o.MaxEvents})
		}
	})
}

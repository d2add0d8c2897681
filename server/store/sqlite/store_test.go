package sqlite

import (
	"testing"

	"telltale/server/store/storetest"
)

func TestTheContractHolds(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Open {
		dir := t.TempDir()
		return func(o storetest.Options) (storetest.Store, error) {
			return Open(t.Context(), dir, Options{Now: o.Now, MaxMetrics: o.MaxMetrics})
		}
	})
}

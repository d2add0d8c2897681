package sqlite

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"telltale/server/store/storetest"
)

// killed is a store whose flushes and retention stop halfway and whose end is a
// kill: what the next opening finds are the files as they stand in the middle.
type killed struct {
	*Store
	r   *rand.Rand
	t   *testing.T
	dir *string
}

func (k *killed) Maintain(ctx context.Context) error {
	horizon := k.now() - k.options.RoomAge.Milliseconds()
	for _, e := range k.due(horizon) {
		for range k.r.IntN(3) {
			if _, err := k.prune(e, horizon); err != nil {
				return err
			}
		}
	}
	if k.r.IntN(2) == 0 {
		if err := k.sweep(ctx); err != nil {
			return err
		}
	}
	k.w.Lock()
	defer k.w.Unlock()
	for range k.r.IntN(4) {
		if _, err := k.flushGroup(); err != nil {
			return err
		}
	}
	return nil
}

func (k *killed) Close() error {
	next := k.t.TempDir()
	k.w.Lock()
	for _, name := range []string{fileName, fileName + "-wal"} {
		b, err := os.ReadFile(filepath.Join(*k.dir, name))
		if err != nil {
			k.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(next, name), b, 0o600); err != nil {
			k.t.Fatal(err)
		}
	}
	k.w.Unlock()
	*k.dir = next
	return k.closeFiles()
}

func TestAKillInTheMiddleOfUpkeepNeitherLosesNorDoubles(t *testing.T) {
	for seed := range uint64(2) {
		dir := t.TempDir()
		r := rand.New(rand.NewPCG(seed, 9))
		place := func(o storetest.Options) (storetest.Store, error) {
			s := newStore(optionsOf(o))
			s.bounds = bounds{flushAfter: 50, maxTail: 300, groupMetrics: 1 + r.IntN(2), groupSamples: 20, openCells: 1 + r.IntN(8), rowStep: 1 + r.IntN(3), roomNum: maxRoomNum}
			return &killed{Store: s, r: r, t: t, dir: &dir}, s.open(t.Context(), dir)
		}
		storetest.AnyHistory(t, place, seed)
		dir = t.TempDir()
		storetest.AnyRooms(t, place, seed)
	}
}

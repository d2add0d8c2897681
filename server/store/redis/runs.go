package redis

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/redis/rueidis"

	"telltale/server/ledger"
	"telltale/shared/run"
)

// ending is the part of a run's record that stays once it is settled how it ended.
type ending struct {
	State    run.State
	Code     *int
	Signal   string
	Duration int64
}

// standing is the rest of it.
type standing struct {
	Run   run.Run
	Taken uint64
}

// appendRun writes a run's record as posts.lua reads it: settled, final, started, id,
// command, ending, and the rest.
func appendRun(b []byte, s *ledger.Standing) ([]byte, error) {
	r := &s.Run
	end, err := json.Marshal(ending{r.State, r.Code, r.Signal, r.Duration})
	if err == nil {
		var rest []byte
		if rest, err = json.Marshal(standing(*s)); err == nil {
			b = append(b, flag(r.State.Settled()), flag(r.State.Final()))
			b = appendNumber(b, float64(r.Started))
			b = append(binary.LittleEndian.AppendUint16(b, uint16(len(r.ID))), r.ID...)
			b = append(binary.LittleEndian.AppendUint32(b, uint32(len(r.Command))), r.Command...)
			b = append(binary.LittleEndian.AppendUint32(b, uint32(len(end))), end...)
			return append(b, rest...), nil
		}
	}
	return nil, fmt.Errorf("keep the run %s: %w", r.ID, err)
}

func flag(is bool) byte {
	if is {
		return 1
	}
	return 0
}

// readRun reads a run's record.
func readRun(record string) (ledger.Standing, error) {
	r := reading{b: record}
	r.bytes(2)
	r.number()
	r.short()
	r.long()
	end := r.long()
	var s standing
	var e ending
	if err := cmp.Or(r.err, json.Unmarshal([]byte(r.b), &s), json.Unmarshal([]byte(end), &e)); err != nil {
		return ledger.Standing{}, fmt.Errorf("the record of a run: %w", err)
	}
	s.Run.State, s.Run.Code, s.Run.Signal, s.Run.Duration = e.State, e.Code, e.Signal, e.Duration
	return ledger.Standing(s), nil
}

// Run answers how a run stands.
func (s *Store) Run(_ context.Context, id string) (run.Run, uint64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	kept, found := s.halls.runs[id]
	if !found {
		return run.Run{}, 0, ledger.ErrNoRun
	}
	return kept.Run, kept.Taken, nil
}

// Runs are all runs, the newest start first.
func (s *Store) Runs(context.Context) ([]run.Run, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.halls.sortedRuns(), nil
}

// RunOf is the run that a key has begun. It asks Redis: another process may have begun it
// a moment ago.
func (s *Store) RunOf(ctx context.Context, key string, digest uint64) (string, error) {
	if err := s.Writable(); err != nil {
		return "", err
	}
	client := s.redis()
	kept, err := client.Do(ctx, client.B().Get().Key(s.prefix+"key:"+key).Build()).ToString()
	if rueidis.IsRedisNil(err) {
		return "", nil
	}
	if err != nil {
		return "", s.unavailable(err)
	}
	if time, _, _, r := readKey(kept); r.err != nil || time <= s.now()-ledger.KeysKept {
		return "", r.err
	}
	again, err := readRepeat(kept, &ledger.Post{Digest: digest, Run: &ledger.Standing{}})
	if err != nil {
		return "", s.unavailable(err)
	}
	return again.Run, again.Err
}

package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"telltale/server/store/dump"
	"telltale/shared/metric"
)

// format is what this package writes; a store of another is not touched.
const format = "1"

// halfFormat stands in its place while an import has not ended: nobody else touches the store.
const halfFormat = "importing"

// ErrNewer says that the store in Redis is not of this version.
var ErrNewer = errors.New("was written by a newer telltale")

// ErrVersion says that the Redis is too old: it lacks what the scripts here are written with.
var ErrVersion = errors.New("it must be Redis 7 or later, or Valkey")

func newEpoch() string { return rand.Text()[:16] }

// attach connects where there is no connection, and brings all that a process keeps in memory
// into it, as of one place in the log.
func (s *Store) attach(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 12*s.options.Patience) // 10,000 metrics take a fraction of a second
	defer cancel()
	if err := s.connect(); err != nil {
		return err
	}
	args := append([]string{newEpoch()}, hashes...)
	answer, err := s.run(ctx, attach, args).ToArray()
	if err != nil {
		return err
	}
	all := make([]map[string]string, len(answer))
	for i := range answer {
		if all[i], err = answer[i].AsStrMap(); err != nil {
			return err
		}
	}
	meta := all[0]
	switch meta["format"] {
	case s.format:
	case halfFormat:
		return fmt.Errorf("the store in Redis %w", dump.ErrHalf)
	default:
		return fmt.Errorf("the store in Redis %w", ErrNewer)
	}
	at := place{id: meta["last"], seq: whole(meta["seq"]), n: whole(meta["n"])}
	m := newMetrics()
	m.seq, m.forgotten, m.flushed = at.seq, whole(meta["forgotten"]), whole(meta["flushed"])
	m.held = at.seq // what is older may be in roll-ups, and out of the log, before it is read
	for id, record := range all[1] {
		num, known, err := readRecord(metric.ID(id), record)
		if err != nil {
			return fmt.Errorf("read metric %s: %w", id, err)
		}
		e := m.hear(num, known.ID)
		e.metric = known
		e.heardBefore()
	}
	h, err := readHalls(meta, all[2], all[3], all[4], all[5])
	if err != nil {
		return err
	}
	if err := s.loadTails(ctx, &m, at); err != nil {
		return err
	}
	s.follow.Lock()
	defer s.follow.Unlock()
	s.mu.Lock()
	before := s.halls.boards
	s.place, s.metrics, s.halls, s.epoch = at, m, h, meta["epoch"]
	s.heard, s.away, s.missed = time.Now(), nil, 0
	s.mu.Unlock()
	s.renewed()
	s.tellBoards(before, h.boards)
	return nil
}

// hashes are those that attach reads whole.
var hashes = []string{"heads", "rooms", "runs", "boards", "documents"}

// loadTails brings the samples that are in no roll-up yet into memory.
func (s *Store) loadTails(ctx context.Context, m *metrics, at place) error {
	return s.events(ctx, m.flushed, at.String(), func(e event) (bool, error) {
		if e.kind != sampled {
			return true, nil
		}
		return true, eachSample(e, func(uint32, metric.Kind, metric.ID) {}, func(num uint32, p sample) {
			if known := m.byNum[num]; known != nil && p.seq > m.flushed {
				m.remember(known, p)
			}
		})
	})
}

// events calls yield for the events of the log that may hold samples after since, up to a
// place, until it answers false.
func (s *Store) events(ctx context.Context, since uint64, upTo string, yield func(event) (bool, error)) error {
	from := strconv.FormatUint(since+1, 10) + "-0"
	for {
		client := s.redis()
		if client == nil {
			return errNotYet
		}
		page, err := client.Do(ctx, client.B().Xrange().Key(s.prefix+"log").Start(from).End(upTo).Count(logPage).Build()).AsXRange()
		if err != nil {
			return err
		}
		for _, entry := range page {
			e, err := readPlaced(entry.ID, entry.FieldValues["e"])
			if err != nil {
				return err
			}
			if more, err := yield(e); !more || err != nil {
				return err
			}
		}
		if len(page) < logPage {
			return nil
		}
		from = "(" + page[len(page)-1].ID
	}
}

// connect makes the connection, where there is none. From then on it makes itself again.
func (s *Store) connect() error {
	if s.redis() != nil {
		return nil
	}
	client, err := rueidis.NewClient(s.dial)
	if err != nil {
		return err
	}
	if err := checkVersion(s.ctx, client); err != nil {
		client.Close()
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.client = client
	return nil
}

// checkVersion refuses a Redis that says it is older than 7. Where it does not say, it is tried.
func checkVersion(ctx context.Context, client rueidis.Client) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	text, err := client.Do(ctx, client.B().Info().Section("server").Build()).ToString()
	if err != nil {
		return nil
	}
	for line := range strings.Lines(text) {
		version, is := strings.CutPrefix(strings.TrimSpace(line), "redis_version:")
		major, _, _ := strings.Cut(version, ".")
		if n, err := strconv.Atoi(major); is && err == nil && n < 7 {
			return fmt.Errorf("%w: this is %s", ErrVersion, version)
		}
	}
	return nil
}

// whole reads a whole number of meta.
func whole(text string) uint64 {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	return uint64(n)
}

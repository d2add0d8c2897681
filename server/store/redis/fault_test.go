package redis

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"telltale/server/ledger"
	"telltale/server/store/redistest"
	"telltale/shared/metric"
)

func open(t *testing.T, url, prefix string) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{URL: url, Prefix: prefix})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// addOne adds one to a counter.
func addOne(s *Store, id metric.ID) (metric.Sample, error) {
	out, err := s.Apply(context.Background(), []ledger.Entry{{Items: []ledger.Item{{Mutation: metric.Mutation{Metric: id, Op: metric.Add, Value: 1}}}}})
	if err != nil {
		return metric.Sample{}, err
	}
	return out[0][0].Sample, out[0][0].Err
}

// eventually waits until something holds, for as long as a slow machine may need.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("it never came that %s", what)
		}
		sleep(t.Context(), 5*time.Millisecond)
	}
}

// tally is a Publisher that folds what it is told.
type tally struct {
	mu      sync.Mutex
	epoch   string
	seq     uint64
	heads   map[metric.ID]metric.Head
	renewed int
	wrong   []string
	hold    chan struct{} // where it is set, Publish waits for its end
	silent
}

func (p *tally) Publish(samples []metric.Sample) {
	p.mu.Lock()
	hold := p.hold
	p.mu.Unlock()
	if hold != nil {
		<-hold
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range samples {
		if s.Seq != p.seq+1 {
			p.wrong = append(p.wrong, fmt.Sprintf("seq %d after %d", s.Seq, p.seq))
		}
		p.seq = s.Seq
		h := p.heads[s.Metric]
		h.Apply(s)
		p.heads[s.Metric] = h
	}
}

func (p *tally) Forget(id metric.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.heads, id)
}

func (p *tally) Renew(epoch string, seq uint64, known []metric.Metric) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.epoch, p.seq, p.heads = epoch, seq, map[metric.ID]metric.Head{}
	p.renewed++
	for _, m := range known {
		p.heads[m.ID] = m.Head
	}
}

func (p *tally) Reached(func(string) uint64) {}

func (p *tally) value(id metric.ID) float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.heads[id].Value
}

func (p *tally) check(t *testing.T) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, wrong := range p.wrong {
		t.Errorf("told in the wrong order: %s", wrong)
	}
}

func TestEveryProcessIsToldEverythingInOneOrder(t *testing.T) {
	server := redistest.Start(t)
	a, b := open(t, server.URL(), "p"), open(t, server.URL(), "p")
	pa, pb := &tally{}, &tally{}
	a.Follow(pa)
	b.Follow(pb)
	var all sync.WaitGroup
	for i := range 8 {
		s := []*Store{a, b}[i%2]
		all.Go(func() {
			for range 50 {
				sample, err := addOne(s, "hot")
				if err != nil {
					t.Error(err)
				}
				if m, err := s.Metric(t.Context(), "hot"); err != nil || m.Head.Seq < sample.Seq {
					t.Errorf("a process does not know what it has answered: %+v, %v", m, err)
				}
			}
		})
	}
	all.Wait()
	for _, p := range []*tally{pa, pb} {
		eventually(t, "both were told all", func() bool { return p.value("hot") == 400 })
		p.check(t)
	}
	if err := a.Delete(t.Context(), "hot"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the other was told of the end", func() bool {
		_, err := b.Metric(t.Context(), "hot")
		return errors.Is(err, ledger.ErrUnknown) && pb.value("hot") == 0
	})
}

func TestWhileRedisIsAwayReadsGoOnAndWritesAreRefused(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, server.URL(), "p")
	if _, err := addOne(s, "a"); err != nil {
		t.Fatal(err)
	}
	server.Kill()
	eventually(t, "the store notices", func() bool { _, is := s.Stale(); return is })
	begun := time.Now()
	for range 100 {
		if _, err := addOne(s, "a"); !errors.Is(err, ledger.ErrUnavailable) || errors.Is(err, ledger.ErrFate) {
			t.Fatalf("without Redis a mutation gets %v", err)
		}
	}
	if took := time.Since(begun); took > patience {
		t.Errorf("a hundred refusals took %v", took)
	}
	if m, err := s.Metric(t.Context(), "a"); err != nil || m.Head.Value != 1 {
		t.Errorf("without Redis a is %+v, %v", m, err)
	}
	if err := s.Writable(); !errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("Writable says %v", err)
	}
	epoch := s.Epoch()
	server.Begin()
	eventually(t, "the store comes back", func() bool { return s.Writable() == nil })
	sample, err := addOne(s, "a")
	if err != nil || sample.Value != 2 || sample.Seq != 2 || s.Epoch() != epoch {
		t.Errorf("afterwards: %+v, %v, epoch %s was %s", sample, err, s.Epoch(), epoch)
	}
}

func TestAProcessStartsBeforeRedisDoes(t *testing.T) {
	server := redistest.Start(t)
	server.Kill()
	s := open(t, server.URL(), "p")
	p := &tally{}
	s.Follow(p)
	if _, is := s.Stale(); !is || s.Epoch() != "" {
		t.Errorf("without Redis: epoch %q", s.Epoch())
	}
	server.Begin()
	eventually(t, "the store comes up", func() bool { return s.Writable() == nil })
	if sample, err := addOne(s, "a"); err != nil || sample.Value != 1 {
		t.Errorf("%+v, %v", sample, err)
	}
	if p.value("a") != 1 || p.epoch != s.Epoch() {
		t.Errorf("the publisher knows %v of epoch %q", p.heads, p.epoch)
	}
}

// count lets producers add until told to stop, and answers what was acknowledged, and of
// what nobody knows whether it happened.
func count(stores []*Store, producers int, during func()) (acknowledged, unknown int64) {
	var yes, perhaps atomic.Int64
	var all sync.WaitGroup
	ctx, stop := context.WithCancel(context.Background())
	for i := range producers {
		s := stores[i%len(stores)]
		all.Go(func() {
			for ctx.Err() == nil {
				switch _, err := addOne(s, "a"); {
				case err == nil:
					yes.Add(1)
				case errors.Is(err, ledger.ErrFate):
					perhaps.Add(1)
				default:
					sleep(ctx, time.Millisecond)
				}
			}
		})
	}
	during()
	stop()
	all.Wait()
	return yes.Load(), perhaps.Load()
}

// checkCount compares the counter that every store and its publisher has with what was acknowledged.
func checkCount(t *testing.T, stores []*Store, told []*tally, acknowledged, unknown int64) {
	t.Helper()
	if acknowledged == 0 {
		t.Error("nothing was acknowledged")
	}
	eventually(t, "all stores come back", func() bool {
		for _, s := range stores {
			if s.Writable() != nil {
				return false
			}
		}
		return true
	})
	last, err := addOne(stores[0], "a")
	if err != nil {
		t.Fatal(err)
	}
	value := int64(last.Value) - 1
	if value < acknowledged || value > acknowledged+unknown {
		t.Errorf("the counter is %d, %d were acknowledged and of %d nobody knows", value, acknowledged, unknown)
	}
	for i, s := range stores {
		eventually(t, fmt.Sprintf("process %d knows all", i), func() bool {
			m, err := s.Metric(t.Context(), "a")
			return err == nil && m.Head == metric.Head{Time: last.Time, Seq: last.Seq, Value: last.Value} && told[i].value("a") == last.Value
		})
		told[i].check(t)
	}
	t.Logf("%d acknowledged, of %d nobody knows", acknowledged, unknown)
}

func followed(stores ...*Store) (all []*tally) {
	for _, s := range stores {
		p := &tally{}
		s.Follow(p)
		all = append(all, p)
	}
	return all
}

func TestNothingIsLostOrDoubledWhereRedisIsKilledAndPaused(t *testing.T) {
	killAndPause(t, 6, 8)
}

// killAndPause has so many faults befall a Redis that two processes share.
func killAndPause(t *testing.T, faults, producers int) {
	server := redistest.Start(t)
	stores := []*Store{open(t, server.URL(), "p"), open(t, server.URL(), "p")}
	told := followed(stores...)
	random := rand.New(rand.NewPCG(1, 1))
	acknowledged, unknown := count(stores, producers, func() {
		for i := range faults {
			sleep(t.Context(), time.Duration(100+random.IntN(200))*time.Millisecond)
			if i%3 == 2 {
				server.Pause()
				sleep(t.Context(), time.Duration(300+random.IntN(300))*time.Millisecond)
				server.Resume()
				continue
			}
			server.Kill()
			server.Begin()
		}
	})
	checkCount(t, stores, told, acknowledged, unknown)
}

// TestACallThatRedisMeetsTooLateDoesNotHappen pauses Redis for so long that calls are given
// up, and it meets them all the same once it goes on.
func TestACallThatRedisMeetsTooLateDoesNotHappen(t *testing.T) {
	server := redistest.Start(t)
	var stores []*Store
	for range 2 {
		s, err := Open(t.Context(), Options{URL: server.URL(), Prefix: "p", Patience: 300 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		stores = append(stores, s)
	}
	told := followed(stores...)
	acknowledged, unknown := count(stores, 8, func() {
		for i := range 6 {
			before := told[0].value("a")
			eventually(t, "it goes on", func() bool { return told[0].value("a") > before+3 && stores[1].Writable() == nil })
			server.Pause()
			sleep(t.Context(), time.Duration(350+150*i)*time.Millisecond)
			server.Resume()
		}
	})
	checkCount(t, stores, told, acknowledged, unknown)
}

// lossy passes bytes on to an address, and cuts connections.
type lossy struct {
	net.Listener
	to    string
	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

func newLossy(t *testing.T, to string) *lossy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &lossy{Listener: l, to: to, conns: map[net.Conn]struct{}{}}
	t.Cleanup(func() { _ = l.Close(); p.cut() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go p.pass(conn)
		}
	}()
	return p
}

func (p *lossy) pass(conn net.Conn) {
	defer conn.Close()
	server, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer server.Close()
	p.mu.Lock()
	p.conns[conn] = struct{}{}
	p.mu.Unlock()
	go func() { _, _ = io.Copy(server, conn) }() // what was sent arrives though nobody waits for the answer
	_, _ = io.Copy(conn, server)
	p.mu.Lock()
	delete(p.conns, conn)
	p.mu.Unlock()
}

// cut ends all connections, in the middle of whatever is on its way.
func (p *lossy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		_ = conn.Close()
	}
}

func TestACallWhoseAnswerWasLostIsKnownToHaveHappenedOrNot(t *testing.T) {
	server := redistest.Start(t)
	cuts := newLossy(t, server.Addr())
	stores := []*Store{open(t, "redis://"+cuts.Addr().String(), "p"), open(t, server.URL(), "p")}
	told := followed(stores...)
	random := rand.New(rand.NewPCG(2, 2))
	acknowledged, unknown := count(stores, 8, func() {
		for range 60 {
			sleep(t.Context(), time.Duration(random.IntN(30))*time.Millisecond)
			cuts.cut()
		}
	})
	if unknown > 0 {
		t.Errorf("of %d calls nobody knows what became of them, though Redis was there", unknown)
	}
	checkCount(t, stores, told, acknowledged, 0)
}

func TestWhereWritesWereLostAnotherEpochBegins(t *testing.T) {
	server := redistest.Start(t)
	stores := []*Store{open(t, server.URL(), "p"), open(t, server.URL(), "p")}
	told := followed(stores...)
	for range 5 {
		if _, err := addOne(stores[0], "a"); err != nil {
			t.Fatal(err)
		}
	}
	before := stores[0].Epoch()
	server.Kill()
	restore := server.Copy()
	server.Begin()
	eventually(t, "it is back", func() bool { return stores[0].Writable() == nil && stores[1].Writable() == nil })
	for range 5 {
		if _, err := addOne(stores[1], "a"); err != nil {
			t.Fatal(err)
		}
	}
	server.Kill()
	restore()
	server.Begin()
	for i, s := range stores {
		eventually(t, "the loss is noticed", func() bool { return s.Writable() == nil && s.Epoch() != before })
		eventually(t, "the publisher knows", func() bool {
			told[i].mu.Lock()
			defer told[i].mu.Unlock()
			return told[i].epoch == stores[0].Epoch() && told[i].heads["a"].Value == 5
		})
	}
	if sample, err := addOne(stores[0], "a"); err != nil || sample.Value != 6 || sample.Seq != 6 {
		t.Errorf("%+v, %v", sample, err)
	}
	eventually(t, "both know the same", func() bool { return told[0].value("a") == 6 && told[1].value("a") == 6 })
	if stores[0].Epoch() != stores[1].Epoch() {
		t.Error("two processes are in two epochs")
	}
}

// TestALogThatIsLongerButHasLowerSeqsIsAnotherOne is of a failover that lost samples, after
// which others appended events faster than this process looks.
func TestALogThatIsLongerButHasLowerSeqsIsAnotherOne(t *testing.T) {
	server := redistest.Start(t)
	for what, newest := range map[string]uint64{"what is new has no sample": 3, "samples go on beyond": 9} {
		t.Run(what, func(t *testing.T) {
			s := open(t, server.URL(), newEpoch())
			told := followed(s)
			for range 5 {
				if _, err := addOne(s, "a"); err != nil {
					t.Fatal(err)
				}
			}
			before := s.Epoch()
			s.follow.Lock() // the follower stands still meanwhile
			fork := rueidis.NewLuaScript(`
				local P, n, seq = KEYS[1], tonumber(ARGV[1]), 3
				redis.call('DEL', P .. 'log')
				local before = string.rep('z', 8)
				for i = n - 2, n + 2 do
					if i == n + 2 then seq = ARGV[2] end
					local id = string.format('%08d', i)
					redis.call('XADD', P .. 'log', seq .. '-' .. i, 'e', 'a' .. id .. before .. struct.pack('<d', 1))
					before = id
				end
				redis.call('HSET', P .. 'meta', 'n', n + 2, 'last', before, 'seq', seq)`)
			err := fork.Exec(t.Context(), s.redis(), []string{s.prefix}, []string{fmt.Sprint(s.place.n), fmt.Sprint(newest)}).Error()
			s.follow.Unlock()
			if err != nil && !rueidis.IsRedisNil(err) {
				t.Fatal(err)
			}
			eventually(t, "the loss is noticed", func() bool { return s.Epoch() != before })
			eventually(t, "the publisher knows", func() bool {
				told[0].mu.Lock()
				defer told[0].mu.Unlock()
				return told[0].epoch == s.Epoch()
			})
		})
	}
}

func TestWhoIsBehindATrimmedLogReadsAllAnew(t *testing.T) {
	server := redistest.Start(t)
	slow, fast := open(t, server.URL(), "p"), open(t, server.URL(), "p")
	told := followed(slow, fast)
	if _, err := addOne(fast, "a"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "both know", func() bool { return told[0].value("a") == 1 })
	epoch, hold := slow.Epoch(), make(chan struct{})
	told[0].mu.Lock()
	told[0].hold = hold
	told[0].mu.Unlock()
	for range 3 * logPage {
		if _, err := addOne(fast, "a"); err != nil {
			t.Fatal(err)
		}
	}
	client := fast.redis()
	if err := client.Do(t.Context(), client.B().Xtrim().Key(fast.prefix+"log").Maxlen().Threshold("10").Build()).Error(); err != nil {
		t.Fatal(err)
	}
	if err := client.Do(t.Context(), client.B().Hset().Key(fast.prefix+"meta").FieldValue().FieldValue("flushed", fmt.Sprint(3*logPage-9)).Build()).Error(); err != nil {
		t.Fatal(err) // what no roll-up has is never trimmed
	}
	told[0].mu.Lock()
	told[0].hold = nil
	told[0].mu.Unlock()
	close(hold)
	eventually(t, "the slow one knows all", func() bool { return told[0].value("a") == 3*logPage+1 })
	told[0].check(t)
	if told[0].renewed < 2 || slow.Epoch() != epoch {
		t.Errorf("renewed %d times, epoch %s was %s", told[0].renewed, slow.Epoch(), epoch)
	}
	a, seqA, _ := slow.Metrics(t.Context())
	b, seqB, _ := fast.Metrics(t.Context())
	if !reflect.DeepEqual(a, b) || seqA != seqB {
		t.Errorf("%v as of %d, %v as of %d", a, seqA, b, seqB)
	}
}

func TestABoardThatChangedWhileTheLogWasTrimmedIsToldOf(t *testing.T) {
	server := redistest.Start(t)
	slow, fast := open(t, server.URL(), "p"), open(t, server.URL(), "p")
	put := func(id, revision string) {
		t.Helper()
		change := ledger.BoardChange{Board: ledger.Board{BoardSummary: ledger.BoardSummary{ID: id, Revision: revision}}}
		if revision != "" {
			change.Document = []byte(revision)
		}
		if answer, err := fast.ChangeBoard(t.Context(), change); err != nil || answer.Err != nil {
			t.Fatal(answer, err)
		}
	}
	put("same", "1")
	put("other", "1")
	put("gone", "1")
	var mu sync.Mutex
	heard := map[string]int{}
	has := func(ids ...string) func() bool {
		return func() bool {
			mu.Lock()
			defer mu.Unlock()
			for _, id := range ids {
				if heard[id] != 1 {
					return false
				}
			}
			return len(heard) == len(ids)
		}
	}
	eventually(t, "the slow one knows", func() bool { _, err := slow.Board(t.Context(), "gone"); return err == nil })
	slow.HearBoards(func(id string) {
		mu.Lock()
		defer mu.Unlock()
		heard[id]++
	})
	slow.follow.Lock() // it stands still meanwhile
	put("other", "2")
	put("new", "1")
	put("gone", "")
	put("last", "1")
	client := fast.redis()
	err := client.Do(t.Context(), client.B().Xtrim().Key(fast.prefix+"log").Maxlen().Threshold("1").Build()).Error()
	slow.follow.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "each was told of once", has("other", "new", "gone", "last"))
}

func TestAnEmptiedRedisIsAnotherStore(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, server.URL(), "p")
	told := followed(s)
	if _, err := addOne(s, "a"); err != nil {
		t.Fatal(err)
	}
	before := s.Epoch()
	client := s.redis()
	if err := client.Do(t.Context(), client.B().Flushall().Build()).Error(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is noticed", func() bool { return s.Epoch() != before && s.Writable() == nil })
	if sample, err := addOne(s, "a"); err != nil || sample.Value != 1 || sample.Seq != 1 {
		t.Errorf("%+v, %v", sample, err)
	}
	told[0].check(t)
	if told[0].value("a") != 1 {
		t.Errorf("the publisher knows %v", told[0].heads)
	}
}

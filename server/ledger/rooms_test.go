package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"telltale/server/ledger"
	"telltale/shared/room"
)

// minutes is a store that takes posts to one room, in a time that the test gives,
// and notes the posts of each batch. It refuses those to another room.
type minutes struct {
	ledger.Store
	takes   time.Duration
	fails   error
	last    uint64
	batches []int
}

func (m *minutes) Post(_ context.Context, batch []ledger.Post) ([]ledger.Posted, error) {
	time.Sleep(m.takes)
	if m.fails != nil {
		return nil, m.fails
	}
	out := make([]ledger.Posted, len(batch))
	for i, p := range batch {
		switch {
		case p.Room != "a":
			out[i].Err = ledger.ErrTooManyRooms
		case p.Key == "repeat":
			out[i] = ledger.Posted{First: 1, Last: 1, Repeat: true}
		default:
			out[i] = ledger.Posted{First: m.last + 1, Last: m.last + uint64(len(p.Lines)), Time: 7}
			m.last = out[i].Last
		}
	}
	m.batches = append(m.batches, len(batch))
	return out, nil
}

// heard keeps what was said.
type heard struct {
	told
	calls int
	said  []room.Message
}

func (h *heard) Say(messages []room.Message) {
	h.calls++
	h.said = append(h.said, messages...)
}

func lines(contents ...string) (all []ledger.Line) {
	for _, content := range contents {
		all = append(all, ledger.Line{Content: content})
	}
	return all
}

func TestWhatIsPostedIsSaidOnceInOrder(t *testing.T) {
	members := &heard{}
	l := ledger.New(&minutes{}, members)
	for _, p := range []ledger.Post{
		{Room: "a", Sender: "alice", Lines: []ledger.Line{{Content: "1", Stream: room.Stderr}, {Content: "2"}}},
		{Room: "a", Key: "repeat", Lines: lines("1")},
		{Room: "full", Lines: lines("x")},
		{Room: "a", Lines: lines("3")},
	} {
		answer, err := l.Post(t.Context(), p)
		if err != nil || (answer.Err != nil) != (p.Room == "full") || answer.Repeat != (p.Key != "") {
			t.Errorf("%+v: %+v, %v", p, answer, err)
		}
	}
	want := []room.Message{{Room: "a", Seq: 1, Time: 7, Sender: "alice", Stream: room.Stderr, Content: "1"},
		{Room: "a", Seq: 2, Time: 7, Sender: "alice", Content: "2"}, {Room: "a", Seq: 3, Time: 7, Content: "3"}}
	if !reflect.DeepEqual(members.said, want) || members.calls != 2 {
		t.Errorf("in %d calls was said %+v, want %+v", members.calls, members.said, want)
	}
}

func TestWhatIsPostedDuringACommitFormsTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, members := &minutes{takes: time.Millisecond}, &heard{}
		l := ledger.New(store, members)
		var callers sync.WaitGroup
		var answers [101]ledger.Posted
		post := func(i int) {
			callers.Go(func() {
				var err error
				if answers[i], err = l.Post(t.Context(), ledger.Post{Room: "a", Lines: lines(fmt.Sprint(i))}); err != nil {
					t.Error(err)
				}
			})
		}
		post(0)
		synctest.Wait()
		for i := range 100 {
			post(i + 1)
		}
		callers.Wait()
		for i, answer := range answers {
			if m := members.said[answer.First-1]; m.Seq != answer.First || m.Content != fmt.Sprint(i) {
				t.Errorf("post %d was answered %+v and said as %+v", i, answer, m)
			}
		}
		if want := []int{1, 100}; !reflect.DeepEqual(store.batches, want) || members.calls != 2 {
			t.Errorf("batches of %v posts, want %v; said in %d calls", store.batches, want, members.calls)
		}
	})
}

// TestMessagesThatWaitAreBounded fills what may wait while the disk is slow.
func TestMessagesThatWaitAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &minutes{takes: time.Second}
		l := ledger.New(store, &heard{})
		var callers sync.WaitGroup
		quarter := strings.Repeat("x", ledger.MaxPostBytes/4)
		var taken, refused atomic.Int64
		for range ledger.MaxWaitingBytes/len(quarter) + 10 {
			callers.Go(func() {
				switch _, err := l.Post(t.Context(), ledger.Post{Room: "a", Lines: lines(quarter)}); {
				case err == nil:
					taken.Add(1)
				case errors.Is(err, ledger.ErrUnavailable):
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		callers.Wait()
		if n := refused.Load(); n < 8 || n > 11 {
			t.Errorf("%d were taken and %d refused", taken.Load(), n)
		}
		for _, n := range store.batches {
			if n > 3 {
				t.Errorf("a commit of %d times a quarter of what it may hold", n)
			}
		}
	})
}

func TestAPostThatEndsBeforeItsCommitHasSaidNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		members := &heard{}
		l := ledger.New(&minutes{takes: time.Second}, members)
		var callers sync.WaitGroup
		post := func(ctx context.Context, content string, want error) {
			callers.Go(func() {
				if _, err := l.Post(ctx, ledger.Post{Room: "a", Lines: lines(content)}); !errors.Is(err, want) {
					t.Errorf("%s: %v, want %v", content, err, want)
				}
			})
			synctest.Wait()
		}
		short, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		post(short, "late but true", nil)
		post(short, "never", context.DeadlineExceeded)
		post(t.Context(), "after", nil)
		callers.Wait()
		if len(members.said) != 2 || members.said[0].Content != "late but true" || members.said[1].Content != "after" {
			t.Errorf("said %v", members.said)
		}
	})
}

func TestAPostThatFailedIsNotSaid(t *testing.T) {
	members := &heard{}
	l := ledger.New(&minutes{fails: ledger.ErrUnavailable}, members)
	if _, err := l.Post(t.Context(), ledger.Post{Room: "a", Lines: lines("x")}); !errors.Is(err, ledger.ErrUnavailable) || members.calls > 0 {
		t.Errorf("%v, said %v", err, members.said)
	}
}

// slowHearing takes its time to say something.
type slowHearing struct{ heard }

func (s *slowHearing) Say(messages []room.Message) {
	time.Sleep(time.Minute)
	s.heard.Say(messages)
}

func TestMutationsDoNotWaitUntilMessagesAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := ledger.New(both{&minutes{}, &journal{}}, &slowHearing{})
		var callers sync.WaitGroup
		callers.Go(func() {
			if _, err := l.Post(t.Context(), ledger.Post{Room: "a", Lines: lines("x")}); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		begin := time.Now()
		if _, err := l.Apply(t.Context(), ledger.Entry{Items: items(1)}); err != nil || time.Since(begin) > 0 {
			t.Errorf("it took %v, %v", time.Since(begin), err)
		}
		callers.Wait()
	})
}

// both takes posts and mutations.
type both struct {
	*minutes
	entries *journal
}

func (b both) Apply(ctx context.Context, batch []ledger.Entry) ([][]ledger.Outcome, error) {
	return b.entries.Apply(ctx, batch)
}

func TestKeptAnswersToPostsAreReadBackAsTheyWere(t *testing.T) {
	p := ledger.Post{Room: "build", Key: "k", Lines: lines("1", "2", "3")}
	refused := ledger.Posted{Err: fmt.Errorf("%w: there are 3", ledger.ErrTooManyRooms)}
	for _, want := range []ledger.Posted{{First: 1 << 40, Last: 1<<40 + 2, Time: -5}, refused} {
		kept := ledger.AppendPosted(nil, p, want)
		got, err := ledger.ReadPosted(kept, p)
		if want.Repeat = true; err != nil || fmt.Sprint(got) != fmt.Sprint(want) || want.Err != nil && !errors.Is(got.Err, ledger.ErrTooManyRooms) {
			t.Errorf("%+v, %v, was %+v", got, err, want)
		}
		for n := range kept {
			if got, err := ledger.ReadPosted(kept[:n], p); err == nil {
				t.Errorf("cut at %d it is read as %+v", n, got)
			}
		}
		for _, other := range []ledger.Post{{Room: "builds", Lines: p.Lines}, {Room: "build", Lines: lines("1")}, {Lines: p.Lines}} {
			if got, err := ledger.ReadPosted(kept, other); !errors.Is(err, ledger.ErrKeyReused) {
				t.Errorf("for %+v: %+v, %v", other, got, err)
			}
		}
		if got, err := ledger.ReadOutcomes(kept, items(3)); !errors.Is(err, ledger.ErrKeyReused) {
			t.Errorf("as outcomes: %+v, %v", got, err)
		}
	}
	outcomes := ledger.AppendOutcomes(nil, make([]ledger.Outcome, 3))
	if got, err := ledger.ReadPosted(outcomes, p); !errors.Is(err, ledger.ErrKeyReused) {
		t.Errorf("outcomes as an answer to a post: %+v, %v", got, err)
	}
}

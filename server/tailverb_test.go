package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// shown is what a verb prints, to be read while it goes on.
type shown struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *shown) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *shown) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// tailing is a telltale tail with words that goes on, and how to end it.
func tailing(t *testing.T, way http.RoundTripper, words ...string) (stdout, stderr *shown, end func() error) {
	t.Helper()
	tail, err := parseTail(words, environment(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr = &shown{}, &shown{}
	tail.http.Transport, tail.out, tail.says = way, stdout, stderr
	ctx, interrupt := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- tail.run(ctx) }()
	return stdout, stderr, func() error { interrupt(); return <-ended }
}

// say says something in the room build.
func say(t *testing.T, dial func() net.Conn, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", "http://localhost/r/build", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	response, err := through(dial).RoundTrip(r)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatal(response, err)
	}
	_ = response.Body.Close()
}

func TestATailMissesNothingAndDoublesNothingWhateverIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, dial := whole(t)
		say(t, dial, "before")
		var newest atomic.Pointer[net.Conn]
		var away atomic.Bool
		cuttable := func() http.RoundTripper {
			return &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
				if away.Load() {
					return nil, errors.New("away")
				}
				conn := dial()
				newest.Store(&conn)
				return conn, nil
			}}
		}
		stdout, stderr, end := tailing(t, cuttable(), "build")
		synctest.Wait()
		dice := rand.New(rand.NewPCG(3, 4))
		want, cuts := "", 0
		for i := range 200 {
			if i == 0 || dice.IntN(4) == 0 { // the first before anything was heard
				away.Store(true)
				_ = (*newest.Load()).Close()
				cuts++
				if dice.IntN(2) == 0 {
					time.Sleep(time.Minute)
				}
			}
			say(t, dial, fmt.Sprintf("message %d\nof two lines", i))
			want += fmt.Sprintf("message %d\nof two lines\n", i)
			if away.Load() && dice.IntN(2) == 0 {
				away.Store(false)
				time.Sleep(2 * mostWait)
			}
		}
		away.Store(false)
		time.Sleep(time.Minute)
		if stdout.String() != want {
			t.Errorf("printed was %q", stdout)
		}
		lost, back := strings.Count(stderr.String(), "it is tried again"), strings.Count(stderr.String(), "answers again")
		if lost != back || lost == 0 || lost > cuts || strings.Count(stderr.String(), "\n") != lost+back {
			t.Errorf("of %d cuts it said %s", cuts, stderr)
		}
		if err := end(); err != nil {
			t.Errorf("interrupted it answers %v", err)
		}
	})
}

func TestATailBeginsWhereItIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, dial := whole(t)
		say(t, dial, "one")
		time.Sleep(time.Hour)
		say(t, dial, "two \x1b[31mred\x1b]0;title\a")
		time.Sleep(5 * time.Minute)
		say(t, dial, "three")
		const two = "two \x1b[31mred\x1b[0m\n"
		for since, want := range map[string]string{"": "", "all": "one\n" + two + "three\n", "2": "three\n", "10m": two + "three\n", "1m": "three\n", "9d": "one\n" + two + "three\n"} {
			stdout, stderr, end := tailing(t, through(dial), "build", "--since", since)
			time.Sleep(time.Second)
			if err := end(); err != nil || stdout.String() != want || stderr.String() != "" {
				t.Errorf("since %q: %v, %q, %q", since, err, stdout, stderr)
			}
		}
	})
}

func TestATailEndsWhereItIsRefusedAndSaysWhy(t *testing.T) {
	for _, row := range []struct {
		status     int
		kind, body string
		says       string
	}{
		{401, "application/problem+json", `{"detail":"show a token"}`, "http://localhost:8082: show a token"},
		{403, "application/problem+json", `{"detail":"the token does not give read:build"}`, "does not give read:build"},
		{404, "text/html", "<h1>", "no telltale that has rooms"},
		{200, "text/html", "<h1>", "no telltale that has rooms"},
		{302, "text/html", "", "--url"},
		{200, "text/event-stream", "data: " + strings.Repeat("x", mostEvent) + "\n\n", "more at once"},
		{200, "text/event-stream", strings.Repeat("data:\n", mostEvent/4) + "\n", "more at once"},
		{200, "text/event-stream", "id: x\n\n", "names a message"},
	} {
		for _, since := range []string{"all", ""} {
			if row.kind == "text/event-stream" && since == "" {
				continue
			}
			synctest.Test(t, func(t *testing.T) {
				_, stderr, end := tailing(t, tampered(func(*http.Request) (*http.Response, error) {
					return answer(row.status, row.kind, strings.NewReader(row.body)), nil
				}), "build", "--since", since)
				synctest.Wait()
				err := end()
				if code := report(err, stderr); code != 1 || strings.Count(stderr.String(), "\n") != 1 || !strings.Contains(stderr.String(), row.says) {
					t.Errorf("%d %s, since %q: %d, %q", row.status, row.body[:min(len(row.body), 40)], since, code, stderr)
				}
			})
		}
	}
}

func TestATailSaysWhatItMissedAndThatTheRoomHasBegunAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams := []string{
			"retry: 1000\n\nid: 9\nevent: gap\ndata: {\"room_id\":\"build\",\"from\":5,\"to\":9}\n\n:\n\nid: 10\ndata: ten\n\nid: 11\ndata: half",
			"id: 11\ndata: eleven\n\nevent: another\nid: 12\ndata: x\n\nid: 1\ndata:\n\n",
		}
		var from []string
		stdout, stderr, end := tailing(t, tampered(func(r *http.Request) (*http.Response, error) {
			if from = append(from, r.Header.Get("Last-Event-ID")); len(from) > len(streams) {
				return answer(503, "", strings.NewReader(`{"detail":"not now"}`)), nil
			}
			return answer(200, "text/event-stream", strings.NewReader(streams[len(from)-1])), nil
		}), "build", "--since", "4")
		time.Sleep(time.Second)
		if err := end(); err != nil || stdout.String() != "ten\neleven\n\n" || strings.Join(from[:3], " ") != "4 10 1" {
			t.Errorf("%v, %q, asked for after %v", err, stdout, from)
		}
		want := []string{"messages 5 to 9 do not come", "has ended the connection", "answers again", "has begun anew", "has ended the connection"}
		for line := range strings.Lines(stderr.String()) {
			if len(want) == 0 || !strings.Contains(line, want[0]) {
				t.Fatalf("it said %s", stderr)
			}
			want = want[1:]
		}
		if len(want) > 0 {
			t.Errorf("it did not say %v", want)
		}
	})
}

func TestAServerThatCannotNowIsNotAskedAgainAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []time.Time
		_, _, end := tailing(t, tampered(func(*http.Request) (*http.Response, error) {
			asked = append(asked, time.Now())
			return answer(429, "", strings.NewReader(`{"detail":"too fast"}`)), nil
		}), "build", "--since", "all")
		time.Sleep(time.Minute)
		if err := end(); err != nil {
			t.Error(err)
		}
		for i := range len(asked) - 1 {
			if waited := asked[i+1].Sub(asked[i]); waited < shortest/2 || waited > mostWait {
				t.Errorf("it was asked again after %v", waited)
			}
		}
		if len(asked) < 60 {
			t.Errorf("it was asked %d times", len(asked))
		}
	})
}

func TestATailBeginsNeitherInTheFutureNorNowhere(t *testing.T) {
	for _, since := range []string{"+5m", "-5m", "+5", "-5", "5", "0s", "soon", "1h+5m", "5m "} {
		if _, err := parseTail([]string{"build", "--since", since}, environment(), io.Discard); (report(err, io.Discard) == 2) != (since != "5") {
			t.Errorf("--since %q: %v", since, err)
		}
	}
}

func TestWhatIsNoUTF8DoesNothingToATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stdout, _, end := tailing(t, tampered(func(*http.Request) (*http.Response, error) {
			return answer(200, "text/event-stream", strings.NewReader("id: 1\ndata: a\x9b2Jb\x9d0;title\x9cc\n\n")), nil
		}), "build", "--since", "all")
		synctest.Wait()
		if err := end(); err != nil || stdout.String() != "a\ufffd2Jb\ufffd0;title\ufffdc\n" {
			t.Errorf("%v, %q", err, stdout)
		}
	})
}

// slow is where what is printed is taken late.
type slow struct{ took *shown }

func (s slow) Write(b []byte) (int, error) { time.Sleep(2 * silence); return s.took.Write(b) }

func TestAStreamIsNotLeftWhileNobodyTakesWhatIsPrinted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams := 0
		tail, err := parseTail([]string{"build", "--since", "all"}, environment(), io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		stdout, stderr := &shown{}, &shown{}
		tail.out, tail.says = slow{stdout}, stderr
		tail.http.Transport = tampered(func(r *http.Request) (*http.Response, error) {
			streams++
			body, said := io.Pipe()
			context.AfterFunc(r.Context(), func() { _ = said.CloseWithError(r.Context().Err()) })
			go func() { fmt.Fprint(said, "id: 1\ndata: one\n\n"); fmt.Fprint(said, "id: 2\ndata: two\n\n") }()
			return answer(200, "text/event-stream", body), nil
		})
		ctx, interrupt := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- tail.run(ctx) }()
		time.Sleep(4*silence + silence/2)
		if synctest.Wait(); streams != 1 || stdout.String() != "one\ntwo\n" || stderr.String() != "" {
			t.Errorf("%d streams, %q, %s", streams, stdout, stderr)
		}
		interrupt()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestAStreamThatSaysNothingIsLeftAfterAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams := 0
		_, stderr, end := tailing(t, tampered(func(r *http.Request) (*http.Response, error) {
			streams++
			body, silent := io.Pipe()
			context.AfterFunc(r.Context(), func() { _ = silent.CloseWithError(r.Context().Err()) })
			return answer(200, "text/event-stream", body), nil
		}), "build", "--since", "all")
		time.Sleep(silence - time.Second)
		if synctest.Wait(); streams != 1 || stderr.String() != "" {
			t.Errorf("%d streams, %s", streams, stderr)
		}
		time.Sleep(10 * time.Second)
		if synctest.Wait(); streams != 2 || !strings.Contains(stderr.String(), "has not answered in time") || !strings.Contains(stderr.String(), "answers again") {
			t.Errorf("%d streams, %s", streams, stderr)
		}
		if err := end(); err != nil {
			t.Error(err)
		}
	})
}

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
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// tampered is what stands between a client and its server.
type tampered func(*http.Request) (*http.Response, error)

func (b tampered) RoundTrip(r *http.Request) (*http.Response, error) { return b(r) }

// through is how requests come to a server in memory, each on a connection of its own.
func through(dial func() net.Conn) *http.Transport {
	return &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) { return dial(), nil }}
}

// answer is one that a server in a test gives.
func answer(status int, kind string, body io.Reader) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(body)}
}

// awayUntil is a way to a server that is away until it is there.
func awayUntil(there *atomic.Bool, way http.RoundTripper) tampered {
	return func(r *http.Request) (*http.Response, error) {
		if !there.Load() {
			return nil, errors.New("away")
		}
		return way.RoundTrip(r)
	}
}

// pushing is a telltale push with words, that reaches a server by way.
func pushing(t *testing.T, way http.RoundTripper, stderr io.Writer, words ...string) *push {
	t.Helper()
	p, err := parsePush(words, environment("TELLTALE_TOKEN", "secret"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	p.http.Transport, p.says = way, stderr
	return p
}

// valueOf is what a server answers for a metric.
func valueOf(t *testing.T, way http.RoundTripper, path string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://localhost"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := way.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(body))
}

func TestAValueIsTakenAsTheShortFormTakesItAndTheAnswerIsPrinted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, dial := whole(t)
		for i, row := range []struct{ metric, value, prints, refuses string }{
			{"orders.new", "+1", `{"metric":"orders.new","value":1,"seq":1,`, ""},
			{"orders.new", "-1", `{"metric":"orders.new","value":0,"seq":2,`, ""},
			{"orders.new", "-1", "", "floor"},
			{"temperature", "42.5", `{"metric":"temperature","value":42.5,"seq":3,`, ""},
			{"temperature", "=-5", `{"metric":"temperature","value":-5,"seq":4,`, ""},
			{`http{path="/a b",code="200"}`, "7", `{"metric":"http{code=\"200\",path=\"/a b\"}","value":7,"seq":5,`, ""},
			{"temperature", `{"set":1}`, "", "is not a number"},
		} {
			var stdout, stderr bytes.Buffer
			err := pushing(t, through(dial), &stderr, row.metric, row.value).one(t.Context(), &stdout)
			code := report(err, &stderr)
			if !strings.HasPrefix(stdout.String(), row.prints) || row.prints == "" && stdout.Len() > 0 || !strings.Contains(stderr.String(), row.refuses) ||
				(code == 0) != (row.refuses == "") || (stderr.Len() == 0) != (row.refuses == "") {
				t.Errorf("%d: %d, %q, %q", i, code, &stdout, &stderr)
			}
		}
	})
}

// Every third request does not arrive, and the answer to every third that does is lost.
func lossy(way http.RoundTripper) tampered {
	dice := rand.New(rand.NewPCG(1, 2))
	return func(r *http.Request) (*http.Response, error) {
		if dice.IntN(3) == 0 {
			return nil, errors.New("cut before")
		}
		response, err := way.RoundTrip(r)
		if err == nil && dice.IntN(3) == 0 {
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
			return nil, errors.New("cut after")
		}
		return response, err
	}
}

func TestWhatIsPushedComesOnceAndInOrderWhateverIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, dial := whole(t)
		var lines strings.Builder
		const n = 3000
		for i := range n {
			fmt.Fprintf(&lines, "visits +1\nlast{of=\"a b\"} %d\n", i)
		}
		var stderr bytes.Buffer
		if err := pushing(t, lossy(through(dial)), &stderr, "-").stream(t.Context(), strings.NewReader(lines.String())); err != nil {
			t.Fatal(err, stderr.String())
		}
		if visits, last := valueOf(t, through(dial), "/m/visits"), valueOf(t, through(dial), "/m/last%7Bof=%22a%20b%22%7D"); visits != fmt.Sprint(n) || last != fmt.Sprint(n-1) {
			t.Errorf("%s visits, the last %s", visits, last)
		}
		for range 5 {
			one := pushing(t, lossy(through(dial)), &stderr, "visits", "+1")
			if err := one.one(t.Context(), io.Discard); err != nil {
				t.Fatal(err)
			}
		}
		if visits := valueOf(t, through(dial), "/m/visits"); visits != fmt.Sprint(n+5) {
			t.Errorf("%s visits", visits)
		}
		if lost, back := strings.Count(stderr.String(), "tried again"), strings.Count(stderr.String(), "answers again"); lost != back || lost == 0 {
			t.Errorf("it said %d times that contact is lost, %d times that it is back", lost, back)
		}
	})
}

func TestALineThatIsNotTakenIsToldWithItsNumberAndTheRestGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, dial := whole(t)
		var stderr bytes.Buffer
		long := strings.Repeat("9", 3*longestLine)
		err := pushing(t, through(dial), &stderr, "stock").stream(t.Context(), strings.NewReader("+1\r\nabc\n\n-5\nNaN\n"+long+"\n{\"add\":1}\n \t+2"))
		if code := report(err, &stderr); code != 1 {
			t.Errorf("exit status %d", code)
		}
		var numbers []string // of a line that the server refuses it is told when that has answered
		for line := range strings.Lines(stderr.String()) {
			numbers = append(numbers, strings.Fields(line)[2])
		}
		slices.Sort(numbers)
		told := strings.Join(numbers, "")
		if told != "2:3:4:5:6:7:" || valueOf(t, through(dial), "/m/stock") != "3" {
			t.Errorf("%s, the value is %s:\n%s", told, valueOf(t, through(dial), "/m/stock"), &stderr)
		}
	})
}

func TestARowHasTheTimeAtWhichItWasRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, dial := whole(t)
		var there atomic.Bool
		read := time.Now()
		stdin, typing := io.Pipe()
		ended := make(chan error)
		go func() {
			ended <- pushing(t, awayUntil(&there, through(dial)), io.Discard, "cellar").stream(t.Context(), stdin)
		}()
		fmt.Fprintln(typing, "18.5")
		time.Sleep(time.Hour)
		there.Store(true)
		time.Sleep(time.Minute)
		if all := valueOf(t, through(dial), "/api/v1/metrics"); !strings.Contains(all, fmt.Sprintf(`"value":18.5,"time":%d`, read.UnixMilli())) {
			t.Error(all)
		}
		_ = typing.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// endless is stdin that never ends, and counts its lines.
type endless struct{ lines int }

func (e *endless) Read(b []byte) (int, error) { e.lines++; return copy(b, "1\n"), nil }

func TestWhileTheServerIsAwayNoMoreIsReadThanMayWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, interrupt := context.WithCancel(t.Context())
		defer interrupt()
		var stderr bytes.Buffer
		stdin := &endless{}
		ended := make(chan error)
		go func() { ended <- pushing(t, awayUntil(new(atomic.Bool), nil), &stderr, "n").stream(ctx, stdin) }()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if stdin.lines < mostWaiting || stdin.lines > mostWaiting+mostLines+1 {
			t.Errorf("%d lines were read", stdin.lines)
		}
		begun := time.Now()
		interrupt()
		err := <-ended
		if took := time.Since(begun); took != patience {
			t.Errorf("it ended %v later", took)
		}
		if code := report(err, &stderr); code != 1 || stderr.String() != "telltale: http://localhost:8082: away; it is tried again\n"+
			fmt.Sprintf("telltale: %d values are not known to be delivered to http://localhost:8082: away\n", stdin.lines) {
			t.Errorf("%d, %s", code, &stderr)
		}
	})
}

func TestWithoutTheRightToItsMetricAPushEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for metric, want := range map[string]string{
			"stock": "telltale: 3 values are not known to be delivered to http://localhost:8082: the token gives write:orders\n",
			"-":     "telltale: line 1: the token gives write:orders\ntelltale: line 3: the token gives write:orders\n",
		} {
			var stderr bytes.Buffer
			way := tampered(func(*http.Request) (*http.Response, error) {
				const not = "{\"status\":403,\"detail\":\"the token gives write:orders\"}\n"
				return answer(http.StatusOK, "", strings.NewReader(not+"{\"seq\":1}\n"+not)), nil
			})
			p := pushing(t, way, &stderr, metric)
			_, err := p.post(t.Context(), []pushed{{1, []byte("a\n")}, {2, []byte("b\n")}, {3, []byte("c\n")}})
			if err != nil {
				err = p.undelivered("3 values are", err)
			}
			if code := report(err, &stderr); (code == 1) != (metric != "-") || stderr.String() != want {
				t.Errorf("%s: %d, %s", metric, code, &stderr)
			}
		}
	})
}

func TestABlankValueIsNoneRatherThanOneMore(t *testing.T) {
	for _, value := range []string{"", " ", "\t\n"} {
		if _, err := parsePush([]string{"orders", value}, environment(), io.Discard); report(err, io.Discard) != 2 || !strings.Contains(fmt.Sprint(err), "VALUE is empty") {
			t.Errorf("%q: %v", value, err)
		}
	}
}

func TestWhatIsSentAtOnceIsLessThanAProxyRefuses(t *testing.T) {
	rows := make(chan pushed, mostWaiting)
	for range cap(rows) {
		rows <- pushed{text: make([]byte, longestLine)}
	}
	size := 0
	for _, r := range next(rows) {
		size += len(r.text)
	}
	if size < mostBytes || size >= 1<<20 {
		t.Errorf("%d bytes are sent at once", size)
	}
}

func TestOnlyAnAnswerThatNamesASeqIsTakenForOneAndDoesNothingToATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, row := range []struct{ body, prints, says string }{
			{"{\"seq\":1,\"metric\":\"\u009b2J\x9b2J\x7f\"}\n", "{\"seq\":1,\"metric\":\"\ufffd2J\"}\n", ""},
			{"{}", "", "no telltale that takes values"},
			{"true", "", "no telltale that takes values"},
			{`{"ok":true,"detail":"hello"}`, "", "hello"},
			{"<h1>", "", "no telltale that takes values"},
		} {
			var stdout, stderr bytes.Buffer
			way := tampered(func(*http.Request) (*http.Response, error) {
				return answer(http.StatusOK, "", strings.NewReader(row.body)), nil
			})
			code := report(pushing(t, way, &stderr, "n", "1").one(t.Context(), &stdout), &stderr)
			if stdout.String() != row.prints || (code == 0) != (row.says == "") || !strings.Contains(stderr.String(), row.says) {
				t.Errorf("%s: %d, %q, %s", row.body, code, &stdout, &stderr)
			}
		}
	})
}

func TestEveryWholeLineThatWasReadBeforeTheInterruptIsSent(t *testing.T) {
	for _, back := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			_, dial := whole(t)
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			var there atomic.Bool
			var stderr bytes.Buffer
			stdin := strings.NewReader(strings.Repeat("+1\n", 3*mostWaiting))
			ended := make(chan error)
			go func() { ended <- pushing(t, awayUntil(&there, through(dial)), &stderr, "visits").stream(ctx, stdin) }()
			time.Sleep(time.Minute) // the queue is full, and more is in the buffer
			synctest.Wait()
			read := (stdin.Size() - int64(stdin.Len())) / 3
			interrupt()
			there.Store(back)
			code := report(<-ended, &stderr)
			if read <= mostWaiting || stdin.Len() == 0 {
				t.Fatalf("%d lines were read", read)
			}
			if visits := valueOf(t, through(dial), "/m/visits"); back && (code != 0 || visits != fmt.Sprint(read)) {
				t.Errorf("of %d lines %s came, exit status %d, %s", read, visits, code, &stderr)
			}
			if !back && (code != 1 || !strings.Contains(stderr.String(), fmt.Sprintf("%d values are not known to be delivered", read))) {
				t.Errorf("%d lines: exit status %d, %s", read, code, &stderr)
			}
		})
	}
}

func TestAnInterruptEndsAPushThatHasNothingToSendAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, dial := whole(t)
		ctx, interrupt := context.WithCancel(t.Context())
		stdin, typing := io.Pipe()
		ended := make(chan error)
		go func() { ended <- pushing(t, through(dial), io.Discard, "visits").stream(ctx, stdin) }()
		fmt.Fprint(typing, "+1\n+4") // of the second line more may come
		synctest.Wait()
		begun := time.Now()
		interrupt()
		if err := <-ended; err != nil || time.Since(begun) > 0 {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		_ = typing.Close()
		if visits := valueOf(t, through(dial), "/m/visits"); visits != "1" {
			t.Errorf("%s visits", visits)
		}
	})
}

func TestARowThatCannotBeWrittenNowIsSentAgainAndARefusalEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		answers := []string{
			"{\"status\":503,\"detail\":\"not now\"}\n{\"seq\":1}\n{\"seq\":2}\n",
			"{\"seq\":1}\n{\"status\":503,\"detail\":\"not now\"}\n{\"seq\":2}\n",
			"{\"seq\":3}\n{\"seq\":2}\n",
		}
		var stderr bytes.Buffer
		way := tampered(func(r *http.Request) (*http.Response, error) {
			body, _ := io.ReadAll(r.Body)
			got = append(got, string(body))
			if r.Header.Get("Authorization") != "Bearer secret" || len(got) > len(answers) {
				return answer(http.StatusUnauthorized, "", strings.NewReader(`{"detail":"show a token"}`)), nil
			}
			return answer(http.StatusOK, "", strings.NewReader(answers[len(got)-1])), nil
		})
		p := pushing(t, way, &stderr, "n")
		batch := []pushed{{1, []byte("a\n")}, {2, []byte("b\n")}, {3, []byte("c\n")}}
		for len(batch) > 0 {
			n, err := p.post(t.Context(), batch)
			if err != nil {
				t.Fatal(err)
			}
			batch = batch[n:]
		}
		if strings.Join(got, "|") != "a\nb\nc\n|a\nb\nc\n|b\nc\n" {
			t.Errorf("sent were %q", got)
		}
		if stderr.String() != "telltale: http://localhost:8082: not now; it is tried again\ntelltale: http://localhost:8082 answers again\n" {
			t.Errorf("it said %s", &stderr)
		}
		if code := report(p.stream(t.Context(), strings.NewReader("1\n2\n")), &stderr); code != 1 || !strings.HasSuffix(stderr.String(), "2 values are not known to be delivered to http://localhost:8082: show a token\n") {
			t.Errorf("%d, %s", code, &stderr)
		}
	})
}

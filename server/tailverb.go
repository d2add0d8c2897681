package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"telltale/shared/ansi"
	"telltale/shared/room"
)

// tailUse says how telltale tail is used.
const tailUse = `telltale tail [options] ROOM

prints what is said in a room, as it comes, until ^C, with nothing missing and nothing twice, however often the
server is away meanwhile: that contact is lost, and that it is back, is told on stderr, as is what the server no
longer keeps, and that the room has begun anew (as from a backup), after which messages may come again or be
missing. Of control sequences only those for colours and within a line come through. Each option is also an
environment variable (TELLTALE_URL), and TELLTALE_TOKEN is the token that the server asks for.

`

// silence is how long a stream may say nothing: the server says every 25 s that it is there.
const silence = time.Minute

// tail is what telltale tail may be told, and how far it is.
type tail struct {
	*client
	room, since string
	out         io.Writer
	seq         uint64 // what follows it is still to be printed
}

// tailVerb prints what is said in a room.
func tailVerb(ctx context.Context, args []string, getenv func(string) string, _ io.Reader, stdout, stderr io.Writer) error {
	t, err := parseTail(args, getenv, stdout)
	if err != nil {
		return err
	}
	t.out, t.says = stdout, stderr
	return t.run(ctx)
}

// parseTail reads the command line of telltale tail; options may stand before and after the room.
func parseTail(args []string, getenv func(string) string, help io.Writer) (*tail, error) {
	t := &tail{client: newClient("has rooms")}
	t.most = 1 << 20
	set := flag.NewFlagSet("telltale tail", flag.ContinueOnError)
	set.StringVar(&t.since, "since", "", "begin with what was said before: all, after a seq, or since a time such as 10m or 7d (default: only what is new)")
	words, err := t.parse(set, tailUse, interspersed, args, getenv, help)
	if err != nil {
		return nil, err
	}
	if len(words) != 1 {
		return nil, wrongly(set, errors.New("say which room, one at a time"))
	}
	t.room = words[0]
	if err := room.CheckName(t.room); err != nil {
		return nil, wrongly(set, err)
	}
	if _, err := strconv.ParseUint(t.since, 10, 63); err != nil && t.since != "" && t.since != "all" {
		if age, err := parseAge(t.since); err != nil || age <= 0 || t.since[0] == '+' {
			return nil, wrongly(set, fmt.Errorf("--since is all, the seq of a message, or a time such as 10m, 24h or 7d, not %.40q", t.since))
		}
	}
	return t, nil
}

// run prints until ctx ends, or the server refuses.
func (t *tail) run(ctx context.Context) error {
	err := t.start(ctx)
	for wait := firstWait; err == nil; wait = min(2*wait, mostWait) {
		before := t.seq
		if err = t.follow(ctx); ctx.Err() != nil {
			break
		}
		if _, final := errors.AsType[*refusal](err); final || errors.Is(err, errOut) {
			break
		}
		if t.lose(err); t.seq > before {
			wait = firstWait
		}
		err = pause(ctx, max(wait, shortest))
	}
	if ctx.Err() != nil {
		return nil
	}
	if errors.Is(err, errOut) {
		return &sentence{text: err.Error(), code: 1, cause: err}
	}
	return &sentence{text: t.server.Redacted() + ": " + err.Error(), code: 1, cause: err}
}

// start finds out where the room is: a reader that has heard nothing yet would
// otherwise miss what is said while there is no contact.
func (t *tail) start(ctx context.Context) error {
	query := "?limit=1"
	switch seq, err := strconv.ParseUint(t.since, 10, 63); {
	case t.since == "all":
		return nil
	case err == nil:
		t.seq = seq
		return nil
	case t.since != "":
		query += "&until=-" + url.QueryEscape(t.since)
	}
	status, answer, err := t.try(ctx, "GET", t.server.JoinPath("api/v1/rooms", t.room, "messages").String()+query, "", nil)
	if err != nil {
		return err
	}
	var newest []struct {
		Seq uint64 `json:"seq"`
	}
	if status != http.StatusOK || json.Unmarshal(answer, &newest) != nil {
		return t.refused(status, answer)
	}
	for _, m := range newest {
		t.seq = m.Seq
	}
	return nil
}

// follow prints what a stream says, and answers why it has ended.
func (t *tail) follow(ctx context.Context) error {
	ctx, cut := context.WithCancel(ctx)
	defer cut()
	quiet := time.AfterFunc(silence, cut)
	defer quiet.Stop()
	request, err := t.request(ctx, "GET", t.server.JoinPath("r", t.room).String(), nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Last-Event-ID", strconv.FormatUint(t.seq, 10))
	response, err := t.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream") {
		answer, _ := io.ReadAll(io.LimitReader(response.Body, 64<<10)) // without it the status says enough
		if err = t.refused(response.StatusCode, answer); passing(response.StatusCode) {
			return errors.New(err.Error()) // it is none: it may be tried again
		}
		return err
	}
	t.found()
	return events(response.Body, func() { quiet.Reset(silence) }, func(e event) error {
		quiet.Stop() // it is not the server that is silent while nobody takes what is printed
		defer quiet.Reset(silence)
		return t.print(e)
	})
}

// errOut says that nobody takes what is printed.
var errOut = errors.New("what is said cannot be written")

// print prints a message, or tells of those that do not come.
func (t *tail) print(e event) error {
	switch {
	case e.kind == "gap":
		var gap struct{ From, To uint64 }
		if err := json.Unmarshal([]byte(e.data), &gap); err != nil {
			return fmt.Errorf("read a gap: %w", err)
		}
		t.tell("messages %d to %d do not come: the server no longer keeps them, or leaves them out for who reads slowly", gap.From, gap.To)
	case e.kind != "":
		return nil
	default:
		if e.id <= t.seq {
			t.tell("the room has begun anew: its message %d is another one than before", e.id)
		}
		if _, err := t.out.Write(append(ansi.AppendSeen(nil, strings.ToValidUTF8(e.data, "\ufffd")), '\n')); err != nil {
			return fmt.Errorf("%w: %w", errOut, reason(err))
		}
	}
	t.seq = e.id
	return nil
}

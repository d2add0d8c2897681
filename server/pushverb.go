package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"telltale/shared/ansi"
	"telltale/shared/metric"
)

// pushUse says how telltale push is used.
const pushUse = `telltale push [options] METRIC [VALUE]

sends a value to a server and prints its answer, which means that it is on disk: 42.5 or =-5 sets the metric,
+3 or -3 adds to it. Without VALUE, what comes on stdin is sent as it comes, a value a line, each with the time
at which it was read; METRIC may be - then, and a line is METRIC VALUE. A line that is no value, or that the
server refuses, is told with its number, and the rest goes on.

A server that cannot be reached is tried again: meanwhile 10,000 lines wait here, and no more is read. At the
end, or after ^C, at most 10 s are spent on what is left. Nothing counts twice, and all of it comes in order. The exit
status is 1 if anything was not taken. Each option is also an environment variable (TELLTALE_URL), and
TELLTALE_TOKEN is the token that the server asks for.

`

// push is what telltale push may be told, and how far it is.
type push struct {
	*client
	metric metric.ID // "" where each line says its own
	value  string    // "" where they come on stdin
	id     string    // idempotency keys begin with it

	read    int64       // values
	settled int64       // of those: taken or refused
	flawed  atomic.Bool // a line was told
}

// pushVerb sends values to a server.
func pushVerb(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) error {
	p, err := parsePush(args, getenv, stdout)
	if err != nil {
		return err
	}
	p.says = stderr
	if p.value == "" {
		return p.stream(ctx, stdin)
	}
	return p.one(ctx, stdout)
}

// parsePush reads the command line of telltale push.
func parsePush(args []string, getenv func(string) string, help io.Writer) (*push, error) {
	p := &push{client: newClient("takes values"), id: newRunID()}
	p.most = 4 << 20
	set := flag.NewFlagSet("telltale push", flag.ContinueOnError)
	words, err := p.parse(set, pushUse, optionsFirst, args, getenv, help) // -3 is a value
	if err != nil {
		return nil, err
	}
	switch len(words) {
	case 1:
	case 2:
		if p.value = words[1]; strings.TrimSpace(p.value) == "" {
			return nil, wrongly(set, errors.New("VALUE is empty: +1 adds 1"))
		}
	default:
		return nil, wrongly(set, errors.New("say which metric, and one value or none; options stand before them"))
	}
	if words[0] == "-" && p.value == "" {
		return p, nil
	}
	if p.metric, err = metric.Parse(words[0]); err != nil {
		return nil, wrongly(set, err)
	}
	return p, nil
}

// one sends the value, and prints the answer.
func (p *push) one(ctx context.Context, stdout io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	status, answer, err := p.try(ctx, "POST", p.server.JoinPath("m", url.PathEscape(string(p.metric))).String(), p.id, []byte(p.value))
	if err != nil {
		return p.undelivered("the value is", err)
	}
	var said struct {
		Seq *uint64 `json:"seq"`
	}
	if status != http.StatusOK || json.Unmarshal(answer, &said) != nil || said.Seq == nil {
		return &sentence{text: fmt.Sprintf("%s refuses it: %v", p.server.Redacted(), p.refused(status, answer)), code: 1}
	}
	_, err = stdout.Write(ansi.AppendSeen(nil, strings.ToValidUTF8(string(answer), "\ufffd")))
	return err
}

func (p *push) undelivered(what string, err error) error {
	if _, refused := errors.AsType[*refusal](err); refused {
		p.last = nil
	}
	return &sentence{text: fmt.Sprintf("%s not known to be delivered to %s: %v", what, p.server.Redacted(), p.why(err)), code: 1, cause: err}
}

// Bounds of what waits, in lines, and of what is sent at once: the server makes so many lines durable together, and a
// proxy before it may refuse more than 1 MiB.
const (
	mostWaiting = 10_000
	mostLines   = 1000
	mostBytes   = 512 << 10
)

// stream sends what comes on stdin, until its end or the first signal.
func (p *push) stream(interrupted context.Context, stdin io.Reader) error {
	ctx, giveUp := context.WithCancel(context.WithoutCancel(interrupted))
	defer giveUp()
	reading, stop := context.WithCancel(interrupted)
	defer stop()
	context.AfterFunc(reading, func() { time.AfterFunc(patience, giveUp) })
	rows, over := make(chan pushed, mostWaiting), make(chan struct{})
	go func() {
		defer close(over)
		defer stop()
		defer close(rows)
		p.take(ctx, reading, stdin, rows)
	}()
	var err error
	for batch := next(rows); len(batch) > 0; batch = next(rows) {
		for len(batch) > 0 && err == nil {
			var n int
			n, err = p.post(ctx, batch)
			p.settled, batch = p.settled+int64(n), batch[n:]
		}
		if err != nil {
			break
		}
	}
	stop()
	giveUp()
	if <-over; err == nil {
		err = errors.New("it was interrupted")
	}
	switch left := p.read - p.settled; {
	case left == 1:
		return p.undelivered("a value is", err)
	case left > 1:
		return p.undelivered(fmt.Sprintf("%d values are", left), err)
	case p.flawed.Load():
		return exitStatus(1)
	}
	return nil
}

// next is what there is to be sent at once; nothing after the last.
func next(rows <-chan pushed) (batch []pushed) {
	size := 0
	for r, more := <-rows; more; {
		batch = append(batch, r)
		if size += len(r.text); len(batch) == mostLines || size >= mostBytes {
			return batch
		}
		select {
		case r, more = <-rows:
		default:
			return batch
		}
	}
	return batch
}

// post sends rows and answers how many of them, from the first on, are settled. The others are to be sent again.
func (p *push) post(ctx context.Context, batch []pushed) (settled int, err error) {
	var body bytes.Buffer
	for _, r := range batch {
		body.Write(r.text)
	}
	status, answer, err := p.persist(ctx, "POST", p.server.JoinPath("api/v1/metrics").String(), "", body.Bytes())
	if err != nil {
		return 0, err
	}
	if status != http.StatusOK || bytes.Count(answer, []byte("\n")) != len(batch) {
		return 0, p.refused(status, answer)
	}
	for line := range bytes.Lines(answer) {
		var said struct {
			Seq    *uint64 `json:"seq"`
			Status int     `json:"status"`
			Detail string  `json:"detail"`
		}
		switch err := json.Unmarshal(line, &said); {
		case err != nil || said.Seq == nil && said.Detail == "":
			return settled, p.refused(status, nil)
		case said.Seq != nil:
		case said.Status >= 500:
			p.lose(&refusal{said.Detail})
			return settled, pause(ctx, mostWait)
		case p.metric != "" && (said.Status == http.StatusUnauthorized || said.Status == http.StatusForbidden):
			return settled, &refusal{said.Detail} // every other row would get the same
		default:
			p.complain(batch[settled].line, said.Detail)
		}
		settled++
	}
	p.found()
	return settled, nil
}

// complain tells what is wrong with a line.
func (p *push) complain(line int64, what string) {
	p.flawed.Store(true)
	p.tell("line %d: %s", line, what)
}

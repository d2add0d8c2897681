package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"telltale/server/command/capture"
	"telltale/shared/room"
	life "telltale/shared/run"
)

// beat is how often a command that is silent is said to run still.
const beat = 15 * time.Second

// standing is how the run stands, as PUT /api/v1/runs/{id} takes it.
type standing struct {
	Command  string     `json:"command"`
	Room     string     `json:"room"`
	Host     string     `json:"host"`
	State    life.State `json:"state"`
	Code     *int       `json:"code"`
	Signal   string     `json:"signal"`
	Started  int64      `json:"started"`
	Duration int64      `json:"duration_ms"`
	From     uint64     `json:"from"`
}

// courier brings a command's output to the server, in order and once: the server
// says how far it has taken it, and nothing is let go before that is said.
type courier struct {
	*client
	at    string // of the run
	spool *capture.Spool

	now    standing
	taken  uint64 // bytes that the server has
	thrown uint64 // lines that the server does not want
}

func newCourier(w watched, spool *capture.Spool, begun time.Time) *courier {
	name := w.name
	if len(name) > life.MaxCommand {
		name = strings.ToValidUTF8(name[:life.MaxCommand-len(room.Cut)], "") + room.Cut
	}
	return &courier{client: w.client, spool: spool, at: w.server.JoinPath("api/v1/runs", newRunID()).String(),
		now: standing{Command: name, Room: w.room, Host: hostName(), State: life.Running, Started: begun.UnixMilli()}}
}

// errUnknown says that the server knows nothing of the run: it has begun anew.
var errUnknown = errors.New("the server does not know the run")

// deliver says that the command runs, what it writes and, when over is closed, how it
// ended. It returns nil when the server has it all, else why not: ctx's end, or a refusal,
// after which it goes on taking from the spool until the end.
func (c *courier) deliver(ctx context.Context, over <-chan struct{}, end *ending) error {
	err := c.put(ctx)
	for err == nil {
		begun := time.Now()
		if err = c.carry(ctx); err == nil {
			c.spool.Yield(ctx, time.Since(begun), over)
		}
	}
	if errors.Is(err, io.EOF) {
		<-over
		c.now.State, c.now.Duration = life.Exited, end.duration.Milliseconds()
		if end.signal != "" {
			c.now.State, c.now.Signal = life.Signalled, end.signal
		} else {
			c.now.Code = &end.status
		}
		err = c.put(ctx)
	}
	if _, refused := errors.AsType[*refusal](err); refused {
		c.last = err
		c.throw(ctx)
	}
	return err
}

// carry brings the next of the output; io.EOF after the last.
func (c *courier) carry(ctx context.Context) error {
	quiet, cancel := context.WithTimeout(ctx, beat)
	body, to, err := c.spool.Next(quiet, c.taken)
	cancel()
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		body, to, err = capture.AppendSegment(nil, room.Stdout, nil), c.taken, nil
	}
	if errors.Is(err, capture.ErrReleased) {
		return &refusal{"it says that it has more of the output than there is"}
	}
	if err != nil {
		return err
	}
	err = c.post(ctx, body, to)
	if errors.Is(err, errUnknown) {
		err = c.put(ctx)
	}
	return err
}

// post sends a body of output that ends at an offset. What the server has taken may
// be let go.
func (c *courier) post(ctx context.Context, body []byte, to uint64) error {
	status, answer, err := c.try(ctx, "POST", fmt.Sprintf("%s/output?offset=%d", c.at, c.taken), "", body)
	if err != nil {
		return err
	}
	if status == http.StatusNotFound {
		return errUnknown
	}
	var said struct {
		Offset *uint64 `json:"offset"`
	}
	if json.Unmarshal(answer, &said) != nil || said.Offset == nil {
		return c.refused(status, answer)
	}
	switch {
	case status == http.StatusOK && *said.Offset == to:
		c.taken = to
		c.spool.Release(to)
	case status == http.StatusConflict && *said.Offset != c.taken:
		return c.goOnFrom(ctx, *said.Offset)
	default:
		return c.refused(status, answer)
	}
	return nil
}

// goOnFrom goes on from where the server says that it is: the answer to what it took
// was lost, or it lost what it had taken.
func (c *courier) goOnFrom(ctx context.Context, offset uint64) error {
	if offset < c.taken {
		return c.put(ctx) // which says from where on there is output
	}
	c.taken = offset
	c.spool.Release(offset)
	return nil
}

// put says how the run stands.
func (c *courier) put(ctx context.Context) error {
	c.now.From = c.taken
	if c.now.State == life.Running {
		c.now.Duration = time.Now().UnixMilli() - c.now.Started
	}
	body, err := json.Marshal(c.now)
	if err != nil {
		return fmt.Errorf("say how the run stands: %w", err)
	}
	status, answer, err := c.try(ctx, "PUT", c.at, "", body)
	if err != nil {
		return err
	}
	var kept life.Run
	if status != http.StatusOK || json.Unmarshal(answer, &kept) != nil || !strings.HasSuffix(c.at, "/"+kept.ID) {
		return c.refused(status, answer)
	}
	return nil
}

// throw takes what still comes, so that it takes no place, and counts its lines.
func (c *courier) throw(ctx context.Context) {
	for {
		body, to, err := c.spool.Next(ctx, c.taken)
		if err != nil {
			return
		}
		lines, _, _ := capture.Lines(body)
		c.taken, c.thrown = to, c.thrown+uint64(len(lines))
		c.spool.Release(to)
	}
}

// complaint says what was not delivered, and why.
func (c *courier) complaint(err error) string {
	lines, _, lost, _ := c.spool.Left()
	lines += lost + c.thrown
	what := "how the command ended was"
	switch {
	case lines == 1:
		what = "a line was"
	case lines > 1:
		what = fmt.Sprintf("%d lines were", lines)
	}
	return fmt.Sprintf("%s not delivered to %s: %v", what, c.server.Redacted(), c.why(err))
}

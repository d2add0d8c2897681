package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"telltale/server/api"
	"telltale/shared/metric"
)

// longestLine is how long a line may be, in bytes.
const longestLine = 16 << 10

// pushed is a line of stdin as POST /api/v1/metrics takes it.
type pushed struct {
	line int64
	text []byte
}

// take reads lines until the end or until reading ends, and no faster than they are sent: of what was read by then
// every whole line is taken. When ctx ends they are counted alone.
func (p *push) take(ctx, reading context.Context, stdin io.Reader, rows chan<- pushed) {
	in := bufio.NewReaderSize(&typed{from: stdin, until: reading}, longestLine)
	for n := int64(1); ; n++ {
		text, err := in.ReadSlice('\n')
		long := errors.Is(err, bufio.ErrBufferFull)
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = in.ReadSlice('\n')
		}
		switch {
		case errors.Is(err, context.Canceled):
			return
		case long:
			p.complain(n, fmt.Sprintf("it is longer than %d bytes", longestLine))
		case len(text) > 0:
			if r, wrong := p.parseLine(n, string(text), time.Now()); wrong != nil {
				p.complain(n, wrong.Error())
			} else {
				p.queue(ctx, rows, r)
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				p.complain(n, fmt.Sprintf("it cannot be read: %v", reason(err)))
			}
			return
		}
	}
}

// queue has a row wait until it is sent, or ctx ends.
func (p *push) queue(ctx context.Context, rows chan<- pushed, r pushed) {
	p.read++
	select {
	case rows <- r:
	case <-ctx.Done():
	}
}

// typed is stdin until a context ends; a read that waits then, which nothing can end, is left to itself.
type typed struct {
	from  io.Reader
	until context.Context
	own   []byte // of the read that may be left
}

// Read reads, or answers the context's error.
func (t *typed) Read(b []byte) (int, error) {
	if err := t.until.Err(); err != nil {
		return 0, err
	}
	if len(t.own) < len(b) {
		t.own = make([]byte, len(b))
	}
	var n int
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		n, err = t.from.Read(t.own[:len(b)])
	}()
	select {
	case <-done:
	case <-t.until.Done():
	}
	select {
	case <-done: // in the same moment, too: what was read is not to be lost
		return copy(b, t.own[:n]), err
	default:
		return 0, t.until.Err()
	}
}

// parseLine reads a line.
func (p *push) parseLine(n int64, line string, now time.Time) (pushed, error) {
	id, value := p.metric, strings.TrimSpace(line)
	if id == "" {
		cut := strings.LastIndexAny(value, " \t")
		if cut < 0 {
			return pushed{}, fmt.Errorf("%.40q is not METRIC VALUE", value)
		}
		var err error
		if id, err = metric.Parse(strings.TrimSpace(value[:cut])); err != nil {
			return pushed{}, err
		}
		value = value[cut+1:]
	}
	m, err := api.Short(value)
	if err != nil || value == "" {
		return pushed{}, fmt.Errorf("%.40q is no value: 42 or =-5 sets, +3 or -3 adds", value)
	}
	r := struct {
		Metric metric.ID `json:"metric"`
		Add    *float64  `json:"add,omitempty"`
		Set    *float64  `json:"set,omitempty"`
		Time   int64     `json:"time"`
		Key    string    `json:"key"`
	}{Metric: id, Time: now.UnixMilli(), Key: fmt.Sprintf("%s.%d", p.id, n)}
	if r.Set = &m.Value; m.Op == metric.Add {
		r.Add, r.Set = &m.Value, nil
	}
	text, err := json.Marshal(r)
	return pushed{n, append(text, '\n')}, err
}

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

// take reads lines until the end or until it is interrupted, and no faster than they are sent; ctx ends the waiting.
func (p *push) take(ctx, interrupted context.Context, stdin io.Reader, rows chan<- pushed) {
	in := bufio.NewReaderSize(stdin, longestLine)
	for n := int64(1); interrupted.Err() == nil; n++ {
		text, err := in.ReadSlice('\n')
		long := errors.Is(err, bufio.ErrBufferFull)
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = in.ReadSlice('\n')
		}
		switch {
		case interrupted.Err() != nil:
			return
		case long:
			p.complain(n, fmt.Sprintf("it is longer than %d bytes", longestLine))
		case len(text) > 0:
			if r, wrong := p.parseLine(n, string(text), time.Now()); wrong != nil {
				p.complain(n, wrong.Error())
			} else if !p.queue(ctx, rows, r) {
				return
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

// queue has a row wait until it is sent; false if it will not be.
func (p *push) queue(ctx context.Context, rows chan<- pushed, r pushed) bool {
	p.read.Add(1)
	select {
	case rows <- r:
		return true
	case <-ctx.Done():
		return false
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

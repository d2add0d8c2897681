package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// every is how often what is due is posted.
const every = 10 * time.Millisecond

// Bounds of what is posted at once.
const (
	mostRows = 10_000 // of one batch
	posters  = 16     // requests that are under way
)

// pace says what is due when: rate a second, total in all.
type pace struct {
	begun       time.Time
	rate, total int
	most        int // given at once

	mu    sync.Mutex
	given int
	slot  time.Time // when the next may be given
}

// take waits until something is due and answers its numbers, first and how many; none once all were
// given, or ctx has ended. One waits, the others behind it.
func (p *pace) take(ctx context.Context) (first, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.given == p.total {
		return 0, 0
	}
	at := p.begun.Add(p.due(p.given))
	if at.Before(p.slot) {
		at = p.slot
	}
	select {
	case <-time.After(time.Until(at)):
	case <-ctx.Done():
		p.total = p.given
		return 0, 0
	}
	now := time.Now()
	p.slot = now.Add(every)
	due := int(now.Sub(p.begun).Seconds()*float64(p.rate)) + 1
	first, n = p.given, max(1, min(due, p.total)-p.given)
	n = min(n, p.most)
	p.given += n
	return first, n
}

// due is when one is due, since the beginning.
func (p *pace) due(number int) time.Duration {
	return time.Duration(float64(number) / float64(p.rate) * float64(time.Second))
}

// posted is what became of what was posted. Safe for concurrent use.
type posted struct {
	mu           sync.Mutex
	acknowledged int64
	refused      int64
	unanswered   int64 // of which nobody knows whether they were done
	why          string
	seqs         []stretch // of those acknowledged
	newest       uint64
	late         *spread // from when the first of a request was due until that was made
	took         *spread
}

// add counts a request: the seqs of what was acknowledged, and how many were refused and why.
func (p *posted) add(seqs []uint64, refused int, why string, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.took.add(took)
	p.acknowledged += int64(len(seqs))
	p.refused += int64(refused)
	if p.why == "" {
		p.why = why
	}
	for _, seq := range seqs {
		p.newest = max(p.newest, seq)
		if n := len(p.seqs); n > 0 && p.seqs[n-1].to+1 == seq {
			p.seqs[n-1].to = seq
		} else {
			p.seqs = append(p.seqs, stretch{seq - 1, seq})
		}
	}
}

// fail counts what was not answered.
func (p *posted) fail(n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unanswered += int64(n)
	if wrapped, is := errors.AsType[*url.Error](err); is {
		err = wrapped.Err // what was asked for is known
	}
	if p.why == "" {
		p.why = err.Error()
	}
}

// within is how many of the acknowledged are in a stretch.
func (p *posted) within(s stretch) (n int64) {
	for _, each := range p.seqs {
		if from, to := max(each.from, s.from), min(each.to, s.to); from < to {
			n += int64(to - from)
		}
	}
	return n
}

// send makes a request with the token and answers what came back; what is not 200 is a refusal.
func (r *run) send(ctx context.Context, method, path, kind string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, r.Server.JoinPath(path).String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", kind)
	if r.Token != "" {
		request.Header.Set("Authorization", "Bearer "+r.Token)
	}
	response, err := r.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return nil, refused(response)
	}
	return io.ReadAll(response.Body)
}

// change posts what is due of the changes until all were.
func (r *run) change(ctx context.Context, p *pace) {
	var body []byte
	for {
		first, n := p.take(ctx)
		if n == 0 {
			return
		}
		body = body[:0]
		for i := first; i < first+n; i++ {
			body = r.appendRow(body, i%r.Metrics, p.begun.Add(p.due(i)).Sub(r.begun))
		}
		r.late.add(time.Since(p.begun.Add(p.due(first))))
		r.batch(ctx, body, n)
	}
}

// appendRow writes one change.
func (r *run) appendRow(b []byte, metric int, due time.Duration) []byte {
	b = fmt.Appendf(b, `{"metric":"%s%d","set":`, r.prefix, metric)
	return append(appendMS(b, due), "}\n"...)
}

// batch posts rows and counts what became of each. Once it is under way it is not broken off: nobody would know.
func (r *run) batch(ctx context.Context, body []byte, rows int) {
	begun := time.Now()
	answer, err := r.send(context.WithoutCancel(ctx), "POST", "/api/v1/metrics", "application/x-ndjson", body)
	took := time.Since(begun)
	if no, is := errors.AsType[*refusal](err); is {
		r.changes.add(nil, rows, no.says, took)
		return
	}
	if err != nil {
		r.changes.fail(rows, err)
		return
	}
	var seqs []uint64
	bad, why := 0, ""
	lines := bufio.NewScanner(bytes.NewReader(answer))
	for lines.Scan() {
		var row struct {
			Seq    uint64
			Detail string
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil || row.Seq == 0 {
			bad, why = bad+1, row.Detail
			continue
		}
		seqs = append(seqs, row.Seq)
	}
	r.changes.add(seqs, bad, why, took)
	if missing := rows - len(seqs) - bad; missing > 0 {
		r.changes.fail(missing, fmt.Errorf("%d rows of a batch were not answered", missing))
	}
}

// speak says what is due in the rooms until all was.
func (r *run) speak(ctx context.Context, p *pace) {
	for {
		first, n := p.take(ctx)
		for i := first; i < first+n; i++ {
			due := p.begun.Add(p.due(i))
			r.tardy.add(time.Since(due))
			r.message(ctx, i%r.Rooms, due.Sub(r.begun))
		}
		if n == 0 {
			return
		}
	}
}

// message says one message and counts what became of it.
func (r *run) message(ctx context.Context, room int, due time.Duration) {
	begun := time.Now()
	text := string(appendMS([]byte(r.prefix+" "), due)) + " "
	answer, err := r.send(context.WithoutCancel(ctx), "POST", "/r/"+roomName(room), "text/plain", []byte(text+filler))
	took := time.Since(begun)
	said := &r.said[room]
	var kept struct{ Seq uint64 }
	if no, is := errors.AsType[*refusal](err); is {
		said.add(nil, 1, no.says, took)
	} else if err != nil {
		said.fail(1, fmt.Errorf("a message was not answered: %w", err))
	} else if json.Unmarshal(answer, &kept) != nil || kept.Seq == 0 {
		said.fail(1, errors.New("a message was answered without its place"))
	} else {
		said.add([]uint64{kept.Seq}, 0, "", took)
	}
}

// prepare makes the metrics, so that the first viewer knows all of them, and says whether it may.
func (r *run) prepare(ctx context.Context) error {
	var body []byte
	for i := range r.Metrics {
		body = fmt.Appendf(body, `{"metric":"%s%d","set":-1}`+"\n", r.prefix, i)
	}
	r.batch(ctx, body, r.Metrics)
	made := &r.changes
	if made.acknowledged == int64(r.Metrics) {
		r.acks, r.changes = spread{}, posted{late: &r.late, took: &r.acks}
		return nil
	}
	if made.acknowledged > 0 {
		r.remove(ctx)
	}
	return fmt.Errorf("%d metrics cannot be made there: %s", r.Metrics, strings.TrimSuffix(made.why, "."))
}

// remove takes the metrics away and answers how many it had to leave there, and why.
func (r *run) remove(ctx context.Context) (left int, why string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	var removing sync.WaitGroup
	var next, removed atomic.Int64
	var refused atomic.Pointer[string]
	for range posters {
		removing.Go(func() {
			for i := next.Add(1) - 1; i < int64(r.Metrics) && refused.Load() == nil; i = next.Add(1) - 1 {
				_, err := r.send(ctx, "DELETE", fmt.Sprintf("/api/v1/metrics/%s%d", r.prefix, i), "", nil)
				if no, is := errors.AsType[*refusal](err); is && no.wait > 0 {
					<-time.After(no.wait)
					_, err = r.send(ctx, "DELETE", fmt.Sprintf("/api/v1/metrics/%s%d", r.prefix, i), "", nil)
				}
				if err != nil {
					refused.Store(new(err.Error()))
					return
				}
				removed.Add(1)
			}
		})
	}
	removing.Wait()
	if said := refused.Load(); said != nil {
		return r.Metrics - int(removed.Load()), *said
	}
	return 0, ""
}

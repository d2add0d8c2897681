package api

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"net/http"
	"time"

	"telltale/server/auth"
	"telltale/server/hub"
	"telltale/server/ledger"
	"telltale/shared/access"
	"telltale/shared/metric"
)

// piece is how many rows go to the ledger at once: a large upload lets others in
// between.
const piece = 1000

// Bounds of batches: of the bytes of a row, whose longest metric with its escapes takes far less,
// and of the rows that are applied all or none.
const (
	maxRow    = 64 << 10
	maxAtomic = 100_000
)

// postBatch applies NDJSON or a JSON array of rows in the order sent, and answers
// a line a row.
func (a *API) postBatch(w http.ResponseWriter, r *http.Request) error {
	query, err := queryOf(r)
	if err != nil {
		return err
	}
	body, err := readBody(w, r, maxBatch)
	if err != nil {
		return err
	}
	rows, err := rowsOf(body)
	if err != nil {
		return err
	}
	key, digest, err := idempotency(r, body)
	if err != nil {
		return err
	}
	b := &batch{api: a, r: r, caller: callerOf(r), key: key, digest: digest, out: bufio.NewWriterSize(patient{w}, min(max(len(body), 4<<10), 32<<10)), w: w}
	switch atomic := query.Get("atomic"); atomic {
	case "true":
		return b.atomic(rows)
	case "", "false":
		return b.pieces(rows)
	default:
		return refuse(http.StatusBadRequest, "atomic is true or false, not %.40q", atomic)
	}
}

// batch is one upload on its way.
type batch struct {
	api    *API
	r      *http.Request
	caller auth.Caller
	w      http.ResponseWriter
	out    *bufio.Writer
	rows   rowReader
	key    string
	digest uint64
	begun  bool // part of the answer is on its way
}

// atomic applies all rows or none.
func (b *batch) atomic(rows iter.Seq[[]byte]) error {
	e := ledger.Entry{Key: b.key, Digest: b.digest, Atomic: true}
	for text := range rows {
		if len(e.Items) == maxAtomic {
			return refuse(http.StatusRequestEntityTooLarge, "a batch that is applied whole or not at all has at most %d rows: send it in pieces", maxAtomic)
		}
		item, err := b.item(text)
		if err != nil {
			return &ledger.ItemError{Item: len(e.Items), Err: err}
		}
		e.Items = append(e.Items, item)
	}
	outcomes, err := b.apply(e)
	if err != nil {
		return err
	}
	if len(outcomes) > 0 && outcomes[0].Err != nil {
		return outcomes[0].Err
	}
	b.begin()
	for _, o := range outcomes {
		b.line(o)
	}
	return b.end()
}

// pieces applies the rows piece by piece; one that fails fails alone.
func (b *batch) pieces(rows iter.Seq[[]byte]) error {
	var outcomes []ledger.Outcome
	var items []ledger.Item
	n := 0
	send := func() error {
		err := b.piece(n, outcomes, items)
		outcomes, items = outcomes[:0], items[:0]
		n++
		return err
	}
	for text := range rows {
		item, err := b.item(text)
		outcomes = append(outcomes, ledger.Outcome{Err: err})
		if err == nil {
			items = append(items, item)
		}
		if len(outcomes) == piece {
			if err := send(); err != nil {
				return err
			}
			if err := b.flush(); err != nil {
				return err
			}
		}
	}
	if err := send(); err != nil {
		return err
	}
	return b.end()
}

// piece applies the n-th piece: items are those of outcomes that have no error
// yet. Its error means that no answer was begun and, unless it is ledger.ErrFate, nothing done.
func (b *batch) piece(n int, outcomes []ledger.Outcome, items []ledger.Item) error {
	e := ledger.Entry{Key: b.key, Digest: b.digest, Items: items}
	if b.key != "" && n > 0 {
		e.Key = fmt.Sprintf("%s\x00%d", b.key, n)
	}
	applied, err := b.apply(e)
	if err == nil && !b.begun && b.key != "" && reused(applied) {
		err = ledger.ErrKeyReused
	}
	if err != nil && !b.begun {
		return err
	}
	b.begin()
	for _, o := range outcomes {
		if o.Err == nil {
			if err != nil {
				o.Err = err
			} else {
				o, applied = applied[0], applied[1:]
			}
		}
		b.line(o)
	}
	return nil
}

func reused(outcomes []ledger.Outcome) bool {
	for _, o := range outcomes {
		if !errors.Is(o.Err, ledger.ErrKeyReused) {
			return false
		}
	}
	return len(outcomes) > 0
}

func (b *batch) apply(e ledger.Entry) ([]ledger.Outcome, error) {
	if len(e.Items) == 0 {
		return nil, nil
	}
	outcomes, err := b.api.Ledger.Apply(b.r.Context(), e)
	b.api.metrics.mutated(outcomes)
	return outcomes, err
}

func (b *batch) begin() {
	if !b.begun {
		b.begun = true
		b.w.Header().Set("Content-Type", "application/x-ndjson")
		b.w.WriteHeader(http.StatusOK)
	}
}

// line answers one row.
func (b *batch) line(o ledger.Outcome) {
	line := b.out.AvailableBuffer()
	if o.Err == nil {
		line = appendSample(line, o.Sample)
	} else {
		p := explain(o.Err)
		text, _ := json.Marshal(struct { // a number and a string cannot fail
			Status int    `json:"status"`
			Detail string `json:"detail"`
		}{p.Status, p.Detail})
		line = append(line, shownJSON(text)...)
	}
	_, _ = b.out.Write(append(line, '\n')) // end answers the error
}

// patient writes an answer to one who may read slowly, but must read: an answer on
// its way holds one of the few places for large uploads. Each write has as long as
// a viewer has.
type patient struct{ http.ResponseWriter }

// Write writes b, for which the reader has hub.Patience.
func (p patient) Write(b []byte) (int, error) {
	deadline := time.Now().Add(hub.Patience)
	if err := http.NewResponseController(p.ResponseWriter).SetWriteDeadline(deadline); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return p.ResponseWriter.Write(b)
}

// end gives the rest of the answer to net/http, which sends it with its end in one write.
func (b *batch) end() error {
	b.begin()
	if err := b.out.Flush(); err != nil {
		return errGone
	}
	return nil
}

// flush sends what is answered so far.
func (b *batch) flush() error {
	if err := b.end(); err != nil {
		return err
	}
	if err := http.NewResponseController(b.w).Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return errGone
	}
	return nil
}

// item reads one row.
func (b *batch) item(text []byte) (ledger.Item, error) {
	if len(text) > maxRow {
		return ledger.Item{}, refuse(http.StatusRequestEntityTooLarge, "the row has %d bytes, at most %d are read", len(text), maxRow)
	}
	row, err := b.rows.read(text)
	if err != nil {
		return ledger.Item{}, err
	}
	if row.Metric == nil {
		return ledger.Item{}, refuse(http.StatusBadRequest, `a row names its "metric"`)
	}
	id, err := metric.Parse(*row.Metric)
	if err != nil {
		return ledger.Item{}, err
	}
	if err := b.api.permit(b.r.Context(), b.caller, access.Need{Right: access.Write, Class: access.Metrics, Name: string(id)}); err != nil {
		return ledger.Item{}, err
	}
	m, err := row.mutation(id)
	if err != nil {
		return ledger.Item{}, err
	}
	return keyed(b.caller, m, row.Key)
}

// keyed gives a mutation the key of its own row or message.
func keyed(c auth.Caller, m metric.Mutation, key string) (ledger.Item, error) {
	item := ledger.Item{Mutation: m}
	if len(key) > maxKey {
		return item, refuse(http.StatusBadRequest, `"key" is longer than %d bytes`, maxKey)
	}
	if key != "" {
		item.Key = scoped(c, key)
		numbers := binary.BigEndian.AppendUint64([]byte{byte(m.Op)}, math.Float64bits(m.Value))
		item.Digest = digestOf([]byte(m.Metric), binary.BigEndian.AppendUint64(numbers, uint64(m.Time)))
	}
	return item, nil
}

// rowsOf gives the rows of NDJSON, blank lines left out, or of a JSON array.
func rowsOf(body []byte) (iter.Seq[[]byte], error) {
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != '[' {
		return lines(body), nil
	}
	if err := json.Unmarshal(body, new(unread)); err != nil {
		return nil, jsonError(err, len(body))
	}
	return elements(body), nil
}

func lines(body []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for line := range bytes.Lines(body) {
			if line = bytes.TrimSpace(line); len(line) > 0 && !yield(line) {
				return
			}
		}
	}
}

// unread is JSON of which nothing but that it is JSON is asked.
type unread struct{}

// UnmarshalJSON implements json.Unmarshaler.
func (*unread) UnmarshalJSON([]byte) error { return nil }

// elements gives the elements of a valid JSON array, as they stand in it.
func elements(body []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		begin, depth, quoted := bytes.IndexByte(body, '[')+1, 0, false
		for i := begin; i < len(body); i++ {
			switch c := body[i]; {
			case quoted && c == '\\':
				i++
			case c == '"':
				quoted = !quoted
			case quoted:
			case c == '[' || c == '{':
				depth++
			case depth > 0 && (c == ']' || c == '}'):
				depth--
			case depth == 0 && (c == ',' || c == ']'):
				element := bytes.TrimSpace(body[begin:i])
				if len(element) == 0 || !yield(element) || c == ']' { // only an empty array has an empty one
					return
				}
				begin = i + 1
			}
		}
	}
}

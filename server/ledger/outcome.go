package ledger

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"

	"telltale/shared/metric"
	"telltale/shared/run"
)

// ItemError is the error of every outcome of an atomic entry that was refused:
// which of its items was the first to be refused, and why.
type ItemError struct {
	Item int // its place in Entry.Items, from 0
	Err  error
}

// Error names the item by its place, from 1.
func (e *ItemError) Error() string { return fmt.Sprintf("item %d: %v", e.Item+1, e.Err) }

// Unwrap answers why.
func (e *ItemError) Unwrap() error { return e.Err }

// reasons are the refusals that are kept with a key; a store writes their place
// in this list, so it only grows at its end.
var reasons = []error{nil, metric.ErrFloor, metric.ErrCeiling, metric.ErrNotFinite, metric.ErrFuture,
	metric.ErrPast, ErrTooMany, ErrKeyReused, ErrTooManyRooms, ErrNoBoard, ErrRevision, ErrTooManyBoards}

// refusal is a refusal read back: the sentence as it was first given.
type refusal struct {
	reason error
	text   string
}

// Error is the sentence.
func (r *refusal) Error() string { return r.text }

// Unwrap answers which of reasons it was.
func (r *refusal) Unwrap() error { return r.reason }

// The forms of a kept outcome.
const (
	keptSample  = iota
	keptRefusal // reason, text
	keptSame    // the same error as the outcome before
	keptItem    // item, then as keptRefusal
)

// AppendOutcomes writes outcomes as they are kept with an idempotency key.
func AppendOutcomes(b []byte, outcomes []Outcome) []byte {
	b = binary.AppendUvarint(b, uint64(len(outcomes)))
	for i, o := range outcomes {
		switch {
		case o.Err == nil:
			b = append(b, keptSample)
			b = binary.AppendUvarint(b, o.Sample.Seq)
			b = binary.AppendVarint(b, o.Sample.Time)
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(o.Sample.Value))
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(o.Sample.Add))
		case i > 0 && o.Err == outcomes[i-1].Err:
			b = append(b, keptSame)
		default:
			b = appendRefusal(b, o.Err)
		}
	}
	return b
}

func appendRefusal(b []byte, err error) []byte {
	if item, ok := errors.AsType[*ItemError](err); ok {
		b = append(b, keptItem)
		b = binary.AppendUvarint(b, uint64(item.Item))
		err = item.Err
	} else {
		b = append(b, keptRefusal)
	}
	if stood, ok := errors.AsType[*Stood](err); ok {
		return stood.append(append(b, stoodReason))
	}
	reason := 0
	for i, r := range reasons[1:] {
		if errors.Is(err, r) {
			reason = i + 1
			break
		}
	}
	b = append(b, byte(reason))
	b = binary.AppendUvarint(b, uint64(len(err.Error())))
	return append(b, err.Error()...)
}

var errKept = errors.New("the answer kept with the key is damaged")

// ReadOutcomes reads what AppendOutcomes wrote for these items, marked as
// repeats. It answers ErrKeyReused where it was written for another number of
// items.
func ReadOutcomes(b []byte, items []Item) ([]Outcome, error) {
	r := keptReader{b: b}
	if n := r.uvarint(); r.err == nil && n != uint64(len(items)) {
		return nil, ErrKeyReused
	}
	return r.outcomes(items, false)
}

// KeptOutcomes reads what AppendOutcomes wrote, without the items: what a Stood was refused
// for it does not say, and its samples name no metric.
func KeptOutcomes(b []byte) ([]Outcome, error) {
	r := keptReader{b: b}
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		return nil, errKept
	}
	return r.outcomes(make([]Item, n), true)
}

// outcomes reads those of items; blank says that nothing is known of these.
func (r *keptReader) outcomes(items []Item, blank bool) ([]Outcome, error) {
	outcomes := make([]Outcome, len(items))
	for i := range outcomes {
		o := &outcomes[i]
		o.Repeat = true
		switch form := r.bytes(1)[0]; form {
		case keptSample:
			o.Sample = metric.Sample{Metric: items[i].Metric, Seq: r.uvarint(), Time: r.varint()}
			o.Sample.Value = math.Float64frombits(binary.LittleEndian.Uint64(r.bytes(8)))
			o.Sample.Add = math.Float64frombits(binary.LittleEndian.Uint64(r.bytes(8)))
		case keptRefusal:
			o.Err = r.refusal(items[i:], blank)
		case keptItem:
			item := r.uvarint()
			o.Err = &ItemError{Item: int(item), Err: r.refusal(items[min(item, uint64(len(items))):], blank)}
		case keptSame:
			if i > 0 {
				o.Err = outcomes[i-1].Err
			}
		default:
			r.err = errKept
		}
		if r.err != nil {
			return nil, r.err
		}
	}
	return outcomes, r.err
}

type keptReader struct {
	b   []byte
	err error
}

// bytes answers the next n bytes; n zeros where there are not as many.
func (r *keptReader) bytes(n uint64) []byte {
	if uint64(len(r.b)) < n {
		r.b, r.err = nil, errKept
		return make([]byte, min(n, 8))
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *keptReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	r.bytes(uint64(max(n, 0)))
	if n <= 0 {
		r.err = errKept
	}
	return v
}

func (r *keptReader) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

// refusal reads why the first of items was refused, which may be asked of it again, unless it
// is blank.
func (r *keptReader) refusal(items []Item, blank bool) error {
	reason := int(r.bytes(1)[0])
	if reason == stoodReason && len(items) > 0 {
		stood := r.stood()
		if blank {
			return stood
		}
		return stood.Why(items[0].Mutation)
	}
	text := string(r.bytes(r.uvarint()))
	if reason >= len(reasons) {
		r.err = errKept
		return nil
	}
	return &refusal{reasons[reason], text}
}

// keptPost stands where outcomes have their number: none is kept for no items.
const keptPost = 0

// AppendPosted writes what became of a post as it is kept with its idempotency key.
func AppendPosted(b []byte, p Post, answer Posted) []byte {
	b = append(b, keptPost)
	b = binary.AppendUvarint(b, uint64(len(p.Room)))
	b = append(b, p.Room...)
	b = binary.AppendUvarint(b, uint64(len(p.Lines)))
	if answer.Err != nil {
		return appendRefusal(b, answer.Err)
	}
	b = append(b, keptSample)
	b = binary.AppendUvarint(b, answer.First)
	return binary.AppendVarint(b, answer.Time)
}

// ReadPosted reads what AppendPosted wrote for this post, marked as a repeat. It
// answers ErrKeyReused where it was written for another room, for another number
// of lines, or for mutations; one that would begin a run, where none was begun.
func ReadPosted(b []byte, p Post) (Posted, error) {
	r := keptReader{b: b}
	again := Posted{Repeat: true}
	is := r.bytes(1)[0] == keptPost
	if room := string(r.bytes(r.uvarint())); p.Run == nil {
		is = is && room == p.Room
	} else if id, begun := strings.CutPrefix(room, run.Prefix); begun {
		again.Run = id
	} else {
		is = false
	}
	if !is || r.uvarint() != uint64(len(p.Lines)) {
		return Posted{}, cmp.Or(r.err, ErrKeyReused)
	}
	if r.bytes(1)[0] == keptSample {
		again.First, again.Time = r.uvarint(), r.varint()
		again.Last = again.First + uint64(len(p.Lines)) - 1
	} else {
		again.Err = r.refusal(nil, false)
	}
	return again, r.err
}

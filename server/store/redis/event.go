package redis

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// The kinds of events.
const (
	sampled  = 's' // a batch of mutations was decided
	declared = 'd'
	deleted  = 'x'
	flushed  = 'f' // samples are in roll-ups
	renewed  = 'e' // another epoch began
)

// event is an entry of the log. The scripts write them (lua/begin.lua).
type event struct {
	kind    byte
	id      string // 8 bytes, of the call that made it
	before  string // id of the event before it
	time    int64  // of the call, ms since 1970
	payload string
	at      place // where it is in the log; zero for one that is not in it
}

// place is a place in the log: that of its nth event.
type place struct {
	seq uint64 // of the newest sample up to there
	n   uint64 // counts events, from 1, without a hole
	id  string // of the event there
}

// String is the seq and the number, as an entry's id in the log.
func (p place) String() string {
	return strconv.FormatUint(p.seq, 10) + "-" + strconv.FormatUint(p.n, 10)
}

const (
	idSize     = 8
	headerSize = 1 + 2*idSize + 8
)

var errEvent = errors.New("an event of the log cannot be read")

// readEvent reads an event that append wrote, or that a script answered.
func readEvent(b string) (event, error) {
	if len(b) < headerSize {
		return event{}, errEvent
	}
	r := reading{b: b[1+2*idSize:]}
	e := event{kind: b[0], id: b[1 : 1+idSize], before: b[1+idSize : 1+2*idSize], time: int64(r.number())}
	e.payload = r.b
	return e, nil
}

// readPlaced reads an event with its place in the log.
func readPlaced(at, b string) (event, error) {
	e, err := readEvent(b)
	if err != nil {
		return e, err
	}
	seq, n, _ := strings.Cut(at, "-")
	e.at.id = e.id
	if e.at.seq, err = strconv.ParseUint(seq, 10, 64); err == nil {
		e.at.n, err = strconv.ParseUint(n, 10, 64)
	}
	if err != nil {
		return e, fmt.Errorf("%w: %w", errEvent, err)
	}
	return e, nil
}

// newID is an id of a call, or a name, that nobody has had before.
func newID() string {
	var b [idSize]byte
	_, _ = rand.Read(b[:]) // never fails
	return string(b[:])
}

// reading reads what struct.pack wrote; after the first damage everything reads as zero.
type reading struct {
	b   string
	err error
}

func (r *reading) bytes(n int) string {
	if n < 0 || n > len(r.b) {
		r.b, r.err = "", errEvent
		return strings.Repeat("\x00", min(max(n, 0), 8))
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reading) byte() byte { return r.bytes(1)[0] }

func (r *reading) uint16() uint16 {
	b := r.bytes(2)
	return uint16(b[0]) | uint16(b[1])<<8
}

func (r *reading) uint32() uint32 {
	b := r.bytes(4)
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

func (r *reading) uint64() uint64 { return uint64(r.uint32()) | uint64(r.uint32())<<32 }

func (r *reading) number() float64 { return math.Float64frombits(r.uint64()) }

func appendNumber(b []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
}

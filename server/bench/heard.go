package bench

import (
	"bytes"
	"hash/maphash"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"telltale/shared/series"
	"telltale/shared/wire"
)

// word is what one message from the server says.
type word struct {
	kind  string        // its type; "" where it cannot be read
	from  uint64        // of a frame
	seq   uint64        // of a frame, a snapshot, or a room's message
	room  string        // of a room's message
	count int64         // changes in a frame; 1 for a message of this run
	due   time.Duration // when the oldest of a frame, or the message, was due; negative where that is not said
	says  string        // an error's detail
	code  string        // an error's
}

// framePrefix is how the server begins a frame, which is not worth reading twice.
var framePrefix = []byte(`{"type":"frame",`)

// maxKept bounds the words that are kept. Those of a tenth of a second are two.
const maxKept = 1024

// heard decodes what the server sends, once for all who are sent the same bytes. Safe for
// concurrent use.
type heard struct {
	run  string // begins what is said in rooms
	seed maphash.Seed

	mu      sync.RWMutex
	words   map[uint64]word // by the hash of their bytes
	decoder wire.Decoder
	frame   series.Frame
}

func newHeard(run string) *heard {
	return &heard{run: run, seed: maphash.MakeSeed(), words: map[uint64]word{}}
}

// word reads a message. What most viewers are sent is hashed, which takes a hundredth of
// what decoding does.
func (h *heard) word(message []byte) word {
	hash := maphash.Bytes(h.seed, message)
	h.mu.RLock()
	w, known := h.words[hash]
	h.mu.RUnlock()
	if known {
		return w
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.words) >= maxKept {
		clear(h.words)
	}
	w = h.read(message)
	h.words[hash] = w
	return w
}

// read decodes a message; the caller holds mu.
func (h *heard) read(message []byte) word {
	e, err := wire.Envelope{Type: wire.TypeFrame}, error(nil)
	if !bytes.HasPrefix(message, framePrefix) {
		e, err = wire.Open(message)
	}
	w := word{kind: e.Type, due: -1}
	switch e.Type {
	case wire.TypeFrame:
		if err = h.decoder.Frame(message, &h.frame); err == nil {
			w.from, w.seq = h.frame.From, h.frame.Seq
			w.due = oldest(h.frame)
			for _, b := range h.frame.Values {
				w.count += b.Count
			}
		}
	case wire.TypeSnapshot:
		var s series.Snapshot
		s, _, err = h.decoder.Snapshot(message)
		w.seq = s.Seq
	case wire.TypeBroadcast:
		var said wire.Said
		err = wire.Decode(message, &said)
		if w.seq, w.room = said.Seq, said.RoomID; strings.HasPrefix(said.Content, h.run) {
			w.count, w.due = 1, dueOf(said.Content)
		}
	case wire.TypeError:
		var refused wire.Error
		err = wire.Decode(message, &refused)
		w.says, w.code = refused.Detail, refused.Code
	}
	if err != nil {
		w.kind = ""
	}
	return w
}

// oldest is when the oldest change of a frame was due.
func oldest(f series.Frame) time.Duration {
	least := math.Inf(1)
	for _, b := range f.Values {
		least = min(least, b.Min)
	}
	if least < 0 || least > float64(math.MaxInt32)*1000 { // of no run of ours
		return -1
	}
	return time.Duration(least * float64(time.Millisecond))
}

// dueOf reads a message of this program: the run, ms, and what makes it as long as a line is.
func dueOf(content string) time.Duration {
	parts := strings.Fields(content)
	if len(parts) < 2 {
		return -1
	}
	ms, err := strconv.ParseFloat(parts[1], 64)
	if err != nil {
		return -1
	}
	return time.Duration(ms * float64(time.Millisecond))
}

// appendMS writes a time since the run began as the value of a change.
func appendMS(b []byte, due time.Duration) []byte {
	return strconv.AppendFloat(b, float64(due.Microseconds()/100)/10, 'f', -1, 64)
}

// filler makes a message as long as a line of a program's output.
var filler = string(bytes.Repeat([]byte("."), 96))

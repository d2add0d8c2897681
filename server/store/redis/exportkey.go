package redis

import (
	"cmp"
	"encoding/binary"

	"telltale/server/ledger"
	"telltale/server/store/dump"
)

// What is kept with an idempotency key that came with an import: as package ledger writes it, in
// place of outcomes, so that the scripts see whether it begins with a refusal; or, of a post or a
// board, behind keyMoved.
const (
	outMoved        = 0
	outMovedRefused = 18

	keyMutations = 'm'
	keyMoved     = 'l'
)

// keyRecord is what is kept with a key as it is exported; without an Answer where nothing was asked.
func (s *Store) keyRecord(name, kept string) (dump.Key, error) {
	time, digest, what, r := readKey(kept)
	k := dump.Key{Key: []byte(name), Time: time, Digest: digest}
	var err error
	switch what {
	case keyMoved:
		k.Answer = []byte(r.b)
	case keyMutations:
		k.Answer, err = keptOutcomes(&r)
	case keyPost:
		var p ledger.Post
		p.Room, p.Lines = r.short(), make([]ledger.Line, min(uint64(r.number()), maxPosted))
		k.Answer = ledger.AppendPosted(nil, p, readPosted(&r, &p))
	case keyBoard:
		var c ledger.BoardChange
		c.ID = r.short()
		var answer ledger.BoardChanged
		answer, err = s.readChanged(r.b, c)
		k.Answer = ledger.AppendBoardChanged(nil, c, answer)
	default:
		err = errEvent
	}
	return k, cmp.Or(r.err, err)
}

// maxPosted is more lines than one post has.
const maxPosted = 1 << 24

// keptOutcomes are the outcomes of mutations as package ledger writes them.
func keptOutcomes(r *reading) ([]byte, error) {
	count := r.uint32()
	a := answers{reading: reading{b: r.b, err: r.err}, blank: true}
	a.now, a.seq = int64(a.number()), uint64(a.number())
	if moved := a.movedOutcomes(); moved != "" || count == 0 || int(count) > len(r.b) {
		return []byte(moved), a.err
	}
	outcomes := make([]ledger.Outcome, count)
	a.entry(make([]ledger.Item, count), outcomes)
	return ledger.AppendOutcomes(nil, outcomes), a.err
}

// movedOutcomes takes outcomes that came with an import; "" where others follow.
func (r *reading) movedOutcomes() (kept string) {
	if r.b == "" || r.b[0] != outMoved && r.b[0] != outMovedRefused {
		return ""
	}
	kept, r.b = r.b[1:], ""
	return kept
}

// moved reads outcomes that came with an import; false where others follow.
func (a *answers) moved(items []ledger.Item, out []ledger.Outcome) bool {
	kept := a.movedOutcomes()
	if kept == "" {
		return false
	}
	var found []ledger.Outcome
	if a.blank {
		found, a.err = ledger.KeptOutcomes([]byte(kept))
	} else {
		found, a.err = ledger.ReadOutcomes([]byte(kept), items)
	}
	if a.err == nil && len(found) != len(out) {
		a.err = errEvent
	}
	copy(out, found)
	return true
}

// keptKey is a key that is imported, as it is kept.
func keptKey(k *dump.Key) (string, error) {
	b := binary.LittleEndian.AppendUint64(appendNumber(nil, float64(k.Time)), k.Digest)
	if len(k.Answer) > 0 && k.Answer[0] == 0 { // of a post or a board
		return string(append(append(b, keyMoved), k.Answer...)), nil
	}
	outcomes, err := ledger.KeptOutcomes(k.Answer)
	if err != nil || len(outcomes) == 0 {
		return "", cmp.Or(err, errEvent)
	}
	code := byte(outMoved)
	if outcomes[0].Err != nil {
		code = outMovedRefused
	}
	b = binary.LittleEndian.AppendUint32(append(b, keyMutations), uint32(len(outcomes)))
	b = appendNumber(appendNumber(b, 0), 0)
	return string(append(append(b, code), k.Answer...)), nil
}

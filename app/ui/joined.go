package ui

import (
	"strings"

	"telltale/shared/room"
)

// Pieces of a line are put together within blocks of so many seqs, and up to
// room.MaxLine bytes: so a row is the same whatever was read besides, and a command
// that draws for days makes no row of days.
const joinBlock = 256

// joined is which messages stand in one row with others: the pieces of a line that
// came slowly, as a progress bar's do. The row stands where its first piece does, and
// has its number; what others said meanwhile comes below.
type joined struct {
	into map[uint64]uint64 // of each piece but the first: in whose row it stands
	rows map[uint64]joinedRow
}

// joinedRow is a row of several pieces.
type joinedRow struct {
	pieces []string
	size   int    // bytes of them
	last   uint64 // the seq of the last one
}

// blockOf is the first seq of the block of one.
func blockOf(seq uint64) uint64 { return seq - seq%joinBlock }

// join looks through the blocks of from to to; at gives what was read.
func join(at func(seq uint64) (room.Message, bool), from, to uint64) (j joined) {
	for begin := blockOf(from); begin <= to; begin += joinBlock {
		j.block(at, begin)
	}
	return j
}

// joinAll joins messages whose seqs follow on.
func joinAll(messages []room.Message) joined {
	if len(messages) == 0 {
		return joined{}
	}
	first := messages[0].Seq
	return join(func(seq uint64) (room.Message, bool) {
		if i := seq - first; i < uint64(len(messages)) {
			return messages[i], true
		}
		return room.Message{}, false
	}, first, first+uint64(len(messages))-1)
}

func (j *joined) block(at func(uint64) (room.Message, bool), begin uint64) {
	var heads [2]uint64 // of stdout and stderr: the row that goes on; 0 for none
	for seq := begin; seq < begin+joinBlock; seq++ {
		m, has := at(seq)
		if !has {
			heads = [2]uint64{} // what goes on with what is not known
			continue
		}
		if m.Stream == "" {
			continue
		}
		head := &heads[0]
		if m.Stream == room.Stderr {
			head = &heads[1]
		}
		if *head == 0 || !j.add(*head, m, at) {
			*head = seq
		}
		if !m.Open {
			*head = 0
		}
	}
}

// add puts a piece into a row, where that does not become too long.
func (j *joined) add(head uint64, m room.Message, at func(uint64) (room.Message, bool)) bool {
	row, has := j.rows[head]
	if !has {
		first, _ := at(head)
		row = joinedRow{pieces: []string{first.Content}, size: len(first.Content)}
	}
	if row.size += len(m.Content); row.size > room.MaxLine {
		return false
	}
	row.pieces, row.last = append(row.pieces, m.Content), m.Seq
	if j.rows == nil {
		j.into, j.rows = map[uint64]uint64{}, map[uint64]joinedRow{}
	}
	j.into[m.Seq] = head
	j.rows[head] = row
	return true
}

// row is where a message stands.
func (j *joined) row(seq uint64) uint64 {
	if head, is := j.into[seq]; is {
		return head
	}
	return seq
}

// whole is a message with all of its row, of which last is the last piece.
func (j *joined) whole(m room.Message) (whole room.Message, last uint64) {
	if row, is := j.rows[m.Seq]; is {
		m.Content = strings.Join(row.pieces, "")
		return m, row.last
	}
	return m, m.Seq
}

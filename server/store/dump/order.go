package dump

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"telltale/server/store/lines"
	"telltale/server/store/rollup"
	"telltale/shared/board"
	"telltale/shared/metric"
	"telltale/shared/room"
	"telltale/shared/run"
	"telltale/shared/series"
)

// order checks that records come as Write's sources give them, so that a store may take each
// of them as it is.
type order struct {
	stage   int
	store   Store
	metrics uint32
	cells   place           // of the newest cells of the metric
	seq     uint64          // of the newest sample
	room    *Room           // the one whose messages come
	last    uint64          // seq of the newest of these
	runs    map[string]bool // those whose rooms have not come yet, by id
	before  string          // name of the record before, of the same stage
	event   uint64          // seq of the event before
}

// place is where cells lie among those of their metric.
type place struct {
	tier  int
	chunk int64
	last  int64 // start of the newest cell
}

// The stages of a file.
const (
	beforeStore = iota
	ofStore
	ofMetrics
	ofSamples
	ofRuns
	ofRooms
	ofBoards
	ofKeys
	ofTokens
	ofEvents
)

func (o *order) check(r Record) error {
	if err := o.checkKind(r); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil
}

func (o *order) checkKind(r Record) error {
	n := 0
	for _, is := range []bool{r.Export != nil, r.Store != nil, r.Metric != nil, r.Cells != nil, r.Samples != nil, r.Run != nil, r.Room != nil,
		r.Messages != nil, r.Board != nil, r.Key != nil, r.Token != nil, r.Event != nil, r.End != nil} {
		if is {
			n++
		}
	}
	switch {
	case n != 1 || r.Export != nil || r.End != nil:
		return errors.New("a line is not one record")
	case r.Store != nil:
		o.store = *r.Store
		if o.stage != beforeStore || o.store.Seq > maxSeq || o.store.Passed > maxSeq || o.store.Forgotten > o.store.Seq {
			return errors.New("the store is out of place")
		}
		o.stage = ofStore
		return nil
	case r.Metric != nil:
		return o.checkMetric(r.Metric)
	case r.Cells != nil:
		return o.checkCells(r.Cells)
	case r.Samples != nil:
		return o.checkSamples(r.Samples)
	case r.Run != nil:
		return o.checkRun(r.Run)
	case r.Room != nil:
		return o.checkRoom(r.Room)
	case r.Messages != nil:
		return o.checkMessages(r.Messages)
	case r.Board != nil:
		if err := board.CheckID(r.Board.ID); err != nil {
			return err
		}
		return o.enter(ofBoards, r.Board.ID)
	case r.Key != nil:
		return o.enter(ofKeys, string(r.Key.Key))
	case r.Token != nil:
		return o.enter(ofTokens, r.Token.Name)
	}
	return o.checkEvent(r.Event.Seq)
}

// maxSeq is one that every store can keep: whole in a double, and in 41 bits for a room's.
const maxSeq = 1<<53 - 1

// enter has a record of a stage come, whose name is greater than that of the one before.
func (o *order) enter(stage int, name string) error {
	switch {
	case o.stage == beforeStore || stage < o.stage:
		return fmt.Errorf("%.80q is out of place", name)
	case stage == o.stage && name <= o.before:
		return fmt.Errorf("%.80q does not come after %.80q", name, o.before)
	}
	o.stage, o.before = stage, name
	if stage > ofRooms {
		return o.leaveRooms()
	}
	return nil
}

func (o *order) end() error {
	err := o.leaveRooms()
	if err == nil && o.stage == beforeStore {
		err = errors.New("it holds nothing")
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil
}

func (o *order) checkMetric(m *Metric) error {
	id, err := metric.Parse(string(m.ID))
	if err == nil {
		err = m.Check()
	}
	switch {
	case err != nil:
		return err
	case id != m.ID, m.Seq > o.store.Seq, o.metrics == rollup.MaxNum:
		return fmt.Errorf("the metric %.80q cannot be", m.ID)
	}
	o.metrics++
	o.cells = place{tier: -1}
	return o.enter(ofMetrics, string(m.ID))
}

func (o *order) checkCells(c *Cells) error {
	if o.stage != ofMetrics || c.Tier < max(o.cells.tier, 0) || c.Tier >= len(series.Tiers) {
		return fmt.Errorf("cells of tier %d are out of place", c.Tier)
	}
	if c.Tier > o.cells.tier {
		o.cells = place{c.Tier, math.MinInt64, math.MinInt64}
	}
	step, n, chunk, ordered := series.Tiers[c.Tier].Step, 0, int64(0), true
	rest, err := rollup.EachCell(c.Cells, step, func(cell *rollup.Cell) {
		at := rollup.Chunk(cell.Start, step)
		if n == 0 {
			chunk = at
		}
		ordered = ordered && at == chunk && cell.Start > o.cells.last && cell.Start >= metric.MinTime && cell.Start <= maxTime
		o.cells.last = cell.Start
		n++
	})
	if err != nil || len(rest) > 0 || n == 0 || !ordered || chunk <= o.cells.chunk {
		return errors.Join(fmt.Errorf("cells of tier %d cannot be", c.Tier), err)
	}
	o.cells.chunk = chunk
	return nil
}

// maxTime is later than all times, ms since 1970: the year 10,000.
const maxTime = 253402300800000

func (o *order) checkSamples(s *Samples) error {
	if o.stage == beforeStore || o.stage > ofSamples || s.First <= max(o.seq, o.store.Forgotten) {
		return fmt.Errorf("samples from seq %d are out of place", s.First)
	}
	o.stage = ofSamples
	o.seq = s.First - 1
	known := true
	err := rollup.Samples(s.Samples, s.Time, func(p rollup.Sample) bool {
		o.seq++
		known = known && p.Num > 0 && p.Num <= o.metrics
		return known
	})
	if err != nil || !known || o.seq < s.First || o.seq != s.Last || o.seq > o.store.Seq {
		return errors.Join(fmt.Errorf("samples from seq %d cannot be", s.First), err)
	}
	return nil
}

func (o *order) checkRun(r *Run) error {
	if err := run.CheckID(r.Run.ID); err != nil {
		return err
	}
	if o.runs == nil {
		o.runs = map[string]bool{}
	}
	o.runs[r.Run.ID] = true
	return o.enter(ofRuns, r.Run.ID)
}

func (o *order) checkRoom(r *Room) error {
	if err := room.CheckName(r.Name); err != nil {
		return err
	}
	if r.Pruned > r.Last || r.Last > maxRoomSeq {
		return fmt.Errorf("the room %s cannot be", r.Name)
	}
	if err := o.leaveRoom(); err != nil {
		return err
	}
	if id, is := strings.CutPrefix(r.Name, run.Prefix); is {
		delete(o.runs, id)
	}
	o.room, o.last = r, r.Pruned
	return o.enter(ofRooms, r.Name)
}

// maxRoomSeq is the last seq of a room.
const maxRoomSeq = 1<<41 - 2

// leaveRoom tells whether all messages of the room have come.
func (o *order) leaveRoom() error {
	if o.room != nil && o.last != o.room.Last {
		return fmt.Errorf("the messages of %s end with %d, not with %d", o.room.Name, o.last, o.room.Last)
	}
	o.room = nil
	return nil
}

// leaveRooms tells whether all rooms have come.
func (o *order) leaveRooms() error {
	if len(o.runs) > 0 {
		return fmt.Errorf("%d runs have no room", len(o.runs))
	}
	return o.leaveRoom()
}

func (o *order) checkMessages(m *Messages) error {
	if o.room == nil || m.First != o.last+1 || m.Last < m.First || m.Last > o.room.Last || m.Time > o.room.Time {
		return fmt.Errorf("the messages from seq %d are out of place", m.First)
	}
	n := uint64(0)
	err := lines.Each(m.Lines, func(*lines.Line) bool {
		n++
		return true
	})
	if err != nil || n != m.Last-m.First+1 {
		return errors.Join(fmt.Errorf("the messages of %s from seq %d cannot be", o.room.Name, m.First), err)
	}
	o.last = m.Last
	return nil
}

func (o *order) checkEvent(seq uint64) error {
	if o.stage == ofEvents {
		if seq >= o.event {
			return fmt.Errorf("the event %d is out of place", seq)
		}
	} else if err := o.enter(ofEvents, "event"); err != nil {
		return err
	}
	o.event = seq
	if seq == 0 || seq > maxSeq {
		return fmt.Errorf("the event %d cannot be", seq)
	}
	return nil
}

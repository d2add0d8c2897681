package dump

import (
	"telltale/server/store/rollup"
	"telltale/shared/series"
)

// Merge gives the chunks of a tier of a metric as they are written: those that are kept, in order,
// into which later cells, sorted by their start, are folded.
type Merge struct {
	Tier  int
	Later []rollup.Cell
	Put   Put
}

// Chunk takes the next chunk that is kept.
func (m *Merge) Chunk(cells []rollup.Cell) error {
	if len(cells) == 0 {
		return nil
	}
	step := series.Tiers[m.Tier].Step
	chunk := rollup.Chunk(cells[0].Start, step)
	if err := m.upTo(chunk); err != nil {
		return err
	}
	n := 0
	for n < len(m.Later) && rollup.Chunk(m.Later[n].Start, step) == chunk {
		n++
	}
	cells = rollup.Merge(cells, m.Later[:n:n])
	m.Later = m.Later[n:]
	return m.put(cells)
}

// End gives what comes after the last chunk that is kept.
func (m *Merge) End() error { return m.upTo(1 << 62) }

// upTo gives the chunks before one that are not kept yet.
func (m *Merge) upTo(chunk int64) error {
	step := series.Tiers[m.Tier].Step
	for len(m.Later) > 0 {
		at, n := rollup.Chunk(m.Later[0].Start, step), 1
		if at >= chunk {
			return nil
		}
		for n < len(m.Later) && rollup.Chunk(m.Later[n].Start, step) == at {
			n++
		}
		if err := m.put(m.Later[:n]); err != nil {
			return err
		}
		m.Later = m.Later[n:]
	}
	return nil
}

func (m *Merge) put(cells []rollup.Cell) error {
	return m.Put(Record{Cells: &Cells{Tier: m.Tier, Cells: rollup.AppendCells(nil, series.Tiers[m.Tier].Step, cells)}})
}

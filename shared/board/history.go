package board

// MaxSteps is how many edits can be undone.
const MaxSteps = 200

// History is a board while it is edited, and what it was before. Not for concurrent use.
type History struct {
	now    Board
	past   []Board // the oldest first
	future []Board // what was undone, the last one last
}

// NewHistory begins with a board.
func NewHistory(b Board) *History { return &History{now: b} }

// Now is the board as edited.
func (h *History) Now() Board { return h.now }

// Do makes next the board, so that Undo brings back the one before. A board that
// does not pass Check is refused, and nothing changes; what is the same is no step.
func (h *History) Do(next Board) error {
	if err := next.Check(); err != nil {
		return err
	}
	if next.Same(h.now) {
		return nil
	}
	if len(h.past) == MaxSteps {
		h.past = append(h.past[:0], h.past[1:]...)
	}
	h.past, h.now, h.future = append(h.past, h.now), next, nil
	return nil
}

// Undoes is how many steps can be undone.
func (h *History) Undoes() int { return len(h.past) }

// Redoes is how many steps can be done again.
func (h *History) Redoes() int { return len(h.future) }

// Undo goes back one step; false where there is none.
func (h *History) Undo() bool { return step(&h.past, &h.now, &h.future) }

// Redo does again what was undone; false where nothing was.
func (h *History) Redo() bool { return step(&h.future, &h.now, &h.past) }

// step takes the last of from as now, which goes to to.
func step(from *[]Board, now *Board, to *[]Board) bool {
	last := len(*from) - 1
	if last < 0 {
		return false
	}
	*to, *now, *from = append(*to, *now), (*from)[last], (*from)[:last]
	return true
}

package dump

import (
	"telltale/server/ledger"
	"telltale/shared/access"
	"telltale/shared/metric"
	"telltale/shared/run"
)

// Record is one line: one of its fields. They come in this order, but that a metric is followed
// by its Cells, and a room by its Messages.
type Record struct {
	Export   *Export       `json:"telltale_export,omitempty"`
	Store    *Store        `json:"store,omitempty"`
	Metric   *Metric       `json:"metric,omitempty"`
	Cells    *Cells        `json:"cells,omitempty"`
	Samples  *Samples      `json:"samples,omitempty"`
	Run      *Run          `json:"run,omitempty"`
	Room     *Room         `json:"room,omitempty"`
	Messages *Messages     `json:"messages,omitempty"`
	Board    *Board        `json:"board,omitempty"`
	Key      *Key          `json:"key,omitempty"`
	Token    *Token        `json:"token,omitempty"`
	Event    *access.Event `json:"event,omitempty"`
	End      *End          `json:"end,omitempty"`
}

// Export begins a file.
type Export struct {
	Version int `json:"version"`
}

// Store is what a store knows besides all that follows.
type Store struct {
	Seq       uint64 `json:"seq"`       // of the newest sample
	Forgotten uint64 `json:"forgotten"` // seq at which a metric was last deleted
	Passed    uint64 `json:"passed"`    // highest seq of any room that made place
}

// Metric is a metric; the first one has the place 1.
type Metric struct {
	ID metric.ID `json:"id"`
	metric.Declaration
	Time  int64   `json:"time"` // its head, as metric.Head has it
	Seq   uint64  `json:"seq"`
	Value float64 `json:"value"`
}

// Of is the record of a metric.
func Of(m metric.Metric) *Metric {
	return &Metric{ID: m.ID, Declaration: m.Declaration, Time: m.Head.Time, Seq: m.Head.Seq, Value: m.Head.Value}
}

// Metric is what the record is of.
func (m *Metric) Metric() metric.Metric {
	return metric.Metric{ID: m.ID, Declaration: m.Declaration, Head: metric.Head{Time: m.Time, Seq: m.Seq, Value: m.Value}}
}

// Cells are those of one chunk of a tier of the metric before, as rollup.AppendCells writes them.
type Cells struct {
	Tier  int    `json:"tier"` // of series.Tiers
	Cells []byte `json:"cells"`
}

// Samples are those of a committed batch that is kept as such, as rollup.AppendSample writes
// them, by the places of their metrics.
type Samples struct {
	First   uint64 `json:"first"` // seq
	Last    uint64 `json:"last"`
	Time    int64  `json:"time"` // of the commit, ms since 1970
	Samples []byte `json:"samples"`
}

// Run is how a run stands. Its room comes later.
type Run struct {
	Run   run.Run `json:"run"`
	Taken uint64  `json:"taken"` // bytes of its output
}

// Standing is what the record is of.
func (r *Run) Standing() ledger.Standing { return ledger.Standing{Run: r.Run, Taken: r.Taken} }

// Room is a room, of which the seqs after Pruned to Last are kept.
type Room struct {
	Name   string `json:"name"`
	Last   uint64 `json:"last"`
	Time   int64  `json:"time"` // of its newest message, or when it was made; ms since 1970
	Pruned uint64 `json:"pruned"`
}

// Messages are a row of the room before, as lines.Append writes them.
type Messages struct {
	First uint64 `json:"first"` // seq
	Last  uint64 `json:"last"`
	Time  int64  `json:"time"`
	Lines []byte `json:"lines"`
}

// Board is a board.
type Board struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Panels   int    `json:"panels"`
	Revision string `json:"revision"`
	Time     int64  `json:"time"`
	Document []byte `json:"document"`
}

// OfBoard is the record of a board.
func OfBoard(b ledger.Board) *Board {
	return &Board{b.ID, b.Title, b.Panels, b.Revision, b.Time, b.Document}
}

// Board is what the record is of.
func (b *Board) Board() ledger.Board {
	return ledger.Board{Document: b.Document, BoardSummary: ledger.BoardSummary{
		ID: b.ID, Title: b.Title, Panels: b.Panels, Revision: b.Revision, Time: b.Time}}
}

// Key is an idempotency key with what it was answered, as package ledger writes that. A key may
// be any bytes.
type Key struct {
	Key    []byte `json:"key"`
	Time   int64  `json:"time"` // ms since 1970
	Digest uint64 `json:"digest"`
	Answer []byte `json:"answer"`
}

// Token is a token, with its hash.
type Token struct {
	access.Token
	Hash []byte `json:"hash"`
}

// OfToken is the record of a token.
func OfToken(t access.Token) *Token { return &Token{t, t.Hash[:]} }

// Full is what the record is of.
func (t *Token) Full() access.Token {
	full := t.Token
	copy(full.Hash[:], t.Hash)
	return full
}

// End ends a file.
type End struct {
	SHA256  string `json:"sha256"`  // of all lines before, as hex
	Records uint64 `json:"records"` // this one left out
}

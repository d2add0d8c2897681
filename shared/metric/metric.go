package metric

import (
	"encoding/json"
	"fmt"
)

// Kind says how a metric is changed; the zero Kind is not decided yet.
type Kind uint8

// A Counter counts: it is changed by adds and never falls below its floor, 0
// unless declared otherwise. A Gauge reads: it is changed by sets and adds.
const (
	Undecided Kind = iota
	Counter
	Gauge
)

var kindNames = [...]string{"", "counter", "gauge"}

func (k Kind) String() string { return kindNames[k] }

// MarshalText writes "counter", "gauge" or "".
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText writes; anything else is an error.
func (k *Kind) UnmarshalText(b []byte) error {
	for i, name := range kindNames {
		if string(b) == name {
			*k = Kind(i)
			return nil
		}
	}
	return fmt.Errorf("%q is not a kind: it is counter or gauge", b)
}

// Op is what a mutation does.
type Op uint8

// A mutation either adds to the value or sets it.
const (
	Add Op = iota + 1
	Set
)

// Mutation is one add or set, as a client asked for it.
type Mutation struct {
	Metric ID
	Op     Op
	Value  float64 // what is added, or what it is set to
	Time   int64   // ms since 1970; 0 means when the store takes it
}

// Sample is an accepted mutation.
type Sample struct {
	Metric ID      `json:"metric"`
	Value  float64 `json:"value"` // the value that resulted
	Seq    uint64  `json:"seq"`   // its place in the one order over all metrics
	Time   int64   `json:"time"`  // ms since 1970
	Add    float64 `json:"-"`     // what was added; 0 for a set
}

// Declaration is what an owner says of a metric. The zero Declaration says
// nothing: the first mutation decides the kind, and a counter's floor is 0.
type Declaration struct {
	Kind    Kind     `json:"kind,omitempty"`
	Title   string   `json:"title,omitempty"`
	Unit    string   `json:"unit,omitempty"` // "bytes", "bytes/s", "percent", "seconds", or any short text
	Floor   *float64 `json:"floor,omitempty"`
	Ceiling *float64 `json:"ceiling,omitempty"`
}

// Head is a metric's current value: that of the sample with the newest time,
// then seq; an add moves it whatever its time. The zero Head has no value yet.
type Head struct {
	Time  int64
	Seq   uint64 // of the last sample that moved it; 0 where there is none
	Value float64
}

// Apply moves the head by a sample. Samples come in the order of their seq.
func (h *Head) Apply(s Sample) {
	if s.Time < h.Time && s.Add == 0 {
		return
	}
	h.Time = max(h.Time, s.Time)
	h.Seq, h.Value = s.Seq, s.Value
}

// Metric is all that is known of one metric now.
type Metric struct {
	ID ID `json:"metric"`
	Declaration
	Head Head `json:"-"`
}

// MarshalJSON writes the row of GET /api/v1/metrics; value and time are absent
// from a metric that was declared and never changed.
func (m Metric) MarshalJSON() ([]byte, error) {
	row := struct {
		ID ID `json:"metric"`
		Declaration
		Value *float64 `json:"value,omitempty"`
		Time  int64    `json:"time,omitempty"`
		Seq   uint64   `json:"seq,omitempty"`
	}{ID: m.ID, Declaration: m.Declaration, Time: m.Head.Time, Seq: m.Head.Seq}
	if m.Head.Seq > 0 {
		row.Value = &m.Head.Value
	}
	return json.Marshal(row)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (m *Metric) UnmarshalJSON(b []byte) error {
	var row struct {
		ID ID `json:"metric"`
		Declaration
		Value float64 `json:"value"`
		Time  int64   `json:"time"`
		Seq   uint64  `json:"seq"`
	}
	if err := json.Unmarshal(b, &row); err != nil {
		return err
	}
	*m = Metric{ID: row.ID, Declaration: row.Declaration, Head: Head{Time: row.Time, Seq: row.Seq, Value: row.Value}}
	return nil
}

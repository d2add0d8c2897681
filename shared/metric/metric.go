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

// String is "counter", "gauge" or "".
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

// Value is the metric's value, and whether it has one: a counter that never
// counted stands where its first add begins, a gauge has none before it was set.
func (m Metric) Value() (value float64, has bool) {
	if m.Head.Seq > 0 {
		return m.Head.Value, true
	}
	floor, ceiling := m.Bounds()
	return min(max(0, floor), ceiling), m.Kind == Counter
}

// row is a metric in JSON. Value and time are null where there is none.
type row struct {
	ID      ID       `json:"metric"`
	Kind    Kind     `json:"kind"`
	Title   string   `json:"title"`
	Unit    string   `json:"unit"`
	Floor   *float64 `json:"floor,omitempty"`
	Ceiling *float64 `json:"ceiling,omitempty"`
	Value   *float64 `json:"value"`
	Time    *int64   `json:"time"`
	Seq     uint64   `json:"seq"`
}

// MarshalJSON writes the row of GET /api/v1/metrics.
func (m Metric) MarshalJSON() ([]byte, error) {
	r := row{ID: m.ID, Kind: m.Kind, Title: m.Title, Unit: m.Unit, Floor: m.Floor, Ceiling: m.Ceiling, Seq: m.Head.Seq}
	if value, has := m.Value(); has {
		r.Value = &value
	}
	if m.Head.Seq > 0 {
		r.Time = &m.Head.Time
	}
	return json.Marshal(r)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (m *Metric) UnmarshalJSON(b []byte) error {
	var r row
	if err := json.Unmarshal(b, &r); err != nil {
		return err
	}
	*m = Metric{ID: r.ID, Declaration: Declaration{Kind: r.Kind, Title: r.Title, Unit: r.Unit, Floor: r.Floor, Ceiling: r.Ceiling}}
	if r.Seq > 0 && r.Value != nil && r.Time != nil {
		m.Head = Head{Time: *r.Time, Seq: r.Seq, Value: *r.Value}
	}
	return nil
}

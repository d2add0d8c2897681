package bench

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Report is what came of a run. What is of all viewers is summed over them.
type Report struct {
	Server  string  `json:"server"`
	Seconds float64 `json:"seconds"` // of changes and messages
	Short   bool    `json:"cut_short,omitempty"`

	Viewers struct {
		Connected int     `json:"connected"`
		Seconds   float64 `json:"seconds"` // until all had come
		Dropped   int     `json:"dropped"` // whose connection ended
		Why       string  `json:"why,omitempty"`
		Snapshots int     `json:"snapshots"` // that took the place of frames, for viewers that fell far behind
	} `json:"viewers"`
	Changes  Posted `json:"changes"`
	Messages Posted `json:"messages"`

	Frames    int64   `json:"frames"`
	FrameRate float64 `json:"frames_per_second"` // of a viewer
	Staleness Spread  `json:"staleness_ms"`      // of the oldest change of each frame, at each viewer
	Delay     Spread  `json:"message_delay_ms"`  // from when a message was due to each member

	Cost        *ServerCost `json:"server_cost,omitempty"`
	CostUnknown string      `json:"server_cost_unknown,omitempty"` // why
	Own         float64     `json:"own_cpu_seconds"`               // of this program; 0 where it is not known

	Left    int    `json:"metrics_left,omitempty"` // on the server, that could not be removed
	LeftWhy string `json:"metrics_left_why,omitempty"`
}

// Posted is what became of changes, or of messages.
type Posted struct {
	Due          int64  `json:"due"`
	Acknowledged int64  `json:"acknowledged"`
	Refused      int64  `json:"refused"`
	Unanswered   int64  `json:"unanswered"` // of which nobody knows whether they were done
	Why          string `json:"why,omitempty"`
	Late         Spread `json:"late_ms"`   // from when the first of a request was due until this program made it
	Answer       Spread `json:"answer_ms"` // of a request
	Delivered    int64  `json:"delivered"`
	Lost         int64  `json:"lost"`
	Doubled      int64  `json:"doubled"`
}

// ServerCost is what a run cost the server.
type ServerCost struct {
	CPUSeconds float64 `json:"cpu_seconds"`    // from the first change until all was delivered
	Cores      float64 `json:"cores"`          // of that time
	PerFrame   float64 `json:"cpu_us_a_frame"` // frames and messages delivered; ingest is part of it
	MemoryIdle int64   `json:"memory_before"`  // bytes resident
	MemoryOpen int64   `json:"memory_viewers"` // with all viewers, before the first change
	MemoryLoad int64   `json:"memory_after"`   // with all viewers, after all was delivered
	PerViewer  float64 `json:"kib_a_viewer"`   // idle
}

// Flaw is what must not be, in words; "" where nothing was lost, doubled or dropped.
func (r *Report) Flaw() string {
	var flaws []string
	count := func(n int64, what string) {
		if n > 0 {
			flaws = append(flaws, fmt.Sprintf("%d %s", n, what))
		}
	}
	count(r.Changes.Lost, "changes were lost")
	count(r.Changes.Doubled, "changes came twice")
	count(r.Messages.Lost, "messages were lost")
	count(r.Messages.Doubled, "messages came twice")
	count(int64(r.Viewers.Dropped), "viewers were dropped: "+r.Viewers.Why)
	return strings.Join(flaws, ", ")
}

// Table writes the report for a person.
func (r *Report) Table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(t, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	row("server", "%s, %.1f s", r.Server, r.Seconds)
	row("viewers", "%d, all there after %.1f s, %d dropped", r.Viewers.Connected, r.Viewers.Seconds, r.Viewers.Dropped)
	r.Changes.rows(row, "changes", r.Seconds)
	if r.Changes.Due > 0 {
		row("frames", "%d, %.1f a second at each viewer, %d snapshots in their place", r.Frames, r.FrameRate, r.Viewers.Snapshots)
		row("staleness", "%s", r.Staleness)
	}
	if r.Messages.Due > 0 {
		r.Messages.rows(row, "messages", r.Seconds)
		row("delay", "%s", r.Delay)
	}
	if c := r.Cost; c != nil {
		row("server cpu", "%.2f s, %.2f cores, %.1f µs a delivery", c.CPUSeconds, c.Cores, c.PerFrame)
		row("server memory", "%s idle, %s with all viewers (%.1f KiB each), %s after", inMiB(c.MemoryIdle), inMiB(c.MemoryOpen), c.PerViewer, inMiB(c.MemoryLoad))
	} else {
		row("server cost", "unknown: %s", r.CostUnknown)
	}
	if r.Own > 0 {
		row("this program", "%.2f s of cpu", r.Own)
	}
	if r.Left > 0 {
		row("left there", "%d metrics: %s", r.Left, r.LeftWhy)
	}
	return t.Flush()
}

func (p Posted) rows(row func(name, format string, args ...any), name string, seconds float64) {
	if p.Due == 0 {
		return
	}
	row(name, "%d acknowledged (%.0f a second), %d refused, %d not answered%s", p.Acknowledged, float64(p.Acknowledged)/seconds, p.Refused, p.Unanswered, because(p.Why))
	row("posted after", "%s", p.Late)
	row("answered in", "%s", p.Answer)
	row("delivered", "%d, %d lost, %d doubled", p.Delivered, p.Lost, p.Doubled)
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

// String is a spread in ms.
func (s Spread) String() string {
	return fmt.Sprintf("p50 %.1f ms, p99 %.1f ms, at most %.1f ms", s.P50, s.P99, s.Max)
}

func inMiB(bytes int64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }

package run

import "fmt"

// Sender is who says how a run ended, in its rooms.
const Sender = "run"

// Ending is the sentence that says how a run ended; "" for one that runs.
func (r *Run) Ending() string {
	after := Span(r.Duration)
	switch r.State {
	case Exited:
		code := 0
		if r.Code != nil {
			code = *r.Code
		}
		return fmt.Sprintf("exited with code %d after %s", code, after)
	case Signalled:
		if r.Signal == "" {
			return "ended by a signal after " + after
		}
		return fmt.Sprintf("ended by %s after %s", r.Signal, after)
	case TimedOut:
		return "stopped after " + after + ": its time was over"
	case Lost:
		return "lost: nobody knows how it ended"
	}
	return ""
}

// Span writes a duration in ms as a person says it, in its two largest units:
// "90 ms", "1.2 s", "14 s", "1 m 3 s", "2 h 5 m", "3 d 4 h".
func Span(ms int64) string {
	const second, minute, hour, day = 1000, 60_000, 3_600_000, 86_400_000
	ms = max(ms, 0)
	switch {
	case ms < second:
		return fmt.Sprintf("%d ms", ms)
	case ms < 10*second:
		return fmt.Sprintf("%d.%d s", ms/second, ms%second/100)
	case ms < minute:
		return fmt.Sprintf("%d s", ms/second)
	case ms < hour:
		return fmt.Sprintf("%d m %d s", ms/minute, ms%minute/second)
	case ms < day:
		return fmt.Sprintf("%d h %d m", ms/hour, ms%hour/minute)
	}
	return fmt.Sprintf("%d d %d h", ms/day, ms%day/hour)
}

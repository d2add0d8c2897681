package board

import (
	"fmt"
	"strconv"
)

// Span is a stretch of time in ms, which JSON holds as people write it: "90s", "5m", "1h", "7d".
type Span int64

// units of spans, the longest first.
var units = [...]struct {
	letter byte
	ms     int64
}{{'d', 86_400_000}, {'h', 3_600_000}, {'m', 60_000}, {'s', 1_000}}

// MaxSpan is 100 years, as far back as a history is asked for.
const MaxSpan Span = 100 * 366 * 86_400_000

// ParseSpan reads a whole number and its unit.
func ParseSpan(text string) (Span, error) {
	for _, u := range units {
		if n := len(text) - 1; n > 0 && text[n] == u.letter {
			if count, err := strconv.ParseUint(text[:n], 10, 32); err == nil && int64(count) <= int64(MaxSpan)/u.ms {
				return Span(int64(count) * u.ms), nil
			}
		}
	}
	return 0, fmt.Errorf("%w: %.40q is not a span of time such as 90s, 5m, 1h or 7d", ErrBoard, text)
}

// String writes it in the longest unit that leaves no rest; what is finer than a second is left out.
func (s Span) String() string {
	for _, u := range units {
		if s != 0 && int64(s)%u.ms == 0 {
			return strconv.FormatInt(int64(s)/u.ms, 10) + string(u.letter)
		}
	}
	return strconv.FormatInt(int64(s)/1000, 10) + "s"
}

// MarshalText writes it for JSON.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads it from JSON.
func (s *Span) UnmarshalText(text []byte) (err error) {
	*s, err = ParseSpan(string(text))
	return err
}

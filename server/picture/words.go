package picture

import (
	"time"
	"unicode/utf8"
)

// local is a time of the view as the place where it is looked at has it.
func (v *View) local(ms int64) time.Time {
	at := time.UnixMilli(ms).UTC()
	if v.Zone != nil {
		at = at.Add(time.Duration(v.Zone(ms)) * time.Second)
	}
	return at
}

// clock is a time of day.
func (v *View) clock(ms int64) string { return v.local(ms).Format("15:04:05") }

// when says what stretch of time the view is of.
func (v *View) when() string {
	const date, clock = "2 Jan 2006", "15:04:05"
	from, to := v.local(v.From), v.local(v.To)
	switch {
	case !v.Past:
		return to.Format(date+" "+clock) + " · " + span(v.To-v.From)
	case from.Format(date) == to.Format(date):
		return from.Format(date+" "+clock) + " – " + to.Format(clock)
	}
	return from.Format(date+" 15:04") + " – " + to.Format(date+" 15:04")
}

// span is a range in its longest unit.
func span(ms int64) string {
	for _, u := range [...]struct {
		ms   int64
		name string
	}{{365 * 86_400_000, "year"}, {86_400_000, "day"}, {3_600_000, "hour"}, {60_000, "minute"}, {1000, "second"}} {
		if n := (ms + u.ms/2) / u.ms; ms%u.ms == 0 && n > 0 || ms >= 10*u.ms {
			if n == 1 {
				return "the last " + u.name
			}
			return "the last " + itoa(n) + " " + u.name + "s"
		}
	}
	return "now"
}

func itoa(n int64) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

// folder breaks texts into rows of a width, as width measures them, between words where it can.
func folder(width float64, measure func(string) float64) func(string) []string {
	return func(text string) (rows []string) {
		for text != "" {
			end, space := 0, 0
			for end < len(text) {
				_, n := utf8.DecodeRuneInString(text[end:])
				if end > 0 && measure(text[:end+n]) > width {
					break
				}
				if text[end] == ' ' {
					space = end
				}
				end += n
			}
			if end == len(text) || space == 0 {
				rows, text = append(rows, text[:end]), text[end:]
				continue
			}
			rows, text = append(rows, text[:space]), text[space+1:]
		}
		return rows
	}
}

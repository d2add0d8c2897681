package ui

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"telltale/shared/chart"
	"telltale/shared/metric"
)

// value is a metric's current value as a person reads it.
func value(m metric.Metric) string {
	value, has := m.Value()
	if !has {
		return "–"
	}
	return string(chart.AppendValue(nil, value, m.Unit))
}

// oldAfter is the age from which a reading is said to be old though contact is good.
const oldAfter = 60 * second

// age says how old a value is, where that should be said: always without contact,
// and of a gauge that has not been set for a while. A counter holds its value.
func age(m metric.Metric, now int64, stale bool) string {
	past := now - m.Head.Time
	if m.Head.Time == 0 || !stale && (m.Kind == metric.Counter || past < oldAfter) {
		return ""
	}
	return ago(past)
}

// ago says how long ago something was, past in ms.
func ago(past int64) string {
	n, unit := max(past, 0)/second, " s ago"
	switch {
	case n >= 2*86400:
		n, unit = n/86400, " days ago"
	case n >= 2*3600:
		n, unit = n/3600, " h ago"
	case n >= 120:
		n, unit = n/60, " min ago"
	}
	return strconv.FormatInt(n, 10) + unit
}

// moment is a time of day, with its date where that is not today's.
func moment(ms, now int64, zone func(int64) int) string {
	at := time.UnixMilli(ms).UTC().Add(time.Duration(zone(ms)) * time.Second)
	today := time.UnixMilli(now).UTC().Add(time.Duration(zone(now)) * time.Second)
	if at.YearDay() == today.YearDay() && at.Year() == today.Year() {
		return at.Format("15:04:05")
	}
	return at.Format("2 Jan 15:04")
}

// refusal is what to tell a person about the answer to a mutation: nothing where it
// was done.
func refusal(status int, body string, err error) string {
	var problem struct{ Detail, Title string }
	switch {
	case err != nil:
		return "Not counted: the server does not answer"
	case status < 300:
		return ""
	case json.Unmarshal([]byte(body), &problem) != nil || problem.Detail+problem.Title == "":
		return "Not counted: the server answered with status " + strconv.Itoa(status)
	case problem.Detail == "":
		return capital(problem.Title)
	}
	return capital(problem.Detail)
}

// capital begins a sentence.
func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

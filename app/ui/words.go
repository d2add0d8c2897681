package ui

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"telltale/shared/chart"
	"telltale/shared/fresh"
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

// ago says how long ago something was, past in ms.
func ago(past int64) string { return fresh.Lapse(past) + " ago" }

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

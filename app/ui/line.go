package ui

import (
	"hash/fnv"
	"strconv"
	"time"
	"unicode/utf8"

	"telltale/app/live"
	"telltale/shared/ansi"
	"telltale/shared/room"
	"telltale/shared/run"
	"telltale/shared/scene"
)

// How much of a line is shown until it is asked for as a whole.
const (
	mostShown  = 800 // bytes
	mostBreaks = 16
	mostSpans  = 200
	smallShown = 160 // bytes, on a card
)

// line is a message as it stands on the page. Everything in it is text.
type line struct {
	Key    string `json:"k"`           // its seq, or the key of one that waits
	Head   string `json:"n,omitempty"` // what stands above it: of what came before it nothing is kept
	Day    string `json:"d,omitempty"` // the first of a day
	Mark   string `json:"m,omitempty"` // the first that is new
	Number string `json:"i,omitempty"` // a link to it
	Time   string `json:"t,omitempty"`
	At     string `json:"a,omitempty"` // the time in full, for machines
	Who    string `json:"w,omitempty"`
	Hue    int    `json:"h,omitempty"`
	Text   string `json:"x"`
	// Paint is the style of Text's parts, "" where all is plain; see paintOf.
	Paint string `json:"p,omitempty"`
	Kind  string `json:"c"`           // classes
	More  string `json:"o,omitempty"` // the button that shows all of it
	Note  string `json:"s,omitempty"` // how things stand with a line of ours
}

// lineOf is a message that begins in a style, and the style at its end; whole shows
// all of a long one.
func lineOf(m room.Message, whole bool, at ansi.Style, zone func(int64) int) (line, ansi.Style) {
	spans, end := ansi.Line(m.Content, at)
	l := line{
		Key: strconv.FormatUint(m.Seq, 10), Time: clockTime(m.Time, zone), At: stamp(m.Time),
		Who: m.Sender, Hue: hue(m.Sender), Kind: "line",
	}
	if carries(m) {
		l.Kind, l.Who = l.Kind+" output", "" // of a run is said elsewhere whose it is
	}
	if m.Sender == run.Sender && m.Stream == "" {
		l.Kind += " ending"
	}
	if m.Stream == room.Stderr {
		l.Kind += " stderr"
	}
	begun, cut := clip(spans, mostShown, mostBreaks)
	switch {
	case cut && whole:
		l.More = "Show less"
	case cut:
		spans = append(begun, ansi.Span{Text: " …"})
		l.More = "Show all " + sizeOf(len(m.Content))
	}
	l.Text, l.Paint = textOf(spans), paintOf(spans)
	return l, end
}

// lineSmall is a message on a card, where one that is long is only begun.
func lineSmall(m room.Message, at ansi.Style, zone func(int64) int) (line, ansi.Style) {
	spans, end := ansi.Line(m.Content, at)
	m.Content = ""
	l, _ := lineOf(m, false, at, zone)
	if begun, cut := clip(spans, smallShown, 1); cut {
		spans = append(begun, ansi.Span{Text: " …"})
	}
	l.Text, l.Paint = textOf(spans), paintOf(spans)
	return l, end
}

// carries tells whether a message's style goes on in the next such one: output's does,
// what somebody says begins plain.
func carries(m room.Message) bool { return m.Sender == "" || m.Stream != "" }

// lineWaiting is a line of ours that the server does not have yet.
func lineWaiting(w live.Waiting, user string, joined bool, zone func(int64) int) line {
	l, _ := lineOf(room.Message{Sender: user, Time: w.Time, Content: w.Content}, false, ansi.Style{}, zone)
	l.Key, l.Kind, l.Note = w.Key, l.Kind+" waiting", "sending"
	switch {
	case w.Refused != "":
		l.Kind, l.Note = l.Kind+" refused", capital(w.Refused)
	case !joined:
		l.Note = "not sent yet: it goes as soon as there is a connection"
	}
	return l
}

// clip is the beginning of what is long: bytes, rows and changes of style are bounded.
func clip(spans []ansi.Span, most, rows int) (begun []ansi.Span, cut bool) {
	left := most
	for i, s := range spans {
		end := len(s.Text)
		for at := 0; at < end; at++ {
			if s.Text[at] == '\n' {
				if rows--; rows == 0 {
					end = at
				}
			}
		}
		if end > left {
			for end = left; !utf8.RuneStart(s.Text[end]); end-- {
			}
		}
		if end < len(s.Text) || i == mostSpans {
			if end > 0 {
				begun = append(begun, ansi.Span{Style: s.Style, Text: s.Text[:end]})
			}
			return begun, true
		}
		begun = append(begun, s)
		left -= end
	}
	return begun, false
}

// hue is a name's own colour among those of the charts.
func hue(name string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return int(h.Sum32() % scene.SeriesCount)
}

func local(ms int64, zone func(int64) int) time.Time {
	return time.UnixMilli(ms).UTC().Add(time.Duration(zone(ms)) * time.Second)
}

func clockTime(ms int64, zone func(int64) int) string { return local(ms, zone).Format("15:04:05") }

// stamp is a time for machines; web/first.js writes it in the viewer's zone.
func stamp(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z") }

// day names the day of a time; "" where it is that of another.
func day(ms, other int64, zone func(int64) int) string {
	at := local(ms, zone)
	if before := local(other, zone); before.YearDay() == at.YearDay() && before.Year() == at.Year() {
		return ""
	}
	return at.Format("Monday, 2 January 2006")
}

func sizeOf(bytes int) string {
	if bytes < 10_000 {
		return strconv.Itoa(bytes) + " bytes"
	}
	if bytes < 10<<20 {
		return strconv.Itoa((bytes+512)>>10) + " KiB"
	}
	return strconv.Itoa((bytes+1<<19)>>20) + " MiB"
}

// many writes a number with its noun: "1 message", "2 messages".
func many(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(n) + " " + noun + "s"
}

// grouped writes a number with commas between thousands.
func grouped(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// gone says which messages are no longer kept; "" where all are.
func gone(first uint64) string {
	switch {
	case first <= 1:
		return ""
	case first == 2:
		return "Message 1 is no longer kept"
	}
	return "Messages 1 to " + grouped(first-1) + " are no longer kept"
}

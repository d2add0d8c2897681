package ui

import (
	"hash/fnv"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"telltale/app/live"
	"telltale/shared/room"
	"telltale/shared/scene"
)

// How much of a line is shown until it is asked for as a whole.
const (
	mostShown  = 800 // bytes
	mostBreaks = 16
	smallShown = 160 // bytes, on a card
)

// line is a message as it stands on the page. Everything in it is text.
type line struct {
	Key  string `json:"k"`           // its seq, or the key of one that waits
	Head string `json:"n,omitempty"` // what stands above it: of what came before it nothing is kept
	Day  string `json:"d,omitempty"` // the first of a day
	Mark string `json:"m,omitempty"` // the first that is new
	Time string `json:"t,omitempty"`
	At   string `json:"a,omitempty"` // the time in full, for machines
	Who  string `json:"w,omitempty"`
	Hue  int    `json:"h,omitempty"`
	Text string `json:"x"`
	Kind string `json:"c"`           // classes
	More string `json:"o,omitempty"` // the button that shows all of it
	Note string `json:"s,omitempty"` // how things stand with a line of ours
}

// lineOf is a message; whole shows all of a long one.
func lineOf(m room.Message, whole bool, zone func(int64) int) line {
	shown, cut := clip(m.Content)
	l := line{
		Key: strconv.FormatUint(m.Seq, 10), Time: clockTime(m.Time, zone), At: stamp(m.Time),
		Who: m.Sender, Hue: hue(m.Sender), Text: legible(shown), Kind: "line",
	}
	if m.Sender == "" {
		l.Kind += " output"
	}
	if m.Stream == room.Stderr {
		l.Kind += " stderr"
	}
	switch {
	case cut && whole:
		l.Text, l.More = legible(m.Content), "Show less"
	case cut:
		l.Text, l.More = l.Text+" …", "Show all "+sizeOf(len(m.Content))
	}
	return l
}

// lineSmall is a message on a card, where one that is long is only begun.
func lineSmall(m room.Message, zone func(int64) int) line {
	if end := min(len(m.Content), smallShown); end < len(m.Content) || strings.ContainsAny(m.Content, "\r\n") {
		if i := strings.IndexAny(m.Content[:end], "\r\n"); i >= 0 {
			end = i
		}
		for end > 0 && !utf8.RuneStart(m.Content[end]) {
			end--
		}
		m.Content = m.Content[:end] + " …"
	}
	return lineOf(m, false, zone)
}

// lineWaiting is a line of ours that the server does not have yet.
func lineWaiting(w live.Waiting, user string, joined bool, zone func(int64) int) line {
	l := lineOf(room.Message{Sender: user, Time: w.Time, Content: w.Content}, false, zone)
	l.Key, l.Kind, l.Note = w.Key, l.Kind+" waiting", "sending"
	switch {
	case w.Refused != "":
		l.Kind, l.Note = l.Kind+" refused", capital(w.Refused)
	case !joined:
		l.Note = "not sent yet: it goes as soon as there is a connection"
	}
	return l
}

// clip is the beginning of a long content, cut between runes.
func clip(content string) (shown string, cut bool) {
	end := len(content)
	if end > mostShown {
		for end = mostShown; !utf8.RuneStart(content[end]); end-- {
		}
	}
	breaks := 0
	for i := range end {
		if c := content[i]; c == '\n' || c == '\r' {
			if breaks++; breaks == mostBreaks {
				end = i
				break
			}
		}
	}
	return content[:end], end < len(content)
}

// legible shows what a terminal would not print as text: its escape sequences are
// left out (ECMA-48, section 5.4), carriage returns are new lines, and any other
// control character is shown as its picture.
func legible(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' || r == 0x7f }) < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if n := escape(s[i:]); n > 0 {
			i += n
			continue
		}
		switch c := s[i]; {
		case c == '\r':
			if i+1 < len(s) && s[i+1] != '\n' {
				b.WriteByte('\n')
			}
		case c == 0x7f:
			b.WriteRune('␡')
		case c < ' ' && c != '\t' && c != '\n':
			b.WriteRune('␀' + rune(c))
		default:
			b.WriteByte(c)
		}
		i++
	}
	return b.String()
}

// escape is the length of the control sequence that s begins with, 0 for none: ESC [
// parameters intermediates final, or ESC ] … up to BEL or ESC \.
func escape(s string) int {
	if len(s) < 2 || s[0] != 0x1b {
		return 0
	}
	switch s[1] {
	case '[':
		for i := 2; i < len(s); i++ {
			switch c := s[i]; {
			case c >= 0x40 && c <= 0x7e:
				return i + 1
			case c < 0x20 || c > 0x3f:
				return 0
			}
		}
	case ']':
		for i := 2; i < len(s); i++ {
			switch {
			case s[i] == 0x07:
				return i + 1
			case s[i] == 0x1b && i+1 < len(s) && s[i+1] == '\\':
				return i + 2
			}
		}
	}
	return 0
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
	return strconv.Itoa((bytes+512)>>10) + " KiB"
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

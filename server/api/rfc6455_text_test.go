package api

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"telltale/shared/wire"
)

const (
	kosme     = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"
	surrogate = kosme + "\xed\xa0\x80edited" // wrong from its byte 12 on
	tooHigh   = kosme + "\xf4\x90\x80\x80edited"
)

var notUTF8 = hear(closedBy(wire.CloseNotUTF8))

func TestAutobahn6Point1To3Text(t *testing.T) {
	const hallo = "Hello-µ@ßöäüàá-UTF-8!!"
	middle := echo("middle frame payload")
	at := strings.Index(echo(hallo), "ü") // between two runes
	play(t, open(t), []frameCase{
		{"6.1.1 text of length 0", frames(textOf("")), hear(notJSON)},
		{"6.1.2 three fragments of length 0", frames(unfinished(textOf("")), unfinished(moreOf("")), moreOf("")), hear(notJSON)},
		{"6.1.3 three fragments, the first and the last of length 0", frames(unfinished(textOf("")), unfinished(moreOf(middle)), moreOf("")), hear(echoed("middle frame payload"))},
		{"6.2.1 text in one fragment", frames(textOf(echo(hallo))), hear(echoed(hallo))},
		{"6.2.2 text in two fragments, between two runes", frames(unfinished(textOf(echo(hallo)[:at])), moreOf(echo(hallo)[at:])), hear(echoed(hallo))},
		{"6.2.3 text in fragments of 1 byte", inFragments(echo(hallo), 1), hear(echoed(hallo))},
		{"6.2.4 kosme in fragments of 1 byte", inFragments(echo(kosme), 1), hear(echoed(kosme))},
		{"6.3.1 a surrogate in one fragment", frames(textOf(surrogate)), notUTF8},
		{"6.3.1 a surrogate within JSON", frames(textOf(echo(surrogate))), notUTF8},
		{"6.3.2 a surrogate in fragments of 1 byte", inFragments(surrogate, 1), notUTF8},
	})
}

// The server closes as soon as it has seen the byte that no text goes on with; the
// rest is never sent.
func TestAutobahn6Point4TextThatGoesWrongIsClosedAtOnce(t *testing.T) {
	h := open(t)
	for _, c := range []struct {
		name string
		good int // bytes that may come without harm
		bad  int // and those that end it
	}{
		{"6.4.1 three fragments, the second wrong", len(kosme), 4},
		{"6.4.2 three fragments, the second is the byte that is wrong", 12, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := h.speak(t)
			s.say(0, unfinished(textOf(tooHigh[:c.good])), pingOf("still here"))
			s.hears(ponged("still here"))
			s.say(0, unfinished(moreOf(tooHigh[c.good:c.good+c.bad])))
			s.ends(notUTF8...)
		})
	}
	for _, c := range []struct {
		name      string
		good, bad int
	}{
		{"6.4.3 one frame in three chops, the second wrong", len(kosme), 4},
		{"6.4.4 one frame in three chops, the second is the byte that is wrong", 12, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := h.speak(t)
			frame := textOf(tooHigh).bytes(s.rand)
			head := len(frame) - len(tooHigh)
			_, _ = s.Write(pingOf("still here").bytes(s.rand))
			_, _ = s.Write(frame[:head+c.good])
			s.hears(ponged("still here"))
			_, _ = s.Write(frame[head+c.good : head+c.good+c.bad])
			s.ends(notUTF8...)
		})
	}
}

// sequences is a group of the suite's cases 6.5 to 6.22, which it has from Markus
// Kuhn's UTF-8 decoder test.
type sequences struct {
	name  string
	right bool // all of them, but for those in except
	text  []string
	// except are the cases of the other kind.
	except []int
}

func sequencesOfTheSuite() []sequences {
	upTo := func(from, to byte, between string) string { // to not included, as there
		var b strings.Builder
		for c := from; c < to; c++ {
			b.WriteByte(c)
			b.WriteString(between)
		}
		return b.String()
	}
	var prefixes []string
	for i := range len(kosme) {
		prefixes = append(prefixes, kosme[:i+1])
	}
	missing := []string{"\xc0", "\xe0\x80", "\xf0\x80\x80", "\xf8\x80\x80\x80", "\xfc\x80\x80\x80\x80",
		"\xdf", "\xef\xbf", "\xf7\xbf\xbf", "\xfb\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf"}
	nonCharacters := []string{"\xef\xbf\xbe", "\xef\xbf\xbf"}
	for plane := rune(1); plane <= 0x10; plane++ {
		nonCharacters = append(nonCharacters, string(plane<<16|0xfffe), string(plane<<16|0xffff))
	}
	return []sequences{
		{"6.5 some correct text", true, []string{"hello\x24world", "hello\xc2\xa2world", "hello\xe2\x82\xacworld", "hello\xf0\xa4\xad\xa2world", kosme}, nil},
		{"6.6 all prefixes of a correct text", false, prefixes, []int{2, 5, 7, 9, 11}},
		{"6.7 the first sequence of a length", true, []string{"\x00", "\xc2\x80", "\xe0\xa0\x80", "\xf0\x90\x80\x80"}, nil},
		{"6.8 the first sequence of lengths 5 and 6", false, []string{"\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80"}, nil},
		{"6.9 the last sequence of a length", true, []string{"\x7f", "\xdf\xbf", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf"}, nil},
		{"6.10 the last sequence of lengths 4 to 6", false, []string{"\xf7\xbf\xbf\xbf", "\xfb\xbf\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf\xbf"}, nil},
		{"6.11 other boundaries", true, []string{"\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbd", "\xf4\x8f\xbf\xbf", "\xf4\x90\x80\x80"}, []int{5}},
		{"6.12 unexpected continuation bytes", false, []string{"\x80", "\xbf", "\x80\xbf", "\x80\xbf\x80", "\x80\xbf\x80\xbf", "\x80\xbf\x80\xbf\x80", "\x80\xbf\x80\xbf\x80\xbf", upTo(0x80, 0xbf, "")}, nil},
		{"6.13 lonely first bytes", false, []string{upTo(0xc0, 0xdf, " "), upTo(0xe0, 0xef, " "), upTo(0xf0, 0xf7, " "), upTo(0xf8, 0xfb, " "), upTo(0xfc, 0xfd, " ")}, nil},
		{"6.14 the last continuation byte is missing", false, missing, nil},
		{"6.15 sequences that do not end, one after the other", false, []string{strings.Join(missing, "")}, nil},
		{"6.16 impossible bytes", false, []string{"\xfe", "\xff", "\xfe\xfe\xff\xff"}, nil},
		{"6.17 an overlong ASCII character", false, []string{"\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xf8\x80\x80\x80\xaf", "\xfc\x80\x80\x80\x80\xaf"}, nil},
		{"6.18 the last overlong sequence of a length", false, []string{"\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf8\x87\xbf\xbf\xbf", "\xfc\x83\xbf\xbf\xbf\xbf"}, nil},
		{"6.19 an overlong NUL", false, []string{"\xc0\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xf8\x80\x80\x80\x80", "\xfc\x80\x80\x80\x80\x80"}, nil},
		{"6.20 single surrogates", false, []string{"\xed\xa0\x80", "\xed\xad\xbf", "\xed\xae\x80", "\xed\xaf\xbf", "\xed\xb0\x80", "\xed\xbe\x80", "\xed\xbf\xbf"}, nil},
		{"6.21 paired surrogates", false, []string{"\xed\xa0\x80\xed\xb0\x80", "\xed\xa0\x80\xed\xbf\xbf", "\xed\xad\xbf\xed\xb0\x80", "\xed\xad\xbf\xed\xbf\xbf",
			"\xed\xae\x80\xed\xb0\x80", "\xed\xae\x80\xed\xbf\xbf", "\xed\xaf\xbf\xed\xb0\x80", "\xed\xaf\xbf\xed\xbf\xbf"}, nil},
		{"6.22 code points that are no characters, correct all the same", true, nonCharacters, nil},
		{"6.23 specials", true, []string{"\xef\xbf\xb9", "\xef\xbf\xba", "\xef\xbf\xbb", "\xef\xbf\xbc", "\xef\xbf\xbd", "\xef\xbf\xbe", "\xef\xbf\xbf"}, nil},
	}
}

// Each sequence is sent as a message of its own, as the suite does, and within JSON,
// where the answer gives it back.
func TestAutobahn6Point5To23SequencesOfUTF8(t *testing.T) {
	var cases []frameCase
	for _, group := range sequencesOfTheSuite() {
		number, meaning, _ := strings.Cut(group.name, " ")
		for i, text := range group.text {
			right := group.right
			for _, e := range group.except {
				if i+1 == e {
					right = !right
				}
			}
			if right != utf8.ValidString(text) {
				t.Fatalf("%s.%d: %x", number, i+1, text)
			}
			name := fmt.Sprintf("%s.%d %s: %x", number, i+1, meaning, text)
			alone, within := hear(notJSON), hear(echoed(text))
			if !right {
				alone, within = notUTF8, notUTF8
			}
			cases = append(cases, frameCase{name, frames(textOf(text)), alone}, frameCase{name + " within JSON", frames(textOf(echo(text))), within})
		}
	}
	play(t, open(t), cases)
}

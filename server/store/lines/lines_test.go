package lines_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"telltale/server/store/lines"
	"telltale/shared/room"
)

func write(all []room.Message) (b []byte) {
	before := ""
	for _, m := range all {
		b = lines.Append(b, before, m)
		before = m.Sender
	}
	return b
}

func read(b []byte) (all []room.Message, err error) {
	err = lines.Each(b, func(l *lines.Line) bool {
		all = append(all, room.Message{Sender: string(l.Sender), Stream: l.Stream, Content: string(l.Content), Raw: l.Raw(), Open: l.Open})
		return true
	})
	return all, err
}

func someLines(r *rand.Rand, n int) (all []room.Message) {
	for range n {
		m := room.Message{
			Sender:  []string{"", "", "alice", "alice", "Zoë", strings.Repeat("u", room.MaxUser)}[r.IntN(6)],
			Stream:  []room.Stream{"", "", room.Stdout, room.Stderr, "stdin"}[r.IntN(5)],
			Content: []string{"", "\x00", "a\nb", "é😀", strings.Repeat("x", 127), strings.Repeat("y", 128), strings.Repeat("z", room.MaxLine)}[r.IntN(7)],
			Open:    r.IntN(3) == 0,
		}
		m.Raw = []string{"", "", m.Content + "\r", "\r", "\xff\xfe", m.Content}[r.IntN(6)]
		all = append(all, m)
	}
	return all
}

func TestMessagesAreReadBackToTheByte(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for n := range 60 {
		want := someLines(r, n)
		if got, err := read(write(want)); err != nil || n > 0 && !reflect.DeepEqual(got, want) {
			t.Fatalf("%d messages: %v, equal %v", n, err, reflect.DeepEqual(got, want))
		}
	}
}

// TestWhatWasWrittenBeforeLinesHadBytesIsRead reads a blob as it was written when
// a message was a sender, a stream and a content.
func TestWhatWasWrittenBeforeLinesHadBytesIsRead(t *testing.T) {
	want := []room.Message{{Content: "a"}, {Sender: "bob", Stream: room.Stdout, Content: "é"}, {Sender: "bob", Stream: room.Stderr},
		{Sender: "", Stream: "in", Content: "x"}}
	old := "\x00\x01a" + "\x05\x03bob\x02é" + "\x02\x00" + "\x07\x00\x02in\x01x"
	if got, err := read([]byte(old)); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if again := write(want); string(again) != old {
		t.Errorf("%q is written now, %q was", again, old)
	}
}

func TestAMessageCostsThreeBytesBesidesItsContent(t *testing.T) {
	content := strings.Repeat("x", 200)
	for _, raw := range []string{"", content + "\r"} {
		one := lines.Append(nil, "alice", room.Message{Sender: "alice", Stream: room.Stderr, Content: content, Raw: raw})
		if len(one) > 203 {
			t.Errorf("200 bytes of the sender before take %d", len(one))
		}
	}
}

func TestReadingEndsWhenToldTo(t *testing.T) {
	n := 0
	err := lines.Each(write(make([]room.Message, 5)), func(*lines.Line) bool { n++; return n < 3 })
	if n != 3 || err != nil {
		t.Errorf("%d were read, %v", n, err)
	}
}

func TestDamageIsAnErrorAndNeverAPanic(t *testing.T) {
	whole := lines.Append(nil, "", room.Message{Sender: "alice", Stream: "stdin", Content: "hello", Raw: "\xff", Open: true})
	for n := 1; n < len(whole); n++ {
		if _, err := read(whole[:n]); !errors.Is(err, lines.ErrCorrupt) {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
	for _, b := range [][]byte{{8}, {64}, {24, 0, 0}, {0xff}, {0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}, {4, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2}} {
		if _, err := read(b); !errors.Is(err, lines.ErrCorrupt) {
			t.Errorf("%x: %v", b, err)
		}
	}
}

func FuzzLines(f *testing.F) {
	f.Add(write(someLines(rand.New(rand.NewPCG(2, 1)), 9)[:3]))
	f.Add([]byte{7, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{8 | 32, 1, 'a', 1, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		all, err := read(b)
		if err != nil {
			return
		}
		again, err := read(write(all))
		if err != nil || !reflect.DeepEqual(all, again) {
			t.Errorf("%d messages, then %d, %v", len(all), len(again), err)
		}
		if len(all) == 0 && !bytes.Equal(b, nil) {
			t.Error("bytes without a message are no damage")
		}
	})
}

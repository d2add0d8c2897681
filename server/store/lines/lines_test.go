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

type said struct {
	by      string
	stream  room.Stream
	content string
}

func write(all []said) (b []byte) {
	before := ""
	for _, m := range all {
		b = lines.Append(b, before, m.by, m.stream, m.content)
		before = m.by
	}
	return b
}

func read(b []byte) (all []said, err error) {
	err = lines.Each(b, func(by []byte, stream room.Stream, content []byte) bool {
		all = append(all, said{string(by), stream, string(content)})
		return true
	})
	return all, err
}

func someLines(r *rand.Rand, n int) (all []said) {
	for range n {
		all = append(all, said{
			[]string{"", "", "alice", "alice", "Zoë", strings.Repeat("u", room.MaxUser)}[r.IntN(6)],
			[]room.Stream{"", "", room.Stdout, room.Stderr, "stdin"}[r.IntN(5)],
			[]string{"", "\x00", "a\nb", "é😀", strings.Repeat("x", 127), strings.Repeat("y", 128), strings.Repeat("z", room.MaxLine)}[r.IntN(7)],
		})
	}
	return all
}

func TestMessagesAreReadBackToTheByte(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for n := range 60 {
		want := someLines(r, n)
		if got, err := read(write(want)); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%d messages: %v, equal %v", n, err, reflect.DeepEqual(got, want))
		}
	}
}

func TestAMessageCostsThreeBytesBesidesItsContent(t *testing.T) {
	one := lines.Append(nil, "alice", "alice", room.Stderr, strings.Repeat("x", 200))
	if len(one) > 203 {
		t.Errorf("200 bytes of the sender before take %d", len(one))
	}
}

func TestReadingEndsWhenToldTo(t *testing.T) {
	n := 0
	err := lines.Each(write(make([]said, 5)), func([]byte, room.Stream, []byte) bool { n++; return n < 3 })
	if n != 3 || err != nil {
		t.Errorf("%d were read, %v", n, err)
	}
}

func TestDamageIsAnErrorAndNeverAPanic(t *testing.T) {
	whole := lines.Append(nil, "", "alice", "stdin", "hello")
	for n := 1; n < len(whole); n++ {
		if _, err := read(whole[:n]); !errors.Is(err, lines.ErrCorrupt) {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
	for _, b := range [][]byte{{8}, {0xff}, {0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}, {4, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2}} {
		if _, err := read(b); !errors.Is(err, lines.ErrCorrupt) {
			t.Errorf("%x: %v", b, err)
		}
	}
}

func FuzzLines(f *testing.F) {
	f.Add(write(someLines(rand.New(rand.NewPCG(2, 1)), 9)[:3]))
	f.Add([]byte{7, 0, 0, 0, 0, 0, 0})
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

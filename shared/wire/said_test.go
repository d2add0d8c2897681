package wire

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"telltale/shared/room"
)

func TestWhatWasSaidIsReadByHandAsByTheLibrary(t *testing.T) {
	for _, m := range []room.Message{
		{Room: "r", Seq: 1, Time: 2, Content: "plain"},
		{Room: "r", Seq: 18446744073709551615, Time: -2, Sender: "Zoë", Stream: room.Stderr, Content: "<b>\"\\\n\u2028\x1b[31m \u202e😀"},
		{Room: "run.x", Seq: 3, Stream: room.Stdout, Content: " 10%\r", Open: true},
		{},
	} {
		b := AppendSaid(nil, m, "i")
		var want Said
		if err := Decode(b, &want); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadSaid(b); err != nil || got != want {
			t.Errorf("%s: %+v, %v", b, got, err)
		}
	}
	if _, err := ReadSaid([]byte(`{"type":"broadcast","seq":-1}`)); !errors.Is(err, ErrBadMessage) {
		t.Errorf("a negative seq: %v", err)
	}
}

func TestARoomsHistoryIsReadByHandAsByTheLibrary(t *testing.T) {
	want := []MessageRow{{Seq: 1, Content: "a\tb", Sender: "x", Time: 3}, {Seq: 2, Time: 4, Stream: room.Stdout}, {Seq: 3, Stream: room.Stderr, Open: true}}
	b, _ := json.Marshal(want)
	if got, err := ReadRows(b); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := ReadRows([]byte(" []\n")); err != nil || len(got) != 0 {
		t.Errorf("an empty history: %+v, %v", got, err)
	}
	for _, b := range []string{``, `{}`, `[1]`, `[{"seq":"1"}]`, `[{}`} {
		if _, err := ReadRows([]byte(b)); !errors.Is(err, ErrBadMessage) {
			t.Errorf("%s: %v", b, err)
		}
	}
}

func FuzzSaid(f *testing.F) {
	f.Add(AppendSaid(nil, room.Message{Room: "r", Seq: 3, Content: "\"x\""}, "q"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := ReadSaid(b); err == nil {
			again, err := ReadSaid(AppendSaid(nil, s.Message(), s.ID))
			if err != nil || again.Seq != s.Seq || again.Time != s.Time {
				t.Fatalf("%q: %+v became %+v, %v", b, s, again, err)
			}
		}
	})
}

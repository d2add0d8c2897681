package board

import (
	"encoding/json"
	"errors"
	"testing"
)

func TestASpanIsReadAndWrittenAsPeopleWriteIt(t *testing.T) {
	for text, ms := range map[string]Span{"90s": 90_000, "5m": 300_000, "1h": 3_600_000, "7d": 604_800_000, "0s": 0, "0d": 0, "36600d": MaxSpan,
		"007m": 420_000, "120s": 120_000, "60m": 3_600_000} {
		if got, err := ParseSpan(text); err != nil || got != ms {
			t.Errorf("%s is read as %d, %v, want %d", text, got, err, ms)
		}
	}
	for ms, text := range map[Span]string{90_000: "90s", 120_000: "2m", 300_000: "5m", 3_600_000: "1h", 5_400_000: "90m", 86_400_000: "1d", 604_800_000: "7d",
		0: "0s", 1_500: "1s", MaxSpan: "36600d"} {
		if got := ms.String(); got != text {
			t.Errorf("%d ms are written as %s, want %s", ms, got, text)
		}
	}
}

func TestWhatIsNoSpanIsRefused(t *testing.T) {
	for _, text := range []string{"", "5", "m", "5 m", "5m ", "-5m", "+5m", "5M", "1.5h", "5mm", "1h30m", "1e3s", "36601d", "4294967295d", "99999999999999999999s", "٥m"} {
		if got, err := ParseSpan(text); !errors.Is(err, ErrBoard) {
			t.Errorf("%q is read as %d, %v", text, got, err)
		}
	}
}

func TestASpanGoesThroughJSON(t *testing.T) {
	in := Board{ID: "b", Range: 3_600_000, Panels: []Panel{{ID: "p", Every: 90_000}, {ID: "q"}}}
	text, err := json.Marshal(in)
	if want := `{"id":"b","range":"1h","panels":[{"id":"p","kind":"","every":"90s"},{"id":"q","kind":""}]}`; err != nil || string(text) != want {
		t.Fatalf("written %s, %v", text, err)
	}
	var out Board
	if err := json.Unmarshal(text, &out); err != nil || out.Range != in.Range || out.Panels[0].Every != 90_000 || out.Panels[1].Every != 0 {
		t.Errorf("read %+v, %v", out, err)
	}
}

func FuzzSpan(f *testing.F) {
	for _, text := range []string{"90s", "5m", "1h", "7d", "0s", "x", "36601d"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSpan(text)
		if err != nil {
			return
		}
		if again, err := ParseSpan(s.String()); s < 0 || s > MaxSpan || err != nil || again != s {
			t.Errorf("%q is %d, written %s, read again %d, %v", text, s, s, again, err)
		}
	})
}

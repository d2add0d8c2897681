package api

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"telltale/server/auth"
	"telltale/shared/access"
	"telltale/shared/board"
	"telltale/shared/metric"
)

// nowhere is where nobody can read tokens.
type nowhere struct{}

func (nowhere) Tokens(context.Context) ([]access.Token, error) { return nil, errors.New("away") }
func (nowhere) Version(context.Context) (uint64, error)        { return 0, errors.New("away") }

func TestWhileNobodyKnowsTheTokensNobodyIsSentAway(t *testing.T) {
	ring, err := auth.NewKeyring(t.Context(), nowhere{}, nil)
	if err == nil || ring == nil || ring.Known() || !ring.Closed() {
		t.Fatalf("%v, %v", ring, err)
	}
	a := &API{Options: Options{Gate: &auth.Gate{Keyring: ring, Open: true}}}
	var p *problem
	if err := a.sure(auth.ErrUnknown); !errors.As(err, &p) || p.Status != http.StatusServiceUnavailable || p.retry == 0 {
		t.Errorf("who shows a token gets %v", err)
	}
	if err := a.sure(nil); err != nil {
		t.Errorf("who may is refused: %v", err)
	}
}

func TestAnAnswerSaysHowOldItIsWhereTheStoreIsAway(t *testing.T) {
	away := true
	a := &API{Options: Options{Stale: func() (time.Time, bool) { return time.Now().Add(-90 * time.Second), away }}}
	w := httptest.NewRecorder()
	if a.sayStale(w); w.Header().Get("Telltale-Stale") < "90" {
		t.Errorf("it says %q", w.Header().Get("Telltale-Stale"))
	}
	away = false
	w = httptest.NewRecorder()
	if a.sayStale(w); w.Header().Get("Telltale-Stale") != "" {
		t.Error("it says that it is old though it is not")
	}
}

func TestAPictureSaysAsOfWhenItIsWhereTheStoreIsAway(t *testing.T) {
	h := open(t, func(o *Options) {
		o.Stale = func() (time.Time, bool) { return time.Now().Add(-90 * time.Second), true }
	})
	l := look{panels: func([]metric.Metric) []board.Panel { return nil }, span: span{from: 1000, to: 2_000_000, points: 10}}
	for past, want := range map[bool]int64{false: l.to - 90_000, true: l.to} {
		l.past = past
		if v, err := h.api.view(t.Context(), l); err != nil || v.Heard > want || v.Heard < want-60_000 {
			t.Errorf("of the past: %v: heard %d, %v, want %d", past, v.Heard, err, want)
		}
	}
}

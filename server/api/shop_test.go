package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func TestTheShopCountsUpAndDownAndSaysWhenNothingRemains(t *testing.T) {
	h := open(t)
	for _, c := range []struct{ add, remove, metric, none string }{
		{"/order", "/order", "orders", "no order remains to remove"},
		{"/product", "/product", "products", "no product remains to remove"},
		{"/sign-up", "/sign-off", "customers", "no customer remains to remove"},
	} {
		if r := h.ask("DELETE", c.remove, ""); r.status != 400 || r.detail() != c.none {
			t.Errorf("DELETE %s at zero: %d %s", c.remove, r.status, r.body)
		}
		for want := 1; want <= 2; want++ {
			var got struct {
				Metric    string
				Value     float64
				Seq, Time int64
			}
			if err := json.Unmarshal([]byte(h.must("POST", c.add, "")), &got); err != nil || got.Metric != c.metric || got.Value != float64(want) || got.Seq == 0 || got.Time == 0 {
				t.Errorf("POST %s: %+v, %v", c.add, got, err)
			}
		}
		h.must("DELETE", c.remove, "")
		h.must("DELETE", c.remove, "")
		if r := h.ask("DELETE", c.remove, ""); r.status != 400 || r.detail() != c.none {
			t.Errorf("DELETE %s at zero again: %d %s", c.remove, r.status, r.body)
		}
		if v := h.value(c.metric); v != "0" {
			t.Errorf("%s is %s", c.metric, v)
		}
	}
}

func TestOf100RemovesOf50OrdersExactly50Succeed(t *testing.T) {
	h := open(t)
	for range 50 {
		h.must("POST", "/order", "")
	}
	var removed, refused atomic.Int64
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			switch r := h.ask("DELETE", "/order", ""); {
			case r.status == 200:
				removed.Add(1)
			case r.status == 400 && r.detail() == "no order remains to remove":
				refused.Add(1)
			default:
				t.Errorf("%d %s", r.status, r.body)
			}
		})
	}
	all.Wait()
	if removed.Load() != 50 || refused.Load() != 50 || h.value("orders") != "0" {
		t.Errorf("%d removed, %d refused, %s remain", removed.Load(), refused.Load(), h.value("orders"))
	}
}

func TestTheDashboardOnceIsJSONAndSendsBrowsersHome(t *testing.T) {
	h := open(t)
	if got := h.must("GET", "/dashboard", ""); got != `{"orders":0,"customers":0,"products":0}`+"\n" {
		t.Errorf("at first %s", got)
	}
	h.must("POST", "/order", "")
	if got := h.must("GET", "/dashboard", "", "Accept: */*"); got != `{"orders":1,"customers":0,"products":0}`+"\n" {
		t.Errorf("then %s", got)
	}
	r := h.ask("GET", "/dashboard", "", "Accept: text/html,*/*")
	if r.status != http.StatusSeeOther || r.header.Get("Location") != "/" {
		t.Errorf("a browser got %d to %q", r.status, r.header.Get("Location"))
	}
}

func TestTheDashboardSocketSendsTheWholeStateAtOnceAndAfterEveryChange(t *testing.T) {
	h := open(t)
	h.must("POST", "/product", "")
	p := h.dial("/dashboard")
	if got := string(p.read()); got != `{"orders":0,"customers":0,"products":1}` {
		t.Errorf("at once %s", got)
	}
	for i := range 5 {
		h.must("POST", "/order", "")
		if got, want := string(p.read()), fmt.Sprintf(`{"orders":%d,"customers":0,"products":1}`, i+1); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() { h.must("POST", "/sign-up", "") })
	}
	last := 0.0
	for last < 200 {
		var state shopState
		if err := json.Unmarshal(p.read(), &state); err != nil || state.Customers <= last || state.Orders != 5 {
			t.Fatalf("after %v came %+v, %v", last, state, err)
		}
		last = state.Customers
	}
	all.Wait()
}

func TestTheStatusSocketTellsEveryArrivalDepartureAndSecond(t *testing.T) {
	h := open(t)
	if got := h.must("GET", "/status", ""); got != `{"uptime_seconds":0,"clients":0,"version":"v0"}`+"\n" {
		t.Errorf("plain: %s", got)
	}
	a := h.dial("/status")
	counts := func(p *peer) string {
		for {
			if m := string(p.read()); !strings.HasSuffix(m, " seconds uptime") {
				return m
			}
		}
	}
	if got := counts(a); got != "1 client(s) connected." {
		t.Errorf("the first is told %q", got)
	}
	b := h.dial("/status")
	for _, p := range []*peer{a, b} {
		if got := counts(p); got != "2 client(s) connected." {
			t.Errorf("at the second's coming: %q", got)
		}
	}
	_ = b.conn.CloseNow()
	if got := counts(a); got != "1 client(s) connected." {
		t.Errorf("at the second's leaving: %q", got)
	}
	a.until("1 seconds uptime")
	a.until("2 seconds uptime")
	if got := h.must("GET", "/status", "", "Accept: text/html"); !strings.Contains(got, `"clients":1`) {
		t.Errorf("plain: %s", got)
	}
}

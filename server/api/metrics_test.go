package api

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"telltale/shared/series"
)

func TestTheShortFormSetsAndAdds(t *testing.T) {
	h := open(t)
	for i, c := range []struct{ method, body, want string }{
		{"POST", "21.5", "21.5"}, {"PUT", "=-5", "-5"}, {"POST", " +3\n", "-2"}, {"POST", "-3", "-5"}, {"POST", "", "-4"},
		{"POST", " \n", "-3"}, {"POST", "1e3", "1000"}, {"POST", "= +.5", "0.5"}, {"POST", "0", "0"}, {"POST", "1e21", "1000000000000000000000"},
	} {
		h.must(c.method, "/m/t", c.body)
		if got := h.value("t"); got != c.want {
			t.Errorf("%d: %s %q gives %s, want %s", i, c.method, c.body, got, c.want)
		}
	}
}

func TestTheFirstMutationDecidesTheKind(t *testing.T) {
	h := open(t)
	h.must("POST", "/m/count", "+2")
	h.must("POST", "/m/level", "2")
	got := h.must("GET", "/api/v1/metrics", "")
	var all []struct{ Metric, Kind string }
	if err := json.Unmarshal([]byte(got), &all); err != nil || len(all) != 2 || all[0].Kind != "counter" || all[1].Kind != "gauge" {
		t.Errorf("%s, %v", got, err)
	}
}

func TestAnUploadsTimeIsKeptAndTheNewestTimeIsTheValue(t *testing.T) {
	h := open(t)
	now := time.Now().UnixMilli()
	h.must("POST", "/m/t", "1")
	answer := h.must("POST", fmt.Sprintf("/m/t?t=%d", now-60_000), "2")
	if !strings.Contains(answer, fmt.Sprintf(`"time":%d`, now-60_000)) || h.value("t") != "1" {
		t.Errorf("answer %s, value %s", answer, h.value("t"))
	}
	h.must("POST", "/api/v1/metrics/t", fmt.Sprintf(`{"set":3,"time":%d}`, now+1000))
	if h.value("t") != "3" {
		t.Errorf("value %s", h.value("t"))
	}
}

func TestAMetricsLabelsArePartOfItsPathInAnyOrder(t *testing.T) {
	h := open(t)
	const spelled = `reqs{path="/a/b//../c",code="200"}`
	path := "/m/" + url.PathEscape(spelled)
	if !strings.Contains(path, "%2F") {
		t.Fatal(path)
	}
	answer := h.must("POST", path, "7")
	if !strings.Contains(answer, `"metric":"reqs{code=\"200\",path=\"/a/b//../c\"}"`) {
		t.Errorf("answer %s", answer)
	}
	h.must("POST", "/api/v1/metrics/"+url.PathEscape(`reqs{code="200",path="/a/b//../c"}`), `{"add":1}`)
	for _, ending := range []string{"", ".csv", ".json"} {
		if got := h.must("GET", path+ending, ""); !strings.Contains(got, "8") {
			t.Errorf("%s: %s", ending, got)
		}
	}
	if got := h.must("GET", "/api/v1/metrics/"+url.PathEscape(spelled)+"/history", ""); !strings.Contains(got, `"rows":[[`) {
		t.Errorf("history: %s", got)
	}
}

func TestABrowserGetsTheMetricsPageAndFilesUnderItsEndings(t *testing.T) {
	h := open(t)
	h.must("POST", "/m/t", "1")
	h.must("POST", "/m/t.csv", "2")
	const html = "Accept: text/html,application/xhtml+xml,*/*;q=0.8"
	for _, c := range []struct{ path, header, want string }{
		{"/m/t", "Accept: */*", "1\n"},
		{"/m/t", html, "page /m/t"},
		{"/m/nobody", html, "page /m/nobody"},
		{"/m/t.csv", "Accept: */*", "2\n"}, // the metric of that name wins
		{"/m/t.csv", html, "page /m/t.csv"},
		{"/m/t.json", html, `{"metric":"t","step":`},
		{"/m/t.csv.csv", html, "time,min,max,avg,last,sum,count\n"},
		{"/", html, "page /"},
		{"/b/all", html, "page /b/all"},
		{"/b/all", "Accept: */*", " \x1b[0;1mAll metrics"}, // a drawing for a terminal
		{"/b/all?color=never", "Accept: text/plain", " All metrics"},
		{"/nowhere", html, "page /nowhere"},
		{"/web/app.css", "Accept: */*", "asset /web/app.css"},
	} {
		if got := h.must("GET", c.path, "", c.header); !strings.HasPrefix(got, c.want) {
			t.Errorf("GET %s (%s): %q, want %q", c.path, c.header, got, c.want)
		}
	}
}

func TestDeclaringListingAndDeleting(t *testing.T) {
	h := open(t)
	if got := h.must("GET", "/api/v1/metrics", ""); got != "[]\n" {
		t.Errorf("at first %s", got)
	}
	got := h.must("PUT", "/api/v1/metrics/t", `{"kind":"gauge","title":"Tank","unit":"percent","floor":0,"ceiling":100}`)
	const want = `{"metric":"t","kind":"gauge","title":"Tank","unit":"percent","floor":0,"ceiling":100,"value":null,"time":null,"seq":0}` + "\n"
	if got != want {
		t.Errorf("declared %s", got)
	}
	if r := h.ask("GET", "/m/t", ""); r.status != 404 || !strings.Contains(r.detail(), "no value yet") {
		t.Errorf("its value: %d %s", r.status, r.body)
	}
	h.must("PUT", "/api/v1/metrics/c", `{"kind":"counter","floor":3}`)
	if v := h.value("c"); v != "3" {
		t.Errorf("a counter that never counted is %s", v)
	}
	if got := h.must("GET", "/api/v1/metrics", ""); !strings.Contains(got, `{"metric":"c","kind":"counter","title":"","unit":"","floor":3,"value":3,"time":null,"seq":0}`) {
		t.Errorf("it is listed as %s", got)
	}
	h.ask("DELETE", "/api/v1/metrics/c", "")
	h.must("POST", "/m/t", "40")
	var all []map[string]any
	if err := json.Unmarshal([]byte(h.must("GET", "/api/v1/metrics", "")), &all); err != nil || len(all) != 1 ||
		all[0]["value"] != 40.0 || all[0]["title"] != "Tank" || all[0]["seq"] != 1.0 || all[0]["time"] == nil {
		t.Errorf("listed %v, %v", all, err)
	}
	if r := h.ask("DELETE", "/api/v1/metrics/t", ""); r.status != 204 || r.body != "" {
		t.Errorf("deleted: %d %s", r.status, r.body)
	}
	if r := h.ask("GET", "/m/t", ""); r.status != 404 {
		t.Errorf("after it: %d %s", r.status, r.body)
	}
	h.must("POST", "/m/t", "+1")
	if got := h.must("GET", "/api/v1/metrics", ""); !strings.Contains(got, `"kind":"counter"`) || strings.Contains(got, "Tank") {
		t.Errorf("begun anew: %s", got)
	}
}

func TestAKeyGivesTheFirstAnswerAgainAndRefusesAnotherBody(t *testing.T) {
	h := open(t)
	const key = "Idempotency-Key: 1234"
	for _, c := range []struct{ method, path, body, other, metric string }{
		{"POST", "/order", "", "x", "orders"},
		{"POST", "/m/short", "+5", "+6", "short"},
		{"PUT", "/m/put", "+5", "+6", "put"},
		{"POST", "/api/v1/metrics/long", `{"add":5}`, `{"add":6}`, "long"},
	} {
		header := key + c.path
		first := h.must(c.method, c.path, c.body, header)
		value := h.value(c.metric)
		if again := h.must(c.method, c.path, c.body, header); again != first || h.value(c.metric) != value {
			t.Errorf("%s again: %s, value %s, first %s", c.path, again, h.value(c.metric), first)
		}
		if r := h.ask(c.method, c.path, c.other, header); r.status != 422 || !strings.Contains(r.detail(), "another body") {
			t.Errorf("%s with another body: %d %s", c.path, r.status, r.body)
		}
	}
	if r := h.ask("POST", "/product", "", key+"/order"); r.status != 422 {
		t.Errorf("another path: %d %s", r.status, r.body)
	}
	none := h.ask("DELETE", "/product", "", key+"none")
	h.must("POST", "/product", "")
	if again := h.ask("DELETE", "/product", "", key+"none"); again.status != 400 || again.body != none.body {
		t.Errorf("a refusal again: %d %s", again.status, again.body)
	}
}

func TestConcurrentRequestsOfOneKeyChangeOnce(t *testing.T) {
	h := open(t)
	var all sync.WaitGroup
	answers := make([]string, 40)
	for i := range answers {
		all.Go(func() { answers[i] = h.must("POST", "/order", "", "Idempotency-Key: once") })
	}
	all.Wait()
	for _, a := range answers {
		if a != answers[0] {
			t.Errorf("%s and %s", a, answers[0])
		}
	}
	if h.value("orders") != "1" {
		t.Errorf("%s orders", h.value("orders"))
	}
}

func TestAPackedBodyIsUnpacked(t *testing.T) {
	h := open(t)
	h.must("POST", "/m/t", packed("+7"), "Content-Encoding: gzip")
	if h.value("t") != "7" {
		t.Errorf("value %s", h.value("t"))
	}
}

func TestHistoryIsRowsOfStepsAsJSONAndCSV(t *testing.T) {
	h := open(t)
	base := time.Now().Add(-time.Hour).Truncate(time.Minute).UnixMilli()
	for i, body := range []string{"=4", "+2", "+2", "=1"} {
		h.must("POST", fmt.Sprintf("/m/t?t=%d", base+int64(i)*100), body)
	}
	h.must("POST", fmt.Sprintf("/m/t?t=%d", base+60_000), "=9")
	query := fmt.Sprintf("?from=%d&to=%d&points=600", base, base+90_000)
	path := "/api/v1/metrics/t/history" + query
	want := fmt.Sprintf(`{"metric":"t","step":1000,"rows":[[%d,1,8,4.75,1,4,4],[%d,9,9,9,9,0,1]]}`+"\n", base, base+60_000)
	if got := h.must("GET", path, ""); got != want {
		t.Errorf("got  %swant %s", got, want)
	}
	if got := h.must("GET", "/m/t.json"+query, ""); got != want {
		t.Errorf(".json %s", got)
	}
	csv := fmt.Sprintf("time,min,max,avg,last,sum,count\n%d,1,8,4.75,1,4,4\n%d,9,9,9,9,0,1\n", base, base+60_000)
	for _, got := range []string{h.must("GET", path, "", "Accept: text/csv"), h.must("GET", "/m/t.csv"+query, "")} {
		if got != csv {
			t.Errorf("got  %swant %s", got, csv)
		}
	}
}

func TestAHistoryHasAtMostThePointsAskedFor(t *testing.T) {
	h := open(t)
	now := time.Now().UnixMilli()
	var rows []string
	for i := range 2000 {
		rows = append(rows, fmt.Sprintf(`{"metric":"t","add":1,"time":%d}`, now-int64(i)*1777))
	}
	h.must("POST", "/api/v1/metrics", strings.Join(rows, "\n"))
	for _, points := range []int{1, 2, 7, 60, 600, 5000} {
		for _, from := range []string{"-10m", "-1h", "-24h", "-2d", "-1w", "-400d", "0"} {
			var got struct {
				Step int64
				Rows [][]float64
			}
			path := fmt.Sprintf("/api/v1/metrics/t/history?from=%s&points=%d", from, points)
			if err := json.Unmarshal([]byte(h.must("GET", path, "")), &got); err != nil || len(got.Rows) > points || len(got.Rows) == 0 {
				t.Errorf("%s: %d rows, %v", path, len(got.Rows), err)
			}
			count := 0.0
			for _, row := range got.Rows {
				count += row[6]
				if math.Mod(row[0], float64(got.Step)) != 0 {
					t.Errorf("%s: a row at %v, steps of %d", path, row[0], got.Step)
				}
			}
			if from != "-10m" && count != 2000 && from != "-1h" {
				t.Errorf("%s: %v samples in all", path, count)
			}
		}
	}
}

func TestAHistoryIsMadeOfTheFinestRollUpThatReachesBack(t *testing.T) {
	const now, hour = 1_700_000_000_000, 3_600_000
	a := &API{Options: Options{Tiers: [...]series.Tier{{Step: 1000, Keep: 2 * hour}, {Step: 10_000, Keep: 4 * hour}, {Step: 60_000, Keep: 8 * hour}, {Step: hour}}}}
	for back, want := range map[int64]int64{hour: 1000, 3 * hour: 10_000, 5 * hour: 60_000, 9 * hour: hour} {
		if got := a.step(span{from: now - back, to: now - back + 60_000, points: 5000}, now); got != want {
			t.Errorf("%d h back: steps of %d ms, want %d", back/hour, got, want)
		}
	}
}

func TestMomentsOfAHistory(t *testing.T) {
	const now = 1_700_000_000_000
	for text, want := range map[string]int64{"": now, "now": now, "-90m": now - 5_400_000, "-24h": now - 86_400_000, "-7d": now - 604_800_000,
		"-1w": now - 604_800_000, "-1.5h": now - 5_400_000, "0": 0, "1600000000000": 1_600_000_000_000} {
		if got, err := moment("from", text, "now", now); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"24h", "-5", "+1h", "-d", "d", "-1e300d", "-NaNd", "1.5", " now"} {
		if got, err := moment("from", text, "now", now); err == nil {
			t.Errorf("%q was taken as %d", text, got)
		}
	}
}

func TestAPictureIsASelfContainedSVGOfTheMetric(t *testing.T) {
	h := open(t)
	h.must("PUT", "/api/v1/metrics/t", `{"kind":"gauge","title":"Tank <1>","unit":"percent"}`)
	for i := range 10 {
		h.must("POST", "/m/t", fmt.Sprint(i*10))
	}
	r := h.ask("GET", "/m/t.svg?from=-1h&width=400&height=200", "", "Accept: text/html,image/svg+xml,*/*")
	if r.status != 200 || r.header.Get("Content-Type") != "image/svg+xml" || !strings.HasPrefix(r.body, `<svg xmlns="http://www.w3.org/2000/svg" width="400" height="200"`) {
		t.Errorf("%d %s %.200s", r.status, r.header.Get("Content-Type"), r.body)
	}
	if strings.Contains(r.body, "var(--") || strings.Contains(r.body, "<1>") || !strings.Contains(r.body, "Tank") {
		t.Errorf("not by itself: %s", r.body)
	}
	if dark := h.must("GET", "/m/t.svg?theme=dark", ""); dark == r.body {
		t.Error("dark is light")
	}
	for _, query := range []string{"width=1", "height=4001", "theme=blue", "points=0", "from=x"} {
		if r := h.ask("GET", "/m/t.svg?"+query, ""); r.status != 400 {
			t.Errorf("%s: %d %s", query, r.status, r.body)
		}
	}
}

func TestAPathMayBePercentEncodedInPart(t *testing.T) {
	h := open(t)
	for _, path := range []string{`/m/a{p="%2Fx",q="1%7C2"}`, `/m/a%7Bp=%22%2Fx%22,q="1|2"}`, `/m/a{q="1|2",p="%2fx"}`} {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), "POST", path, nil)
		r.Host = "localhost"
		h.api.Routes().ServeHTTP(w, r)
		if w.Code != 200 {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if got := h.value(`a%7Bp=%22%2Fx%22,q=%221%7C2%22%7D`); got != "3" {
		t.Errorf("three spellings of one metric count %s", got)
	}
}

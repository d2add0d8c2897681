package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"telltale/server/ledger"
)

// instruments are the server's own readings for Prometheus.
type instruments struct {
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec
	took      *prometheus.HistogramVec
	mutations *prometheus.CounterVec
}

func newInstruments(a *API) *instruments {
	i := &instruments{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "telltale_http_requests_total", Help: "Requests answered, by route, method and status."}, []string{"route", "method", "code"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "telltale_http_request_duration_seconds", Help: "Time to answer a request, sockets, streams and streamed uploads left out, by route.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5}}, []string{"route"}),
		mutations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "telltale_mutations_total", Help: "Mutations, by what became of them: accepted, refused or repeated."}, []string{"outcome"}),
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "telltale_build_info", Help: "1; the version as a label."}, []string{"version"})
	build.WithLabelValues(a.Version).Set(1)
	i.registry.MustRegister(i.requests, i.took, i.mutations, build, &measured{a},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return i
}

func (i *instruments) handler() http.Handler {
	return promhttp.HandlerFor(i.registry, promhttp.HandlerOpts{})
}

// methods keeps what a client may invent out of the labels.
var methods = map[string]bool{"GET": true, "HEAD": true, "POST": true, "PUT": true, "DELETE": true, "OPTIONS": true, "PATCH": true}

func (i *instruments) request(route, method string, seen *recorder, took time.Duration) {
	if !methods[method] {
		method = "other"
	}
	i.requests.WithLabelValues(route, method, strconv.Itoa(seen.status)).Inc()
	if seen.status != http.StatusSwitchingProtocols && !seen.lasts {
		i.took.WithLabelValues(route).Observe(took.Seconds())
	}
}

func (i *instruments) mutated(outcomes []ledger.Outcome) {
	var accepted, refused, repeated float64
	for _, o := range outcomes {
		switch {
		case o.Repeat:
			repeated++
		case o.Err != nil:
			refused++
		default:
			accepted++
		}
	}
	i.mutations.WithLabelValues("accepted").Add(accepted)
	i.mutations.WithLabelValues("refused").Add(refused)
	i.mutations.WithLabelValues("repeated").Add(repeated)
}

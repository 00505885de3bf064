package server

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"liferooms.io/liferooms/graph"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
)

// metrics is what the server tells of itself. Labels are bounded: operation names are those of trusted documents.
type metrics struct {
	registry *prometheus.Registry
	answered *prometheus.CounterVec
	took     *prometheus.HistogramVec
	limited  prometheus.Counter
	ran      *prometheus.CounterVec
}

func newMetrics(s *store.Store, open *streams) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		answered: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "liferooms_operations_total", Help: "GraphQL operations, by name and by code of the last error (OK: none).",
		}, []string{"operation", "code"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "liferooms_operation_seconds", Help: "How long GraphQL operations took; streams apart.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"operation"}),
		limited: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "liferooms_rate_limited_total", Help: "Requests refused because their viewer asked too fast.",
		}),
		ran: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "liferooms_runs_total",
			Help: "GraphQL operations by how they ran: as one statement (hit: by a known plan, miss: compiled for it) or by the executor (fallback), and why.",
		}, []string{"result", "because"}),
	}
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
	}
	m.registry.MustRegister(m.answered, m.took, m.limited, m.ran,
		collectors.NewBuildInfoCollector(), collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		gauge("liferooms_streams", "Open streams of server-sent events.", func() float64 { return float64(open.count()) }),
		gauge("liferooms_db_connections", "Connections to the database.", func() float64 { return float64(s.Stat().TotalConns()) }),
		gauge("liferooms_db_connections_used", "Connections in use.", func() float64 { return float64(s.Stat().AcquiredConns()) }),
		gauge("liferooms_db_connections_max", "The most connections there may be.", func() float64 { return float64(s.Stat().MaxConns()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "liferooms_db_waits_total", Help: "How often a connection had to be waited for."},
			func() float64 { return float64(s.Stat().EmptyAcquireCount()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "liferooms_db_wait_seconds_total", Help: "How long connections were waited for."},
			func() float64 { return s.Stat().EmptyAcquireWaitTime().Seconds() }),
	)
	return m
}

func (m *metrics) observe(operation string, code problem.Code, took time.Duration) {
	m.count(operation, code)
	m.took.WithLabelValues(operation).Observe(took.Seconds())
}

func (m *metrics) count(operation string, code problem.Code) {
	if code == "" {
		code = "OK"
	}
	m.answered.WithLabelValues(operation, string(code)).Inc()
}

// countRun counts how an operation ran. Why it fell back is a field of the schema or one of a few words.
func (m *metrics) countRun(_ context.Context, r graph.Run) {
	m.ran.WithLabelValues(string(r.Result), r.Because).Inc()
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

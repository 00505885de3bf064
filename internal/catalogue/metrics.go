package catalogue

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics is what the sources tell of themselves, over all hubs.
type metrics struct {
	synced *prometheus.CounterVec
	took   prometheus.Histogram
}

func newMetrics() *metrics {
	return &metrics{
		synced: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "liferooms_catalogue_syncs_total",
			Help: "Fetches of catalogue sources, by result: synced (read to its end), unchanged (its server says so), removed, failed (the source is at fault), error (we are).",
		}, []string{"result"}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "liferooms_catalogue_sync_seconds", Help: "How long a fetch of a catalogue source took.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 180, 600, 900},
		}),
	}
}

func (m *metrics) observe(result string, took time.Duration) {
	m.synced.WithLabelValues(result).Inc()
	m.took.Observe(took.Seconds())
}

// Collectors are the metrics of the sources, and of what else the queue does.
func (s *Sources) Collectors() []prometheus.Collector {
	all := []prometheus.Collector{s.metrics.synced, s.metrics.took}
	for _, w := range s.config.Also {
		all = append(all, w.Collectors...)
	}
	return all
}

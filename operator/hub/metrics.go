package hub

import (
	"maps"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// gauges tell monitoring how each hub is.
var gauges = &collector{hubs: map[types.NamespacedName]gauge{}}

func init() { metrics.Registry.MustRegister(gauges) }

var (
	labels    = []string{"namespace", "hub"}
	readyDesc = prometheus.NewDesc("liferooms_hub_ready", "1 where the hub's Ready condition is True, else 0.", labels, nil)
	ageDesc   = prometheus.NewDesc("liferooms_hub_catalogue_sync_age_seconds",
		"Seconds since every source of the hub's catalogue had been taken last; absent where one never was, or there is none.", labels, nil)
	refusedDesc = prometheus.NewDesc("liferooms_hub_catalogue_rows_refused", "Rows that the last sync of the hub's sources could not take.", labels, nil)
)

// collector reckons a sync's age when it is asked, so that it grows between reconciles.
type collector struct {
	mu   sync.Mutex
	hubs map[types.NamespacedName]gauge
}

type gauge struct {
	ready   bool
	synced  time.Time // zero: not known
	refused int
}

func (c *collector) note(w *work, ready bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := client.ObjectKeyFromObject(w.hub)
	now := gauge{ready: ready, refused: c.hubs[key].refused}
	if at := w.hub.Status.LastSyncTime; at != nil {
		now.synced = at.Time
	}
	if w.tenant != nil {
		now.refused = 0
		for _, s := range w.tenant.CatalogueSources {
			now.refused += s.RowsRefused
		}
	}
	c.hubs[key] = now
}

func (c *collector) forget(key types.NamespacedName) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.hubs, key)
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(descriptions chan<- *prometheus.Desc) {
	descriptions <- readyDesc
	descriptions <- ageDesc
	descriptions <- refusedDesc
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(values chan<- prometheus.Metric) {
	c.mu.Lock()
	hubs := maps.Clone(c.hubs)
	c.mu.Unlock()
	for key, g := range hubs {
		ready := 0.0
		if g.ready {
			ready = 1
		}
		values <- prometheus.MustNewConstMetric(readyDesc, prometheus.GaugeValue, ready, key.Namespace, key.Name)
		values <- prometheus.MustNewConstMetric(refusedDesc, prometheus.GaugeValue, float64(g.refused), key.Namespace, key.Name)
		if !g.synced.IsZero() {
			values <- prometheus.MustNewConstMetric(ageDesc, prometheus.GaugeValue, time.Since(g.synced).Seconds(), key.Namespace, key.Name)
		}
	}
}

package step

import (
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

var reconcileErrors = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "liferooms_reconcile_errors_total",
	Help: "Steps of a reconcile that failed, by the resource's kind and the condition that the step is for.",
}, []string{"kind", "step"})

func init() { metrics.Registry.MustRegister(reconcileErrors) }

package manager

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"liferooms.io/liferooms/operator/api/v1alpha1"
	"liferooms.io/liferooms/operator/hub"
	"liferooms.io/liferooms/operator/platform"
	"liferooms.io/liferooms/operator/trust"
)

// Scheme knows Kubernetes' own resources and those of Life Rooms.
var Scheme = func() *runtime.Scheme {
	s := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(s))
	utilruntime.Must(v1alpha1.AddToScheme(s))
	return s
}()

// RouteMode says which routes are made.
type RouteMode string

// The ways to route host names. Auto is HTTPRoute where the cluster knows them and a gateway is named, else Ingress.
const (
	RoutesAuto    RouteMode = "auto"
	RoutesNone    RouteMode = "none"
	RoutesIngress RouteMode = "ingress"
	RoutesGateway RouteMode = "gateway"
)

// Options say how the operator runs.
type Options struct {
	API *platform.Client
	// Namespace is the operator's own.
	Namespace string
	// AllNamespaces has resources of all namespaces reconciled, and not only of Namespace.
	AllNamespaces bool
	RouteMode     RouteMode
	// Routes says where routes lead; its Kind and Known are found out by Run.
	Routes hub.Routes
	Resync time.Duration
	// MetricsAddress and HealthAddress are listened at; "0": not.
	MetricsAddress, HealthAddress string
	// LeaderElection lets several run, of which one works; LeaderElectionID names their lease.
	LeaderElection   bool
	LeaderElectionID string
}

// How a reconcile that failed is tried again: after half a second, then after twice as long each time, to a minute.
const (
	firstRetry = 500 * time.Millisecond
	lastRetry  = time.Minute
)

// At most so many reconciles run at a time; the API sees no more than one request of each.
const (
	hubsAtOnce   = 4
	trustsAtOnce = 2
)

// Run reconciles until ctx ends.
func Run(ctx context.Context, kubernetes *rest.Config, o Options) error {
	m, err := New(kubernetes, o)
	if err != nil {
		return err
	}
	if err := m.Start(ctx); err != nil {
		return fmt.Errorf("run the operator: %w", err)
	}
	return nil
}

// New puts the operator together.
func New(kubernetes *rest.Config, o Options) (ctrl.Manager, error) {
	watched := map[string]cache.Config{o.Namespace: {}}
	if o.AllNamespaces {
		watched = nil
	}
	drain := 20 * time.Second
	sure := true
	m, err := ctrl.NewManager(kubernetes, ctrl.Options{
		Scheme: Scheme,
		Cache:  cache.Options{DefaultNamespaces: watched},
		Client: client.Options{Cache: &client.CacheOptions{Unstructured: true}}, // routes
		// Two kinds, two names; only tests run two operators in one process.
		Controller:              config.Controller{SkipNameValidation: &sure},
		Metrics:                 server.Options{BindAddress: o.MetricsAddress},
		HealthProbeBindAddress:  o.HealthAddress,
		LeaderElection:          o.LeaderElection,
		LeaderElectionID:        o.LeaderElectionID,
		LeaderElectionNamespace: o.Namespace,
		// The next one need not wait for the lease to run out: nothing is done after the manager has stopped.
		LeaderElectionReleaseOnCancel: true,
		GracefulShutdownTimeout:       &drain,
	})
	if err != nil {
		return nil, fmt.Errorf("make the operator's manager: %w", err)
	}
	routes, err := findRoutes(m.GetRESTMapper(), o)
	if err != nil {
		return nil, err
	}
	trusts := &trust.Reconciler{
		Client: m.GetClient(), Secrets: m.GetAPIReader(), API: o.API, Recorder: m.GetEventRecorder("liferooms-operator"), Resync: o.Resync,
	}
	if err := trusts.SetUp(m, options(trustsAtOnce)); err != nil {
		return nil, fmt.Errorf("set up the reconciler of trusts: %w", err)
	}
	hubs := &hub.Reconciler{
		Client: m.GetClient(), Documents: m.GetAPIReader(), API: o.API, Recorder: m.GetEventRecorder("liferooms-operator"), Routes: routes, Resync: o.Resync,
	}
	if err := hubs.SetUp(m, options(hubsAtOnce)); err != nil {
		return nil, fmt.Errorf("set up the reconciler of hubs: %w", err)
	}
	if err := m.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return nil, fmt.Errorf("set up the health check: %w", err)
	}
	inStep := func(r *http.Request) error {
		if !m.GetCache().WaitForCacheSync(r.Context()) {
			return fmt.Errorf("the resources are still being read")
		}
		return nil
	}
	if err := m.AddReadyzCheck("cache", inStep); err != nil {
		return nil, fmt.Errorf("set up the readiness check: %w", err)
	}
	return m, nil
}

func options(atOnce int) controller.Options {
	return controller.Options{
		MaxConcurrentReconciles: atOnce,
		RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](firstRetry, lastRetry),
	}
}

// findRoutes finds the kinds of route that the cluster has, and chooses one.
func findRoutes(mapper meta.RESTMapper, o Options) (hub.Routes, error) {
	routes := o.Routes
	routes.Known = []schema.GroupVersionKind{hub.Ingress}
	_, err := mapper.RESTMapping(hub.HTTPRoute.GroupKind(), hub.HTTPRoute.Version)
	switch {
	case err == nil:
		routes.Known = append(routes.Known, hub.HTTPRoute)
	case !meta.IsNoMatchError(err):
		return routes, fmt.Errorf("find out whether the cluster has the Gateway API: %w", err)
	}
	named := routes.Gateway.Name != ""
	switch o.RouteMode {
	case RoutesNone:
		routes.Kind = schema.GroupVersionKind{}
	case RoutesIngress:
		routes.Kind = hub.Ingress
	case RoutesGateway:
		if !named {
			return routes, fmt.Errorf("--routes gateway needs --gateway NAME/NAMESPACE: the gateway that routes are made for")
		}
		routes.Kind = hub.HTTPRoute
	default:
		routes.Kind = hub.Ingress
		if named && slices.Contains(routes.Known, hub.HTTPRoute) {
			routes.Kind = hub.HTTPRoute
		}
	}
	return routes, nil
}

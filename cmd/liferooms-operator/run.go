package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"

	"liferooms.io/liferooms/operator/hub"
	"liferooms.io/liferooms/operator/manager"
	"liferooms.io/liferooms/operator/platform"
)

// apiFlags say where the API is and how the operator signs in.
type apiFlags struct {
	APIURL    string `name:"api-url" default:"http://liferooms-api:8080/graphql" help:"Where the API is."`
	TokenFile string `type:"path" default:"/var/run/secrets/liferooms/token" help:"The service account token that the API is shown; it is read again as it changes."`
}

func (f apiFlags) client() *platform.Client { return platform.New(f.APIURL, f.TokenFile) }

// placeFlags say which resources are meant.
type placeFlags struct {
	Namespace     string `placeholder:"NAME" help:"The operator's own namespace; its pod's where it is not named."`
	AllNamespaces bool   `help:"Look after the resources of every namespace, and not only of the operator's own."`
}

// podNamespace is where Kubernetes tells a pod its namespace.
const podNamespace = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

func (f placeFlags) namespace() (string, error) {
	if f.Namespace != "" {
		return f.Namespace, nil
	}
	name, err := os.ReadFile(podNamespace)
	if err != nil {
		return "", fmt.Errorf("which namespace is the operator's is not known outside a pod: name it with --namespace")
	}
	return strings.TrimSpace(string(name)), nil
}

type runCommand struct {
	apiFlags
	placeFlags

	Routes       string `enum:"auto,none,ingress,gateway" default:"auto" help:"How host names are led to the API: ${enum}. auto: HTTPRoutes where the cluster knows them and --gateway names one, else Ingresses."`
	Gateway      string `placeholder:"NAME/NAMESPACE" help:"The gateway that HTTPRoutes are made for."`
	IngressClass string `placeholder:"NAME" help:"The class of Ingresses; the cluster's default where it is not named."`
	PublicScheme string `enum:"https,http" default:"https" help:"How people reach a hub: ${enum}."`
	APIService   string `name:"api-service" default:"liferooms-api" help:"The API's Service, in the operator's namespace."`
	APIPort      int64  `name:"api-port" default:"8080" help:"The port of the API's Service."`

	Resync           time.Duration `default:"5m" help:"How often what is well is compared with its resource again."`
	MetricsAddr      string        `default:":9090" help:"Address of /metrics; 0: none."`
	HealthAddr       string        `default:":8081" help:"Address of /healthz and /readyz; 0: none."`
	LeaderElect      bool          `default:"true" negatable:"" help:"Let several operators run, of which one works."`
	LeaderElectionID string        `name:"leader-election-id" default:"liferooms-operator" help:"The lease by which they agree which one."`
}

func (c *runCommand) Run(ctx context.Context) error {
	options, err := c.options()
	if err != nil {
		return err
	}
	kubernetes, err := kubernetesConfig()
	if err != nil {
		return err
	}
	return manager.Run(ctx, kubernetes, options)
}

func (c *runCommand) options() (manager.Options, error) {
	namespace, err := c.namespace()
	if err != nil {
		return manager.Options{}, err
	}
	if c.Resync < 5*time.Second {
		return manager.Options{}, fmt.Errorf("--resync is %v: 5s or more", c.Resync)
	}
	var gateway types.NamespacedName
	if c.Gateway != "" {
		name, in, found := strings.Cut(c.Gateway, "/")
		if !found {
			in = namespace
		}
		gateway = types.NamespacedName{Namespace: in, Name: name}
	}
	return manager.Options{
		API: c.client(), Namespace: namespace, AllNamespaces: c.AllNamespaces,
		RouteMode: manager.RouteMode(c.Routes),
		Routes: hub.Routes{
			Gateway: gateway, IngressClass: c.IngressClass, Scheme: c.PublicScheme,
			Service: types.NamespacedName{Namespace: namespace, Name: c.APIService}, Port: c.APIPort,
		},
		Resync: c.Resync, MetricsAddress: c.MetricsAddr, HealthAddress: c.HealthAddr,
		LeaderElection: c.LeaderElect, LeaderElectionID: c.LeaderElectionID,
	}, nil
}

func kubernetesConfig() (*rest.Config, error) {
	config, err := ctrl.GetConfig()
	if err != nil {
		return nil, fmt.Errorf("find the cluster: run in a pod, or set KUBECONFIG: %w", err)
	}
	config.QPS, config.Burst = 100, 200
	config.UserAgent = "liferooms-operator"
	return config, nil
}

// Command kubectl-liferooms is a plugin of kubectl for those who run Life Rooms: kubectl liferooms status.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"liferooms.io/liferooms/operator/manager"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// commands are all there is; each is a struct of its own whose fields are its flags.
type commands struct {
	Status statusCommand `cmd:"" help:"Show the hubs: which are open and where, and what to do about those that are not."`
	Hub    struct {
		Create createCommand `cmd:"" help:"Make a hub, or print its manifest to keep and to change."`
	} `cmd:"" help:"Work with hubs."`
	Doctor doctorCommand `cmd:"" help:"Check what Life Rooms needs in the cluster, and say what to mend."`
}

// errQuiet ends the program with an error that has been told already.
var errQuiet = errors.New("told already")

// run runs the command in args and gives the exit code: 0 well, 1 not well, 2 not understood.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var c commands
	exit := -1
	parser, err := kong.New(&c, kong.Name("kubectl liferooms"),
		kong.Description("Looks after trusts and hubs of Life Rooms in a cluster."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Writers(stdout, stderr), kong.Exit(func(code int) { exit = code }),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.BindTo(stdout, (*io.Writer)(nil)))
	if err != nil {
		fmt.Fprintln(stderr, "kubectl liferooms:", err)
		return 2
	}
	command, err := parser.Parse(args)
	if exit >= 0 { // help was asked for
		return exit
	}
	if err != nil {
		fmt.Fprintf(stderr, "kubectl liferooms: %v\nTry: kubectl liferooms --help\n", err)
		return 2
	}
	if err := command.Run(); err != nil {
		if !errors.Is(err, errQuiet) {
			fmt.Fprintln(stderr, "kubectl liferooms:", strings.ReplaceAll(err.Error(), "\n", "\n  "))
		}
		return 1
	}
	return 0
}

// clusterFlags say which cluster and namespace are meant, by the names that kubectl has for them.
type clusterFlags struct {
	Kubeconfig string `placeholder:"FILE" help:"The kubeconfig file; what KUBECONFIG names, or ~/.kube/config, where it is left out."`
	Context    string `placeholder:"NAME" help:"The context of the kubeconfig file; its current one where it is left out."`
	Namespace  string `short:"n" placeholder:"NAME" help:"The namespace; the context's where it is left out."`
}

// connect gives a client of the cluster, and the namespace that is meant.
func (f clusterFlags) connect() (client.WithWatch, string, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = f.Kubeconfig
	overrides := &clientcmd.ConfigOverrides{CurrentContext: f.Context}
	overrides.Context.Namespace = f.Namespace
	loaded := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides)
	namespace, _, err := loaded.Namespace()
	if clientcmd.IsEmptyConfig(err) {
		return nil, "", errors.New("which cluster? Set KUBECONFIG, or name a kubeconfig file with --kubeconfig")
	}
	if err != nil {
		return nil, "", fmt.Errorf("read the kubeconfig: %w", err)
	}
	config, err := loaded.ClientConfig()
	if err != nil {
		return nil, "", fmt.Errorf("find the cluster: %w", err)
	}
	config.UserAgent = "kubectl-liferooms"
	c, err := client.NewWithWatch(config, client.Options{Scheme: manager.Scheme})
	if err != nil {
		return nil, "", fmt.Errorf("connect to the cluster: %w", err)
	}
	return c, namespace, nil
}

// explain says what to do about an error of the API server that many will meet first.
func explain(err error) error {
	if meta.IsNoMatchError(err) {
		return errors.New("the cluster does not know trusts and hubs. Install the chart: helm install liferooms charts/liferooms")
	}
	return err
}

package chart

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"liferooms.io/liferooms/operator/api/v1alpha1"
)

// tokenOf asks for a token of a service account, as a projected volume would. No audience: for the Kubernetes API.
func (c cluster) tokenOf(t *testing.T, namespace, account string, audience ...string) string {
	t.Helper()
	token := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{Audiences: audience}}
	of := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: account}}
	if err := c.Client.SubResource("token").Create(t.Context(), of, token); err != nil {
		t.Fatal(err)
	}
	return token.Status.Token
}

// program is a container's program at work outside a pod, with its service account's own rights.
type program struct {
	cmd   *exec.Cmd
	log   *buffer
	ended chan error
}

// buffer is read while a program still writes to it.
type buffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

// start runs the first container of a pod. replaced says which arguments are others here.
func (c cluster) start(t *testing.T, binary, namespace string, spec corev1.PodSpec, replaced map[string]string) *program {
	t.Helper()
	config := rest.AnonymousClientConfig(c.Config)
	config.BearerToken = c.tokenOf(t, namespace, spec.ServiceAccountName)
	p := &program{cmd: exec.Command(binary, replace(t, spec.Containers[0].Args, replaced)...), log: &buffer{}, ended: make(chan error, 1)}
	p.cmd.Env = []string{"KUBECONFIG=" + writeKubeconfig(t, config)}
	for _, e := range spec.Containers[0].Env {
		p.cmd.Env = append(p.cmd.Env, e.Name+"="+e.Value)
	}
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- p.cmd.Wait() }()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it has ended already, unless the test failed before
		if t.Failed() {
			t.Logf("%s:\n%s", filepath.Base(binary), p.log)
		}
	})
	return p
}

// replace gives the arguments with those flags that are others here; each must be there.
func replace(t *testing.T, args []string, replaced map[string]string) []string {
	t.Helper()
	args = slices.Clone(args)
	for flag, value := range replaced {
		i := slices.IndexFunc(args, func(arg string) bool { return strings.HasPrefix(arg, flag+"=") })
		if i < 0 {
			t.Fatalf("the chart gives no %s: %q", flag, args)
		}
		args[i] = flag + "=" + value
	}
	return args
}

func (p *program) stop(t *testing.T) error {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Error(err)
	}
	return <-p.ended
}

// eventually waits until the condition holds.
func eventually(t *testing.T, what string, holds func(ctx context.Context) (bool, error)) {
	t.Helper()
	if err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, time.Minute, true, holds); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// TestTheOperatorRunsAsTheChartSays, with the account and the arguments that the chart gives it: it does its work without being
// refused anything, answers its probes and tells what dashboard and alerts ask for. Then the uninstall's hook drains it.
func TestTheOperatorRunsAsTheChartSays(t *testing.T) {
	c := newCluster(t)
	namespace := c.restricted(t)
	c.install(t, namespace, "--values", valuesFiles(t)["external"], "--set", "operator.replicas=1")
	installed := decode(t, c.helm(t, namespace, "get", "manifest", release))
	hooks := c.helm(t, namespace, "get", "hooks", release)
	binary := build(t, "./cmd/liferooms-operator")

	tokenFile := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(tokenFile, []byte(c.tokenOf(t, namespace, "liferooms-operator", "liferooms")), 0o600); err != nil {
		t.Fatal(err)
	}
	health, metrics := freePort(t), freePort(t)
	spec := find[*appsv1.Deployment](t, installed, "liferooms-operator").Spec.Template.Spec
	operator := c.start(t, binary, namespace, spec, map[string]string{
		"--api-url":    "http://127.0.0.1:" + freePort(t) + "/graphql", // where nobody answers
		"--token-file": tokenFile, "--health-addr": "127.0.0.1:" + health, "--metrics-addr": "127.0.0.1:" + metrics,
	})
	container := spec.Containers[0]
	for name, probe := range map[string]*corev1.Probe{"startup": container.StartupProbe, "liveness": container.LivenessProbe, "readiness": container.ReadinessProbe} {
		if err := answers(t.Context(), "http://127.0.0.1:"+health+probe.HTTPGet.Path); err != nil {
			t.Fatalf("the %s probe: %v", name, err)
		}
	}

	apply := exec.CommandContext(t.Context(), c.Kubectl, "--kubeconfig", c.kubeconfig, "--namespace", namespace, "apply", "-f", "../../docs/examples/mersey-care.yaml")
	if out, err := apply.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	walton := client.ObjectKey{Namespace: namespace, Name: "walton"}
	eventually(t, "the hub says that the API does not answer", func(ctx context.Context) (bool, error) {
		var hub v1alpha1.Hub
		err := c.Client.Get(ctx, walton, &hub)
		return !meta.IsStatusConditionTrue(hub.Status.Conditions, v1alpha1.ConditionReady) && len(hub.Status.Conditions) > 0, err
	})
	eventually(t, "what dashboard and alerts ask for is told", func(context.Context) (bool, error) {
		told := scrape(t, "http://127.0.0.1:"+metrics+"/metrics")
		for _, name := range []string{"liferooms_hub_ready", "liferooms_hub_catalogue_rows_refused", "liferooms_reconcile_errors_total"} {
			if !slices.Contains(told, name) {
				return false, nil
			}
		}
		return true, nil
	})

	c.drain(t, binary, namespace, hooks, operator)
	if log := operator.log.String(); strings.Contains(log, "forbidden") {
		t.Errorf("the operator was refused something:\n%s", log)
	}
	var hubs v1alpha1.HubList
	if err := c.Client.List(t.Context(), &hubs, client.InNamespace(namespace)); err != nil || len(hubs.Items) < 2 {
		t.Fatalf("%d hubs stay: %v", len(hubs.Items), err)
	}
	for _, hub := range hubs.Items {
		if len(hub.Finalizers) > 0 {
			t.Errorf("%s is stranded by %q", hub.Name, hub.Finalizers)
		}
	}
	c.helm(t, namespace, "uninstall", release, "--no-hooks") // they were run already
	if err := c.Client.DeleteAllOf(t.Context(), &v1alpha1.Hub{}, client.InNamespace(namespace)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "hubs can be deleted", func(ctx context.Context) (bool, error) {
		err := c.Client.List(ctx, &hubs, client.InNamespace(namespace))
		return len(hubs.Items) == 0, err
	})
}

// drain does what helm does before an uninstall, and what a node would: the hook's account and rights are made, its program
// runs with them, and the operator ends when its Deployment is scaled to none.
func (c cluster) drain(t *testing.T, binary, namespace, hooks string, operator *program) {
	t.Helper()
	for _, o := range decode(t, hooks) {
		if o.GetKind() == "Job" || o.GetKind() == "Pod" {
			continue
		}
		o.SetNamespace(namespace)
		if err := c.Client.Create(t.Context(), &o.Unstructured); err != nil {
			t.Fatal(err)
		}
	}
	job := find[*batchv1.Job](t, decode(t, hooks), "liferooms-drain")
	draining := c.start(t, binary, namespace, job.Spec.Template.Spec, nil)
	eventually(t, "the operator is scaled to none", func(ctx context.Context) (bool, error) {
		var deployment appsv1.Deployment
		err := c.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "liferooms-operator"}, &deployment)
		return *deployment.Spec.Replicas == 0, err
	})
	if err := operator.stop(t); err != nil {
		t.Errorf("the operator ended with %v", err)
	}
	if err := <-draining.ended; err != nil {
		t.Errorf("the hook ended with %v\n%s", err, draining.log)
	}
}

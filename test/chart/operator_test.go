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

// start runs a container's program. replaced says which of its arguments are others here.
func start(t *testing.T, binary string, c corev1.Container, environment []string, replaced map[string]string) *program {
	t.Helper()
	p := &program{cmd: exec.Command(binary, replace(t, c.Args, replaced)...), log: &buffer{}, ended: make(chan error, 1)}
	p.cmd.Env = environment
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

// asAccount is the environment of a container that talks to Kubernetes with its service account's rights.
func (c cluster) asAccount(t *testing.T, namespace string, spec corev1.PodSpec) []string {
	t.Helper()
	config := rest.AnonymousClientConfig(c.Config)
	config.BearerToken = c.tokenOf(t, namespace, spec.ServiceAccountName)
	environment := []string{"KUBECONFIG=" + writeKubeconfig(t, config)}
	for _, e := range spec.Containers[0].Env {
		environment = append(environment, e.Name+"="+e.Value)
	}
	return environment
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

// writeFile keeps what a volume would hold, and gives where.
func writeFile(t *testing.T, content []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestTheInstallationRuns is an installation without a node: what the chart installs at a real API server is run as its pods would
// run it, with the same arguments, accounts, tokens and secrets, on a database made as CloudNativePG would make it. A trust and
// its hubs come up; dashboard, alerts and guide ask for what is told; an uninstall strands nothing.
func TestTheInstallationRuns(t *testing.T) {
	c := newCluster(t)
	namespace := c.restricted(t)
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "mersey-care-sign-in"}, StringData: map[string]string{"client-secret": "s"}}
	if err := c.Client.Create(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	c.install(t, namespace, "--values", valuesFiles(t)["cnpg"], "--set", "routes.mode=ingress,kubernetes.issuer="+c.Issuer)
	installed, hooks := decode(t, c.helm(t, namespace, "get", "manifest", release)), decode(t, c.helm(t, namespace, "get", "hooks", release))

	api := c.startAPI(t, namespace, installed)
	operator := c.startOperator(t, namespace, installed, api)
	check := find[*corev1.Pod](t, hooks, "liferooms-test").Spec
	checked := start(t, operator.binary, check.Containers[0], nil, map[string]string{"--api-url": api.url, "--token-file": operator.token})
	if err := <-checked.ended; err != nil {
		t.Fatalf("helm test would fail: %v", err)
	}

	example := strings.Replace(readFile(t, "../../docs/examples/mersey-care.yaml"), "# clientSecretRef:", "clientSecretRef:", 1)
	kubectl := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), c.Kubectl, append([]string{"--kubeconfig", c.kubeconfig, "--namespace", namespace}, args...)...)
		cmd.Stdin = strings.NewReader(example)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("kubectl %q: %v\n%s", args, err, out)
		}
	}
	kubectl("apply", "-f", "-")
	kubectl("wait", "--for=condition=Ready", "--timeout=60s", "trust/mersey-care", "hub/walton", "hub/southport")

	told := append(scrape(t, api.metrics), scrape(t, operator.metrics)...)
	began := time.Now()
	if err := api.stop(t); err != nil {
		t.Errorf("the API ended with %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("with nothing under way the API took %s to end: preStop has waited already", took)
	}
	kubectl("annotate", "hub", "walton", "liferooms.io/look-again=now") // which fails now, and is counted
	eventually(t, "a failure is told", func(context.Context) (bool, error) {
		told = append(told, scrape(t, operator.metrics)...)
		return slices.Contains(told, "liferooms_reconcile_errors_total"), nil
	})
	for where, expressions := range asked(t) {
		for _, e := range expressions {
			for _, metric := range metricsIn(e) {
				if !slices.Contains(told, metric) && metric != "up" {
					t.Errorf("%s asks for %s, which nobody tells: %s", where, metric, e)
				}
			}
		}
	}

	c.drain(t, namespace, hooks, operator)
	if log := operator.log.String(); strings.Contains(log, "forbidden") {
		t.Errorf("the operator was refused something:\n%s", log)
	}
	var hubs v1alpha1.HubList
	if err := c.Client.List(t.Context(), &hubs, client.InNamespace(namespace)); err != nil || len(hubs.Items) != 2 {
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

// runningAPI is the API's container at work.
type runningAPI struct {
	*program
	url, metrics string
}

// startAPI makes the database, runs the init container and then the API, and waits for its probes.
func (c cluster) startAPI(t *testing.T, namespace string, installed []object) runningAPI {
	t.Helper()
	database := makeDatabase(t, installed)
	binary := build(t, "./cmd/liferooms")
	spec := find[*appsv1.Deployment](t, installed, "liferooms-api").Spec.Template.Spec
	migrate := exec.CommandContext(t.Context(), binary, spec.InitContainers[0].Args...)
	migrate.Env = environment(t, spec.InitContainers[0], database)
	if out, err := migrate.CombinedOutput(); err != nil || !strings.Contains(string(out), "applied ") {
		t.Fatalf("migrate: %v\n%s", err, out)
	}
	public, metrics := "127.0.0.1:"+freePort(t), "127.0.0.1:"+freePort(t)
	running := start(t, binary, spec.Containers[0], environment(t, spec.Containers[0], database), map[string]string{
		"--listen": public, "--metrics-addr": metrics,
		"--secret-key-file":     writeFile(t, c.secret(t, namespace, "liferooms-secret-key")["key"]),
		"--platform-ca-file":    writeFile(t, c.Config.CAData),
		"--platform-token-file": writeFile(t, []byte(c.tokenOf(t, namespace, spec.ServiceAccountName))),
	})
	awaitProbes(t, spec.Containers[0], "http://"+metrics)
	return runningAPI{running, "http://" + public + "/graphql", "http://" + metrics + "/metrics"}
}

// runningOperator is the operator's container at work.
type runningOperator struct {
	*program
	binary, token, metrics string
}

func (c cluster) startOperator(t *testing.T, namespace string, installed []object, api runningAPI) runningOperator {
	t.Helper()
	binary := build(t, "./cmd/liferooms-operator")
	spec := find[*appsv1.Deployment](t, installed, "liferooms-operator").Spec.Template.Spec
	token := writeFile(t, []byte(c.tokenOf(t, namespace, spec.ServiceAccountName, "liferooms")))
	health, metrics := "127.0.0.1:"+freePort(t), "127.0.0.1:"+freePort(t)
	running := start(t, binary, spec.Containers[0], c.asAccount(t, namespace, spec), map[string]string{
		"--api-url": api.url, "--token-file": token, "--health-addr": health, "--metrics-addr": metrics,
	})
	awaitProbes(t, spec.Containers[0], "http://"+health)
	return runningOperator{running, binary, token, "http://" + metrics + "/metrics"}
}

func awaitProbes(t *testing.T, c corev1.Container, base string) {
	t.Helper()
	for name, probe := range map[string]*corev1.Probe{"startup": c.StartupProbe, "liveness": c.LivenessProbe, "readiness": c.ReadinessProbe} {
		if err := answers(t.Context(), base+probe.HTTPGet.Path); err != nil {
			t.Fatalf("the %s probe: %v", name, err)
		}
	}
}

// drain does what helm does before an uninstall, and what a node would: the hook's account and rights are made, its program
// runs with them, and the operator ends when its Deployment is scaled to none.
func (c cluster) drain(t *testing.T, namespace string, hooks []object, operator runningOperator) {
	t.Helper()
	for _, o := range hooks {
		if o.GetKind() == "Job" || o.GetKind() == "Pod" {
			continue
		}
		o.SetNamespace(namespace)
		if err := c.Client.Create(t.Context(), &o.Unstructured); err != nil {
			t.Fatal(err)
		}
	}
	spec := find[*batchv1.Job](t, hooks, "liferooms-drain").Spec.Template.Spec
	draining := start(t, operator.binary, spec.Containers[0], c.asAccount(t, namespace, spec), nil)
	eventually(t, "the operator is scaled to none", func(ctx context.Context) (bool, error) {
		var deployment appsv1.Deployment
		err := c.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "liferooms-operator"}, &deployment)
		return *deployment.Spec.Replicas == 0, err
	})
	if err := operator.stop(t); err != nil {
		t.Errorf("the operator ended with %v", err)
	}
	if err := <-draining.ended; err != nil {
		t.Errorf("the hook ended with %v", err)
	}
}

package operator

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/store/storetest"
	"liferooms.io/liferooms/operator/api/v1alpha1"
	"liferooms.io/liferooms/operator/hub"
	"liferooms.io/liferooms/operator/manager"
	"liferooms.io/liferooms/operator/platform"
	"liferooms.io/liferooms/test/kubetest"
)

// soon is how long things that take a moment are given on a busy machine.
const soon = 60 * time.Second

// resync is the operator's in these tests.
const resync = 5 * time.Second

// world is a namespace with the API's program over a database of its own, which takes the operator's token as the test's
// API server has signed it.
type world struct {
	t         *testing.T
	kube      *kubetest.Server
	namespace string
	databases map[string]string // URL by role
	folder    string
	server    *exec.Cmd
	// API asks the API itself, as the operator would.
	API *platform.Client
	// Way is between the operator and the API.
	Way *way
	// Token is the file with the operator's token.
	Token string
}

// way passes what the operator asks on to the API, notes it, and can be shut.
type way struct {
	server *httptest.Server
	mu     sync.Mutex
	shut   bool
	asked  []string
	// around, where it is set, is called before an operation is passed on and after it was answered.
	around func()
}

func (w *way) ServeHTTP(to http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		var sent struct{ OperationName string }
		_ = json.Unmarshal(body, &sent) // no operation: noted as none
		w.mu.Lock()
		shut, around := w.shut, w.around
		if !shut {
			w.asked = append(w.asked, sent.OperationName)
		}
		w.mu.Unlock()
		if shut {
			panic(http.ErrAbortHandler) // the connection ends without an answer
		}
		if around == nil {
			to.ServeHTTP(rw, r)
			return
		}
		around()
		r = r.WithContext(context.WithoutCancel(r.Context())) // what is under way is done, whoever is still there to hear of it
		to.ServeHTTP(rw, r)
		around()
	})
}

// Shut lets nothing through, or everything again.
func (w *way) Shut(shut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shut = shut
}

// Around has moment called before and after each operation; nil: not.
func (w *way) Around(moment func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.around = moment
}

// Asked gives what was asked since it was called last.
func (w *way) Asked() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	asked := w.asked
	w.asked = nil
	return asked
}

// Sent gives those of asked that change something.
func sent(asked []string) []string {
	var mutations []string
	for _, a := range asked {
		if strings.HasPrefix(a, "Send") {
			mutations = append(mutations, a)
		}
	}
	return mutations
}

var program struct {
	once   sync.Once
	folder string
	err    error
}

// liferooms is the path of the server's program, built once.
func liferooms(t *testing.T) string {
	t.Helper()
	program.once.Do(func() {
		if program.folder, program.err = os.MkdirTemp("", "liferooms-"); program.err != nil {
			return
		}
		build := exec.Command("go", "build", "-o", program.folder+"/", "./cmd/liferooms")
		build.Dir = filepath.Join("..", "..")
		if out, err := build.CombinedOutput(); err != nil {
			program.err = fmt.Errorf("build liferooms: %w\n%s", err, out)
		}
	})
	if program.err != nil {
		t.Fatal(program.err)
	}
	return filepath.Join(program.folder, "liferooms")
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, kube: kubetest.Start(t), folder: t.TempDir()}
	w.namespace = w.kube.Namespace(t)
	db := storetest.Empty(t)
	w.databases = map[string]string{store.ServerRole: db.URL(store.ServerRole), store.OwnerRole: db.URL(store.OwnerRole)}

	w.write("ca.crt", w.kube.Config.CAData)
	w.write("api-token", []byte(w.token("liferooms-api", "")))
	w.Token = w.write("operator-token", []byte(w.token("liferooms-operator", "liferooms")))
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	w.write("secret-key", []byte(base64.StdEncoding.EncodeToString(key)))

	port := freePort(t)
	address, err := url.Parse("http://127.0.0.1:" + port)
	if err != nil {
		t.Fatal(err)
	}
	w.start(port)
	w.API = platform.New(address.String()+"/graphql", w.Token)
	w.Way = &way{}
	w.Way.server = httptest.NewServer(w.Way.ServeHTTP(httputil.NewSingleHostReverseProxy(address)))
	t.Cleanup(w.Way.server.Close)
	return w
}

func (w *world) write(name string, content []byte) string {
	w.t.Helper()
	file := filepath.Join(w.folder, name)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		w.t.Fatal(err)
	}
	return file
}

// token asks the API server for a token of a service account; an empty audience: the API server's own.
func (w *world) token(account, audience string) string {
	w.t.Helper()
	sa := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: account}}
	if err := client.IgnoreAlreadyExists(w.kube.Client.Create(w.t.Context(), sa)); err != nil {
		w.t.Fatal(err)
	}
	request := &authenticationv1.TokenRequest{}
	if audience != "" {
		request.Spec.Audiences = []string{audience}
	}
	if err := w.kube.Client.SubResource("token").Create(w.t.Context(), sa, request); err != nil {
		w.t.Fatal(err)
	}
	return request.Status.Token
}

// start runs the server until the test ends, and waits until it is ready.
func (w *world) start(port string) {
	w.t.Helper()
	log := &bytes.Buffer{}
	w.server = exec.Command(liferooms(w.t), "serve", "--listen", "127.0.0.1:"+port, "--metrics-addr", "", "--public-url", "http://127.0.0.1:"+port,
		"--database-url", w.databases[store.ServerRole], "--max-connections", "8", "--drain-delay", "0s",
		"--public-scheme", "http", "--secret-key-file", filepath.Join(w.folder, "secret-key"),
		"--platform-issuer", w.kube.Issuer, "--platform-subject", "system:serviceaccount:"+w.namespace+":liferooms-operator",
		"--platform-ca-file", filepath.Join(w.folder, "ca.crt"), "--platform-token-file", filepath.Join(w.folder, "api-token"))
	w.server.Stdout, w.server.Stderr = log, log
	if err := w.server.Start(); err != nil {
		w.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- w.server.Wait() }()
	w.t.Cleanup(func() {
		_ = w.server.Process.Signal(syscall.SIGTERM) // it may have ended by itself, which the log tells
		<-ended
		if w.t.Failed() {
			w.t.Logf("the API's log:\n%s", tail(log.String(), 40000))
		}
	})
	w.eventually("the API is ready", func(ctx context.Context) error {
		select {
		case err := <-ended:
			ended <- err
			w.t.Fatalf("the API ended: %v\n%s", err, log)
		default:
		}
		answer, err := http.Get("http://127.0.0.1:" + port + "/readyz")
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("answers %d", answer.StatusCode)
		}
		return nil
	})
}

func tail(text string, n int) string {
	if len(text) > n {
		return "…" + text[len(text)-n:]
	}
	return text
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// options are the operator's in this world.
func (w *world) options() manager.Options {
	return manager.Options{
		API: platform.New(w.Way.server.URL+"/graphql", w.Token), Namespace: w.namespace, RouteMode: manager.RoutesAuto,
		Routes: hub.Routes{Scheme: "http", Service: types.NamespacedName{Namespace: w.namespace, Name: "liferooms-api"}, Port: 8080},
		Resync: resync, MetricsAddress: "0", HealthAddress: "0",
	}
}

// operate runs the operator until the test ends, or until stop is called.
func (w *world) operate(change ...func(*manager.Options)) (stop func()) {
	w.t.Helper()
	options := w.options()
	for _, c := range change {
		c(&options)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- manager.Run(ctx, w.kube.Config, options) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				w.t.Errorf("the operator ended: %v", err)
			}
		})
	}
	w.t.Cleanup(stop)
	return stop
}

// apply creates what a YAML text describes.
func (w *world) apply(text string) []*unstructured.Unstructured {
	w.t.Helper()
	objects := parse(w.t, text)
	for _, object := range objects {
		object.SetNamespace(w.namespace)
		if err := w.kube.Client.Apply(w.t.Context(), client.ApplyConfigurationFromUnstructured(object), client.FieldOwner("test"), client.ForceOwnership); err != nil {
			w.t.Fatal(err)
		}
	}
	return objects
}

func (w *world) hub(name string) *v1alpha1.Hub {
	w.t.Helper()
	h := &v1alpha1.Hub{}
	if err := w.kube.Client.Get(w.t.Context(), client.ObjectKey{Namespace: w.namespace, Name: name}, h); err != nil {
		w.t.Fatal(err)
	}
	return h
}

// change edits a hub as somebody would.
func (w *world) change(name string, edit func(*v1alpha1.Hub)) {
	w.t.Helper()
	h := w.hub(name)
	before := h.DeepCopy()
	edit(h)
	if err := w.kube.Client.Patch(w.t.Context(), h, client.MergeFrom(before)); err != nil {
		w.t.Fatal(err)
	}
}

// tenant is a hub in Life Rooms, nil where there is none.
func (w *world) tenant(odsCode, slug string) *platform.Hub {
	w.t.Helper()
	h, err := w.API.Hub(w.t.Context(), odsCode, slug)
	if err != nil {
		w.t.Fatal(err)
	}
	return h
}

// eventually waits until check has nothing to complain of.
func (w *world) eventually(what string, check func(context.Context) error) {
	w.t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(w.t.Context(), 100*time.Millisecond, soon, true, func(ctx context.Context) (bool, error) {
		last = check(ctx)
		return last == nil, nil
	})
	if err != nil {
		w.t.Fatalf("%s: not within %v: %v", what, soon, last)
	}
}

// settles waits until a condition of a hub at its present generation has a status and, where one is given, a reason.
func (w *world) settles(name, condition string, status metav1.ConditionStatus, reason string) *metav1.Condition {
	w.t.Helper()
	var c *metav1.Condition
	w.eventually(fmt.Sprintf("%s of hub %s is %s %s", condition, name, status, reason), func(context.Context) error {
		h := w.hub(name)
		c = meta.FindStatusCondition(h.Status.Conditions, condition)
		if c == nil || c.Status != status || reason != "" && c.Reason != reason || c.ObservedGeneration != h.Generation {
			return fmt.Errorf("generation %d, conditions %s", h.Generation, summary(h.Status.Conditions))
		}
		return nil
	})
	return c
}

func (w *world) ready(names ...string) {
	w.t.Helper()
	for _, name := range names {
		w.settles(name, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady)
	}
}

func summary(conditions []metav1.Condition) string {
	var b strings.Builder
	for _, c := range conditions {
		fmt.Fprintf(&b, "%s=%s %s (generation %d): %s; ", c.Type, c.Status, c.Reason, c.ObservedGeneration, c.Message)
	}
	return b.String()
}

// events are the reasons of the events about an object, in no order.
func (w *world) events(name string) []string {
	w.t.Helper()
	list := &unstructured.UnstructuredList{}
	list.SetAPIVersion("events.k8s.io/v1")
	list.SetKind("EventList")
	if err := w.kube.Client.List(w.t.Context(), list, client.InNamespace(w.namespace)); err != nil {
		w.t.Fatal(err)
	}
	var reasons []string
	for _, e := range list.Items {
		about, _, _ := unstructured.NestedString(e.Object, "regarding", "name")
		if about == name {
			reason, _, _ := unstructured.NestedString(e.Object, "reason")
			reasons = append(reasons, reason)
		}
	}
	return reasons
}

// kubectl runs kubectl in the world's namespace.
func (w *world) kubectl(args ...string) string {
	w.t.Helper()
	command := exec.Command(w.kube.Kubectl, append([]string{"--kubeconfig", w.kube.Kubeconfig, "--namespace", w.namespace}, args...)...)
	out, err := command.CombinedOutput()
	if err != nil {
		w.t.Fatalf("kubectl %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// failures is how often a step of a kind's reconcile has failed in this process.
func failures(t *testing.T, kind, step string) float64 {
	t.Helper()
	families, err := metrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != "liferooms_reconcile_errors_total" {
			continue
		}
		for _, m := range family.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if labels["kind"] == kind && labels["step"] == step {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

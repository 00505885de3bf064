package kubetest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kruntime "k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"liferooms.io/liferooms/operator/api/v1alpha1"
)

// Scheme knows Kubernetes' own resources and those of Life Rooms.
var Scheme = func() *kruntime.Scheme {
	s := kruntime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(s))
	utilruntime.Must(v1alpha1.AddToScheme(s))
	return s
}()

// Server is a running API server.
type Server struct {
	// Config is the administrator's.
	Config *rest.Config
	// Client is the administrator's.
	Client client.WithWatch
	// Issuer is the issuer of the service accounts' tokens, whose keys the server gives out itself.
	Issuer string
	// Kubectl is the path of kubectl.
	Kubectl string
	// Kubeconfig is the path of the administrator's kubeconfig file.
	Kubeconfig string

	environment *envtest.Environment
}

var process struct {
	running bool // inside Run
	once    sync.Once
	server  *Server
	err     error
}

// Run runs the tests of a package and then stops the server that they used. Call it from TestMain.
func Run(run func() int) int {
	process.running = true
	code := run()
	if process.server == nil {
		return code
	}
	if err := process.server.environment.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "kubetest: stop the API server:", err)
		return 1
	}
	return code
}

// Start returns this test process's server, started by the first test that asks for it.
func Start(t testing.TB) *Server {
	t.Helper()
	if !process.running {
		t.Fatal("kubetest: TestMain must call kubetest.Run")
	}
	process.once.Do(func() { process.server, process.err = start() })
	if process.err != nil {
		t.Fatal(process.err)
	}
	return process.server
}

func start() (*Server, error) {
	root, err := Root()
	if err != nil {
		return nil, err
	}
	assets, err := assets(root)
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &Server{Issuer: "https://127.0.0.1:" + port, Kubectl: filepath.Join(assets, "kubectl")}
	s.environment = &envtest.Environment{
		Scheme: Scheme, CRDDirectoryPaths: []string{filepath.Join(root, "operator", "config", "crd")}, ErrorIfCRDPathMissing: true,
		BinaryAssetsDirectory: assets,
	}
	server := s.environment.ControlPlane.GetAPIServer()
	server.SecureServing.Address, server.SecureServing.Port = "127.0.0.1", port
	server.Configure().Set("service-account-issuer", s.Issuer).Set("service-account-jwks-uri", s.Issuer+"/openid/v1/jwks")
	if s.Config, err = s.environment.Start(); err != nil {
		return nil, fmt.Errorf("kubetest: start the API server: %w", err)
	}
	s.Config.QPS = -1
	s.Kubeconfig = filepath.Join(s.environment.ControlPlane.APIServer.CertDir, "administrator.kubeconfig") // goes when the server stops
	if err := os.WriteFile(s.Kubeconfig, s.environment.KubeConfig, 0o600); err != nil {
		return nil, fmt.Errorf("kubetest: keep the kubeconfig: %w", err)
	}
	if s.Client, err = client.NewWithWatch(s.Config, client.Options{Scheme: Scheme}); err != nil {
		return nil, err
	}
	// What the controller manager's bootstrap does in a whole cluster: service accounts may read their issuer's keys.
	discovery := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "service-account-issuer-discovery"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "system:service-account-issuer-discovery"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.GroupKind, APIGroup: rbacv1.GroupName, Name: "system:serviceaccounts"}},
	}
	return s, client.IgnoreAlreadyExists(s.Client.Create(context.Background(), discovery))
}

// Namespace makes a namespace for one test. It is not deleted: nothing here would empty it.
func (s *Server) Namespace(t testing.TB) string {
	t.Helper()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}
	if err := s.Client.Create(t.Context(), ns); err != nil {
		t.Fatal(err)
	}
	return ns.Name
}

// Root is the folder of this module.
func Root() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("kubetest: find the module's folder: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// assets is the folder with kube-apiserver, etcd and kubectl: what KUBEBUILDER_ASSETS names, else what test/cluster finds
// or builds.
func assets(root string) (string, error) {
	if dir := os.Getenv("KUBEBUILDER_ASSETS"); dir != "" {
		return dir, nil
	}
	find := exec.Command("go", "run", "./test/cluster", "assets")
	find.Dir, find.Stderr = root, os.Stderr
	out, err := find.Output()
	if err != nil {
		return "", fmt.Errorf("kubetest: find kube-apiserver: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// freePort is a port of the loopback that nobody listened at a moment ago.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = l.Close() }() // it was only asked for its number
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port), nil
}

package chart

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"liferooms.io/liferooms/test/kubetest"
)

func TestMain(m *testing.M) {
	log.SetLogger(logr.Discard()) // envtest's own steps: what fails it says by errors
	os.Exit(kubetest.Run(m.Run))
}

// cluster is a real API server with the definitions of the others' resources that the chart makes.
type cluster struct {
	*kubetest.Server
	kubeconfig string
}

func newCluster(t *testing.T) cluster {
	t.Helper()
	server := kubetest.Start(t)
	cnpg := moduleDir(t, "github.com/cloudnative-pg/cloudnative-pg@v1.27.0") + "/config/crd/bases/postgresql.cnpg.io_"
	barman := moduleDir(t, "github.com/cloudnative-pg/plugin-barman-cloud@v0.15.0") + "/config/crd/bases/barmancloud.cnpg.io_"
	gateway := moduleDir(t, "sigs.k8s.io/gateway-api@v1.4.0") + "/config/crd/standard/gateway.networking.k8s.io_"
	_, err := envtest.InstallCRDs(server.Config, envtest.CRDInstallOptions{Paths: []string{
		cnpg + "clusters.yaml", cnpg + "scheduledbackups.yaml", cnpg + "backups.yaml", barman + "objectstores.yaml",
		gateway + "httproutes.yaml", gateway + "referencegrants.yaml",
	}, ErrorIfPathMissing: true})
	if err != nil {
		t.Fatal(err)
	}
	class := &schedulingv1.PriorityClass{ObjectMeta: metav1.ObjectMeta{Name: "important"}, Value: 1000} // which everything-values.yaml names
	if err := client.IgnoreAlreadyExists(server.Client.Create(t.Context(), class)); err != nil {
		t.Fatal(err)
	}
	return cluster{server, writeKubeconfig(t, server.Config)}
}

// moduleDir is the source of a module that nothing here is built with: it is read for its YAML alone.
func moduleDir(t *testing.T, module string) string {
	t.Helper()
	download := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", module)
	download.Dir, download.Env = t.TempDir(), append(os.Environ(), "GOFLAGS=")
	out, err := download.Output()
	var got struct{ Dir, Error string }
	if json.Unmarshal(out, &got) != nil || err != nil || got.Dir == "" {
		t.Fatalf("download %s: %v %s", module, err, out)
	}
	return got.Dir
}

func writeKubeconfig(t *testing.T, c *rest.Config) string {
	t.Helper()
	config := clientcmdapi.NewConfig()
	config.Clusters["test"] = &clientcmdapi.Cluster{Server: c.Host, CertificateAuthorityData: c.CAData}
	config.AuthInfos["test"] = &clientcmdapi.AuthInfo{ClientCertificateData: c.CertData, ClientKeyData: c.KeyData, Token: c.BearerToken}
	config.Contexts["test"] = &clientcmdapi.Context{Cluster: "test", AuthInfo: "test"}
	config.CurrentContext = "test"
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, file); err != nil {
		t.Fatal(err)
	}
	return file
}

// restricted makes a namespace whose pods are held to the strictest standard, as docs/operate.md says to.
func (c cluster) restricted(t *testing.T) string {
	t.Helper()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		GenerateName: "chart-", Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"},
	}}
	if err := c.Client.Create(t.Context(), ns); err != nil {
		t.Fatal(err)
	}
	return ns.Name
}

// helm runs helm at the API server. The resources Trust and Hub are there already, as of an installation before this one.
func (c cluster) helm(t *testing.T, namespace string, args ...string) string {
	t.Helper()
	out, err := runHelm(t, c.kubeconfig, append(args, "--namespace", namespace)...)
	if err != nil {
		t.Fatalf("helm %s: %v", strings.Join(args, " "), err)
	}
	return out
}

func (c cluster) install(t *testing.T, namespace string, args ...string) string {
	t.Helper()
	// No monitoring resources: their types are checked as they are rendered.
	return c.helm(t, namespace, append([]string{"upgrade", "--install", release, chartDir, "--take-ownership",
		"--set", "monitoring.serviceMonitor.enabled=false,monitoring.prometheusRule.enabled=false"}, args...)...)
}

func (c cluster) secret(t *testing.T, namespace, name string) map[string][]byte {
	t.Helper()
	var s corev1.Secret
	if err := c.Client.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, &s); err != nil {
		t.Fatal(err)
	}
	return s.Data
}

// TestInstall: a real API server takes every installation, with CloudNativePG's and Gateway API's own definitions, and
// admits its pods; an upgrade keeps what was made once; an uninstall leaves what must stay.
func TestInstall(t *testing.T) {
	c := newCluster(t)
	for name, values := range valuesFiles(t) {
		t.Run(name, func(t *testing.T) {
			namespace := c.restricted(t)
			notes := c.install(t, namespace, "--values", values)
			if !strings.Contains(notes, "STATUS: deployed") || strings.Contains(notes, "<no value>") {
				t.Errorf("said:\n%s", notes)
			}
			var deployments appsv1.DeploymentList
			if err := c.Client.List(t.Context(), &deployments, client.InNamespace(namespace)); err != nil || len(deployments.Items) == 0 {
				t.Fatalf("%d Deployments: %v", len(deployments.Items), err)
			}
			for _, d := range deployments.Items {
				pod := &corev1.Pod{ObjectMeta: d.Spec.Template.ObjectMeta, Spec: d.Spec.Template.Spec}
				pod.Namespace, pod.Name = namespace, d.Name
				if err := c.Client.Create(t.Context(), pod, client.DryRunAll); err != nil {
					t.Errorf("the pod of %s is not admitted: %v", d.Name, err)
				}
			}
		})
	}
}

func TestWhatIsMadeOnceIsKept(t *testing.T) {
	c := newCluster(t)
	namespace := c.restricted(t)
	made := []string{"liferooms-secret-key", "liferooms-database-owner", "liferooms-database-app"}
	all := func() map[string]map[string][]byte {
		found := map[string]map[string][]byte{}
		for _, name := range made {
			found[name] = c.secret(t, namespace, name)
		}
		return found
	}
	c.install(t, namespace, "--values", valuesFiles(t)["cnpg"])
	first := all()
	if key := first["liferooms-secret-key"]["key"]; len(key) != 44 { // 32 bytes in base64
		t.Errorf("the key is %d long", len(key))
	}
	if owner := first["liferooms-database-owner"]; string(owner["username"]) != "liferooms_owner" || len(owner["password"]) != 40 {
		t.Errorf("the owner is %q, its password %d long", owner["username"], len(owner["password"]))
	}
	if cmp.Equal(first["liferooms-database-owner"]["password"], first["liferooms-database-app"]["password"]) {
		t.Error("both roles have one password")
	}

	c.install(t, namespace, "--values", valuesFiles(t)["cnpg"], "--set", "api.replicas=3")
	if diff := cmp.Diff(first, all()); diff != "" {
		t.Errorf("an upgrade changed:\n%s", diff)
	}

	c.helm(t, namespace, "uninstall", release, "--no-hooks") // nothing here runs the hook's pod
	if diff := cmp.Diff(first, all()); diff != "" {
		t.Errorf("an uninstall changed:\n%s", diff)
	}
	database := &unstructured.Unstructured{}
	database.SetGroupVersionKind(schema.GroupVersionKind{Group: "postgresql.cnpg.io", Version: "v1", Kind: "Cluster"})
	if err := c.Client.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "liferooms-db"}, database); err != nil {
		t.Errorf("an uninstall took the database: %v", err)
	}
	var deployments appsv1.DeploymentList
	if err := c.Client.List(t.Context(), &deployments, client.InNamespace(namespace)); err != nil || len(deployments.Items) > 0 {
		t.Errorf("an uninstall left %d Deployments: %v", len(deployments.Items), err)
	}

	c.install(t, namespace, "--values", valuesFiles(t)["cnpg"])
	if diff := cmp.Diff(first, all()); diff != "" {
		t.Errorf("installed again it changed:\n%s", diff)
	}
}

// as gives a client that is what a pod with this service account would be.
func (c cluster) as(t *testing.T, namespace, account string) client.Client {
	t.Helper()
	config := rest.AnonymousClientConfig(c.Config)
	config.BearerToken = c.tokenOf(t, namespace, account)
	made, err := client.New(config, client.Options{Scheme: kubetest.Scheme})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// TestTheOperatorReadsOnlyTheSecretsItIsToldOf, with the token of its real account.
func TestTheOperatorReadsOnlyTheSecretsItIsToldOf(t *testing.T) {
	c := newCluster(t)
	namespace, elsewhere := c.restricted(t), c.restricted(t)
	for _, in := range []string{namespace, elsewhere} {
		for _, name := range []string{"mersey-care-sign-in", "postgres-owner"} {
			s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: in, Name: name}, StringData: map[string]string{"secret": "s"}}
			if err := c.Client.Create(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.install(t, namespace, "--values", valuesFiles(t)["external"], "--set", "operator.secrets={mersey-care-sign-in}")
	operator := c.as(t, namespace, "liferooms-operator")

	var read corev1.Secret
	if err := operator.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "mersey-care-sign-in"}, &read); err != nil || string(read.Data["secret"]) != "s" {
		t.Errorf("it cannot read what it is told of: %v", err)
	}
	for _, key := range []client.ObjectKey{
		{Namespace: namespace, Name: "postgres-owner"}, {Namespace: namespace, Name: "liferooms-secret-key"},
		{Namespace: elsewhere, Name: "mersey-care-sign-in"},
	} {
		if err := operator.Get(t.Context(), key, &corev1.Secret{}); !apierrors.IsForbidden(err) {
			t.Errorf("%s: %v", key, err)
		}
	}
	if err := operator.List(t.Context(), &corev1.SecretList{}, client.InNamespace(namespace)); !apierrors.IsForbidden(err) {
		t.Errorf("it lists secrets: %v", err)
	}
	api := c.as(t, namespace, "liferooms-api")
	if err := api.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "mersey-care-sign-in"}, &corev1.Secret{}); !apierrors.IsForbidden(err) {
		t.Errorf("the API reads secrets: %v", err)
	}
}

// TestWhatTheAccountsMayDo asks the API server itself.
func TestWhatTheAccountsMayDo(t *testing.T) {
	c := newCluster(t)
	namespace, elsewhere := c.restricted(t), c.restricted(t)
	c.install(t, namespace, "--values", valuesFiles(t)["external"])
	operator, api := c.as(t, namespace, "liferooms-operator"), c.as(t, namespace, "liferooms-api")
	type ask = authorizationv1.ResourceAttributes
	in := func(verb, group, resource string) ask {
		name, sub, _ := strings.Cut(resource, "/")
		return ask{Namespace: namespace, Verb: verb, Group: group, Resource: name, Subresource: sub}
	}
	named := func(a ask, name string) ask { a.Name = name; return a }
	at := func(a ask, namespace string) ask { a.Namespace = namespace; return a }
	for _, one := range []struct {
		ask
		operator bool
	}{
		{in("list", "liferooms.io", "hubs"), true},
		{in("watch", "liferooms.io", "trusts"), true},
		{in("patch", "liferooms.io", "hubs"), true},
		{in("patch", "liferooms.io", "hubs/status"), true},
		{in("patch", "liferooms.io", "trusts/status"), true},
		{in("create", "networking.k8s.io", "ingresses"), true},
		{in("delete", "gateway.networking.k8s.io", "httproutes"), true},
		{in("create", "gateway.networking.k8s.io", "httproutes"), false}, // no gateway is named
		{in("create", "events.k8s.io", "events"), true},
		{named(in("update", "coordination.k8s.io", "leases"), "liferooms-operator"), true},
		{named(in("update", "coordination.k8s.io", "leases"), "another"), false},
		{in("create", "liferooms.io", "hubs"), false},
		{in("delete", "liferooms.io", "hubs"), false},
		{in("patch", "liferooms.io", "trusts"), false},
		{at(in("list", "liferooms.io", "hubs"), elsewhere), false},
		{at(in("list", "liferooms.io", "hubs"), ""), false},
		{in("create", "", "configmaps"), false},
		{in("watch", "", "secrets"), false},
		{in("create", "", "pods"), false},
		{in("create", "", "pods/exec"), false},
		{in("create", "", "serviceaccounts/token"), false},
		{in("patch", "apps", "deployments"), false},
		{in("create", "rbac.authorization.k8s.io", "rolebindings"), false},
		{at(in("list", "", "nodes"), ""), false},
		{at(in("list", "", "namespaces"), ""), false},
	} {
		if got := may(t, operator, one.ask); got != one.operator {
			t.Errorf("the operator may %s %s/%s %q in %q: %v", one.Verb, one.Resource, one.Subresource, one.Name, one.Namespace, got)
		}
		if may(t, api, one.ask) {
			t.Errorf("the API may %s %s/%s in %q", one.Verb, one.Resource, one.Subresource, one.Namespace)
		}
	}
}

func may(t *testing.T, as client.Client, what authorizationv1.ResourceAttributes) bool {
	t.Helper()
	review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &what}}
	if err := as.Create(t.Context(), review); err != nil {
		t.Fatal(err)
	}
	return review.Status.Allowed
}

package chart

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	kubernetes "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"

	"liferooms.io/liferooms/test/helm"
)

const (
	chartDir  = "../../charts/liferooms"
	namespace = "rooms"
	release   = "liferooms"
)

// runHelm runs helm and gives what it says to stdout; err holds what it said to stderr. It must not find a cluster by
// itself: that of whoever runs the tests.
func runHelm(t testing.TB, kubeconfig string, args ...string) (string, error) {
	t.Helper()
	binary, err := helm.Binary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig, "HELM_CACHE_HOME="+home, "HELM_CONFIG_HOME="+home, "HELM_DATA_HOME="+home)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		return out.String(), errors.New(problems.String())
	}
	return out.String(), nil
}

// scheme knows the types that rendered resources are decoded to.
var scheme = func() *runtime.Scheme {
	s := runtime.NewScheme()
	utilruntime.Must(kubernetes.AddToScheme(s))
	utilruntime.Must(monitoringv1.AddToScheme(s))
	return s
}()

const noCluster = "/dev/null"

// valuesFiles are the installations that the chart is tested as.
func valuesFiles(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(chartDir + "/ci/*-values.yaml")
	if err != nil || len(files) < 6 {
		t.Fatalf("%d files of values: %v", len(files), err)
	}
	all := map[string]string{}
	for _, f := range files {
		all[strings.TrimSuffix(filepath.Base(f), "-values.yaml")] = f
	}
	return all
}

// object is one rendered resource: as it is written, and as a Go type where there is one.
type object struct {
	unstructured.Unstructured
	typed runtime.Object
}

func (o object) String() string { return o.GetKind() + "/" + o.GetName() }

// render gives what helm makes of the chart. A field that Kubernetes does not know is an error.
func render(t testing.TB, args ...string) []object {
	t.Helper()
	out, err := runHelm(t, noCluster, append([]string{"template", release, chartDir, "--namespace", namespace}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, out)
}

func decode(t testing.TB, manifests string) []object {
	t.Helper()
	var all []object
	for _, document := range strings.Split(manifests, "\n---\n") {
		var o object
		if err := yaml.UnmarshalStrict([]byte(document), &o.Object); err != nil {
			t.Fatalf("%v in:\n%s", err, document)
		}
		if len(o.Object) == 0 {
			continue // comments only
		}
		if made, err := scheme.New(o.GroupVersionKind()); err == nil {
			if err := yaml.UnmarshalStrict([]byte(document), made); err != nil {
				t.Fatalf("%s: %v", o, err)
			}
			o.typed = made
		} else if !runtime.IsNotRegisteredError(err) {
			t.Fatal(err)
		}
		all = append(all, o)
	}
	if len(all) == 0 {
		t.Fatal("nothing was rendered")
	}
	return all
}

// eachInstallation runs the test for every file of values.
func eachInstallation(t *testing.T, test func(t *testing.T, objects []object)) {
	for name, file := range valuesFiles(t) {
		t.Run(name, func(t *testing.T) { test(t, render(t, "--values", file)) })
	}
}

// pod is a pod as it will be, with the resource that makes it.
type pod struct {
	object
	meta metav1.ObjectMeta
	spec corev1.PodSpec
}

func pods(objects []object) []pod {
	var all []pod
	for _, o := range objects {
		switch made := o.typed.(type) {
		case *appsv1.Deployment:
			all = append(all, pod{o, made.Spec.Template.ObjectMeta, made.Spec.Template.Spec})
		case *batchv1.Job:
			all = append(all, pod{o, made.Spec.Template.ObjectMeta, made.Spec.Template.Spec})
		case *corev1.Pod:
			all = append(all, pod{o, made.ObjectMeta, made.Spec})
		}
	}
	return all
}

func containers(p pod) []corev1.Container {
	return append(append([]corev1.Container{}, p.spec.InitContainers...), p.spec.Containers...)
}

// find gives the one object of that kind and name.
func find[T runtime.Object](t testing.TB, objects []object, name string) T {
	t.Helper()
	var found T
	n := 0
	for _, o := range objects {
		if typed, ok := o.typed.(T); ok && o.GetName() == name {
			found = typed
			n++
		}
	}
	if n != 1 {
		t.Fatalf("%d of %T named %s", n, found, name)
	}
	return found
}

func readFile(t testing.TB, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

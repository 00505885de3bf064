package main

import (
	"os"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"liferooms.io/liferooms/operator/api/v1alpha1"
	"liferooms.io/liferooms/test/kubetest"
)

func TestMain(m *testing.M) { os.Exit(kubetest.Run(m.Run)) }

// plugin runs the plugin as its user would, in a namespace of the test's server.
func plugin(t *testing.T, namespace string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	t.Setenv("KUBECONFIG", kubetest.Start(t).Kubeconfig)
	var out, err strings.Builder
	code = run(t.Context(), append(args, "-n", namespace), &out, &err)
	return code, out.String(), err.String()
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in:\n%s", part, text)
		}
	}
}

func makeTrust(t *testing.T, c client.Client, namespace, name, odsCode string) *v1alpha1.Trust {
	t.Helper()
	trust := &v1alpha1.Trust{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Spec: v1alpha1.TrustSpec{ODSCode: odsCode, Name: name}}
	if err := c.Create(t.Context(), trust); err != nil {
		t.Fatal(err)
	}
	return trust
}

func TestAHubIsMadeFromFlags(t *testing.T) {
	server := kubetest.Start(t)
	namespace := server.Namespace(t)

	code, _, stderr := plugin(t, namespace, "hub", "create", "bootle")
	if code != 1 {
		t.Errorf("without a trust: exit %d", code)
	}
	contains(t, stderr, "there is no Trust in the namespace "+namespace)

	makeTrust(t, server.Client, namespace, "mersey-care", "RW4")
	code, stdout, stderr := plugin(t, namespace, "hub", "create", "bootle", "--hostname", "bootle.example.org", "--postcode", "L20 3DL",
		"--hours", "Mon-Wed 09:00-17:00,sat 10:00-13:00", "--room", "Reading room=24", "--grant", "desk=Reception",
		"--catalogue-hub", "walton", "--catalogue-url", "sefton=https://directory.example.org/services?area=a,b")
	if code != 0 {
		t.Fatal(stderr)
	}
	contains(t, stdout, "hub bootle made. See how it goes: kubectl liferooms status bootle")
	hub := &v1alpha1.Hub{}
	if err := server.Client.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "bootle"}, hub); err != nil {
		t.Fatal(err)
	}
	spec := hub.Spec
	if spec.TrustRef.Name != "mersey-care" || spec.DisplayName != "Life Rooms Bootle" || len(spec.OpeningHours) != 4 || spec.OpeningHours[3].Day != "Saturday" ||
		len(spec.Needs) != len(usualNeeds) || spec.Rooms[0] != (v1alpha1.Room{Name: "Reading room", Capacity: 24}) || len(spec.Catalogue.Sources) != 2 {
		t.Errorf("made %+v", spec)
	}

	code, _, stderr = plugin(t, namespace, "hub", "create", "bootle")
	if code != 1 {
		t.Errorf("made twice: exit %d", code)
	}
	contains(t, stderr, `"bootle" already exists`)
}

func TestAManifestIsPrintedAndTakenAsItIs(t *testing.T) {
	server := kubetest.Start(t)
	namespace := server.Namespace(t)
	code, stdout, stderr := plugin(t, namespace, "hub", "create", "new-brighton", "--trust", "mersey-care", "--dry-run=client", "-o", "yaml")
	if code != 0 {
		t.Fatal(stderr)
	}
	contains(t, stdout, "displayName: Life Rooms New Brighton", "kind: Hub")
	if strings.Contains(stdout, "status") || strings.Contains(stdout, "creationTimestamp") {
		t.Errorf("the manifest holds what nobody would write:\n%s", stdout)
	}
	hub := &v1alpha1.Hub{}
	if err := yaml.UnmarshalStrict([]byte(stdout), hub); err != nil {
		t.Fatal(err)
	}
	if err := server.Client.Create(t.Context(), hub, client.FieldValidation("Strict")); err != nil {
		t.Error(err)
	}
}

func TestWhatIsWrongInFlagsIsSaid(t *testing.T) {
	server := kubetest.Start(t)
	namespace := server.Namespace(t)
	for _, wrong := range []struct {
		args []string
		says string
	}{
		{[]string{"--hours", "daily 9-5"}, `write days and times as "Mon-Fri 09:00-17:00"`},
		{[]string{"--hours", "Fri-Mon 09:00-17:00"}, "write days and times as"},
		{[]string{"--room", "Studio"}, "--room Studio: write it as NAME=CAPACITY"},
		{[]string{"--room", "Studio=large"}, "write how many people the room takes as a number"},
		{[]string{"--grant", "desk"}, "write it as GROUP=ROLE"},
		{[]string{"--grant", "desk=Boss"}, `Unsupported value: "Boss"`},
		{[]string{"--hours", "Mon 17:00-09:00"}, "opens must be before closes"},
		{[]string{"--postcode", "l20"}, "write the postcode in capitals with its space"},
	} {
		code, _, stderr := plugin(t, namespace, append([]string{"hub", "create", "bootle", "--trust", "mersey-care", "--dry-run=server"}, wrong.args...)...)
		if code != 1 {
			t.Errorf("%v: exit %d", wrong.args, code)
		}
		contains(t, stderr, wrong.says)
	}
	if code, _, stderr := plugin(t, namespace, "hub", "create", "bootle", "--deletion-policy", "Destroy"); code != 2 {
		t.Errorf("an unknown policy: exit %d: %s", code, stderr)
	}
}

func TestStatusSaysWhatToDo(t *testing.T) {
	server := kubetest.Start(t)
	namespace := server.Namespace(t)
	code, stdout, stderr := plugin(t, namespace, "status")
	if code != 0 {
		t.Fatal(stderr)
	}
	contains(t, stdout, "There are no hubs in the namespace "+namespace+" yet. Make one: kubectl liferooms hub create")

	trust := makeTrust(t, server.Client, namespace, "mersey-care", "RW4")
	setReady(t, server.Client, trust, metav1.ConditionTrue, v1alpha1.ReasonReady, "Set up.")
	partners, services := int32(12), int32(40)
	for name, status := range map[string]v1alpha1.HubStatus{
		"walton": {URL: "https://walton.example.org", Partners: &partners, Services: &services},
		"bootle": {}, "southport": {},
	} {
		hub := &v1alpha1.Hub{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
			Spec: v1alpha1.HubSpec{TrustRef: v1alpha1.TrustRef{Name: "mersey-care"}, DisplayName: name}}
		if err := server.Client.Create(t.Context(), hub); err != nil {
			t.Fatal(err)
		}
		hub.Status = status
		switch name {
		case "walton":
			setReady(t, server.Client, hub, metav1.ConditionTrue, v1alpha1.ReasonReady, "Open.")
		case "bootle":
			setReady(t, server.Client, hub, metav1.ConditionFalse, v1alpha1.ReasonHostnameTaken, "Choose another host name.")
		}
	}
	code, stdout, stderr = plugin(t, namespace, "status")
	if code != 0 {
		t.Fatal(stderr)
	}
	contains(t, stdout, "HUB", "PARTNERS", "https://walton.example.org", "12", "40",
		"hub bootle: HostnameTaken for ", "Choose another host name.",
		"hub southport: Progressing", "The operator has not looked at it yet. If that lasts: kubectl liferooms doctor", "1 of 3 ready.")
	if strings.Contains(stdout, "hub walton:") {
		t.Errorf("a hub that is well is told of:\n%s", stdout)
	}
	if code, _, stderr := plugin(t, namespace, "status", "formby"); code != 1 || !strings.Contains(stderr, "there is no hub formby") {
		t.Errorf("a hub that is not there: exit %d: %s", code, stderr)
	}
	if _, stdout, _ := plugin(t, namespace, "status", "walton"); strings.Contains(stdout, "bootle") {
		t.Errorf("asked for walton, told of bootle:\n%s", stdout)
	}
}

func setReady(t *testing.T, c client.Client, object interface {
	client.Object
	StatusConditions() *[]metav1.Condition
}, status metav1.ConditionStatus, reason, message string) {
	t.Helper()
	meta.SetStatusCondition(object.StatusConditions(), metav1.Condition{
		Type: v1alpha1.ConditionReady, Status: status, Reason: reason, Message: message, ObservedGeneration: object.GetGeneration(),
	})
	if err := c.Status().Update(t.Context(), object); err != nil {
		t.Fatal(err)
	}
}

func TestDoctorNamesAllThatIsToBeMended(t *testing.T) {
	server := kubetest.Start(t)
	namespace := server.Namespace(t)
	code, stdout, _ := plugin(t, namespace, "doctor")
	if code != 1 {
		t.Errorf("an empty namespace is well: exit %d", code)
	}
	contains(t, stdout, "ok    definitions: the cluster knows trusts and hubs of liferooms.io/v1alpha1",
		"mend  operator: there is none in the namespace "+namespace, "mend  api: there is none", "mend  trusts: there is none yet", "3 to mend.")

	for _, component := range []string{"operator", "api"} {
		labels := map[string]string{"app.kubernetes.io/part-of": "liferooms", "app.kubernetes.io/component": component}
		pod := corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{
			ServiceAccountName: "liferooms-operator", Containers: []corev1.Container{{Name: component, Image: component}},
		}}
		deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "liferooms-" + component, Labels: labels},
			Spec: appsv1.DeploymentSpec{Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: pod}}
		if err := server.Client.Create(t.Context(), deployment); err != nil {
			t.Fatal(err)
		}
		if component == "api" {
			deployment.Status = appsv1.DeploymentStatus{ObservedGeneration: 1, Replicas: 1, ReadyReplicas: 1, AvailableReplicas: 1}
			if err := server.Client.Status().Update(t.Context(), deployment); err != nil {
				t.Fatal(err)
			}
		}
	}
	trust := makeTrust(t, server.Client, namespace, "mersey-care", "RW4")
	trust.Spec.IdentityProviders = []v1alpha1.IdentityProvider{{Name: "NHSmail", Issuer: "https://login.example.org", ClientID: "liferooms",
		ClientSecretRef: &v1alpha1.SecretKey{Name: "sign-in", Key: "client-secret"}}}
	if err := server.Client.Update(t.Context(), trust); err != nil {
		t.Fatal(err)
	}
	setReady(t, server.Client, trust, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound, "Make the Secret.")
	code, stdout, _ = plugin(t, namespace, "doctor")
	if code != 1 {
		t.Errorf("exit %d", code)
	}
	contains(t, stdout, "mend  operator: 0 of 1 pods are available. See why: kubectl describe pods", "ok    api: 1 of 1 pods are available",
		"mend  rights of the operator: system:serviceaccount:"+namespace+":liferooms-operator may not watch hubs, patch hubs, patch hubs/status",
		"mend  client secret sign-in: it is not there, and the trust mersey-care names it. Make it: kubectl create secret generic sign-in",
		"mend  trust mersey-care: SecretNotFound: Make the Secret.")
}

func TestWithoutACluster(t *testing.T) {
	t.Setenv("KUBECONFIG", os.DevNull)
	var out, err strings.Builder
	if code := run(t.Context(), []string{"status"}, &out, &err); code != 1 || !strings.Contains(err.String(), "which cluster? Set KUBECONFIG") {
		t.Errorf("without a cluster: exit %d: %s", code, err.String())
	}
}

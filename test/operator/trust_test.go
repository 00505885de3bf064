package operator

import (
	"context"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"liferooms.io/liferooms/operator/api/v1alpha1"
)

func (w *world) trust(name string) *v1alpha1.Trust {
	w.t.Helper()
	trust := &v1alpha1.Trust{}
	if err := w.kube.Client.Get(w.t.Context(), types.NamespacedName{Namespace: w.namespace, Name: name}, trust); err != nil {
		w.t.Fatal(err)
	}
	return trust
}

func (w *world) trustSettles(name string, status metav1.ConditionStatus, reason string) *metav1.Condition {
	w.t.Helper()
	var c *metav1.Condition
	w.eventually(fmt.Sprintf("trust %s is Ready=%s %s", name, status, reason), func(context.Context) error {
		trust := w.trust(name)
		c = meta.FindStatusCondition(trust.Status.Conditions, v1alpha1.ConditionReady)
		if c == nil || c.Status != status || c.Reason != reason || c.ObservedGeneration != trust.Generation {
			return fmt.Errorf("%s", summary(trust.Status.Conditions))
		}
		return nil
	})
	return c
}

func TestASecretIsMissingThenAppears(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.operate()
	w.apply(goodTrust)
	w.apply(plainHub)
	c := w.trustSettles("mersey-care", metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
	if how := "kubectl create secret generic sign-in --namespace " + w.namespace + " --from-literal=client-secret=…"; !strings.Contains(c.Message, how) {
		t.Errorf("the message is %q and does not say %q", c.Message, how)
	}
	w.settles("bootle", v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonTrustNotReady)

	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "sign-in"}, StringData: map[string]string{"client-secret": "first"}}
	if err := w.kube.Client.Create(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	w.trustSettles("mersey-care", metav1.ConditionTrue, v1alpha1.ReasonReady)
	w.ready("bootle")
	digest := func() string {
		trust, err := w.API.Trust(t.Context(), "RW4")
		if err != nil {
			t.Fatal(err)
		}
		if trust.IdentityProviders[0].ClientSecretDigest == nil {
			return ""
		}
		return *trust.IdentityProviders[0].ClientSecretDigest
	}
	first := digest()
	if first == "" {
		t.Error("the client has no secret")
	}

	// Rotated: it is read again without anybody's doing.
	secret.StringData = map[string]string{"client-secret": "second"}
	if err := w.kube.Client.Update(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	w.eventually("the new secret is used", func(context.Context) error {
		if now := digest(); now == first || now == "" {
			return fmt.Errorf("the digest is %q", now)
		}
		return nil
	})

	// Gone again: what was set up stays, and the trust says what is missing.
	second := digest()
	w.delete(secret)
	w.trustSettles("mersey-care", metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
	if digest() != second {
		t.Error("the secret went from the API too")
	}
	w.ready("bootle")
}

func TestATrustIsSetUpWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.operate()
	w.apply(`
apiVersion: liferooms.io/v1alpha1
kind: Trust
metadata: {name: mersey-care}
spec:
  odsCode: RW4
  name: Mersey Care
  sessionHours: 8
  identityProviders:
    - name: NHSmail
      issuer: https://login.example.org/realm
      clientID: liferooms
      scopes: [profile, email]
      roleMappings: [{value: b, role: TrustAdmin}, {value: a, role: VolunteerLead, hub: bootle}]
      algorithms: [RS256]
      apiClients: [{clientID: other, origins: ["https://app.example.org"], freeQueries: true}]
    - {name: Old, issuer: "https://old.example.org", clientID: old}
  disclosure: {suppressBelow: 10, roundTo: 10}
  retention: {mentalHealthYears: 25, otherAdultYears: 9, afterDeathYears: 12}
`)
	w.trustSettles("mersey-care", metav1.ConditionTrue, v1alpha1.ReasonReady)
	trust, err := w.API.Trust(t.Context(), "RW4")
	if err != nil {
		t.Fatal(err)
	}
	if trust.SessionHours != 8 || trust.Disclosure.SuppressBelow != 10 || trust.Retention.MentalHealthYears != 25 || len(trust.IdentityProviders) != 2 {
		t.Errorf("the trust is %+v", trust)
	}

	// A provider that is left out is shut, and that is no difference ever after.
	before := w.trust("mersey-care")
	changed := before.DeepCopy()
	changed.Spec.IdentityProviders = changed.Spec.IdentityProviders[:1]
	if err := w.kube.Client.Patch(t.Context(), changed, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
	w.trustSettles("mersey-care", metav1.ConditionTrue, v1alpha1.ReasonReady)
	if trust, err = w.API.Trust(t.Context(), "RW4"); err != nil {
		t.Fatal(err)
	}
	for _, p := range trust.IdentityProviders {
		if p.Enabled != (p.Name == "NHSmail") {
			t.Errorf("%s: enabled %v", p.Name, p.Enabled)
		}
	}
	w.Way.Asked()
	w.kubectl("annotate", "trust", "mersey-care", "example.org/look=again")
	var asked []string
	w.eventually("it is compared again", func(context.Context) error {
		if asked = append(asked, w.Way.Asked()...); len(asked) < 2 {
			return fmt.Errorf("asked %v", asked)
		}
		return nil
	})
	if len(sent(asked)) > 0 {
		t.Errorf("nothing had changed, and %v was sent", sent(asked))
	}
}

func TestTwoResourcesForOneTrust(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.operate()
	w.apply(plainTrust)
	w.trustSettles("mersey-care", metav1.ConditionTrue, v1alpha1.ReasonReady)
	w.apply(strings.NewReplacer("name: mersey-care", "name: copy", "Mersey Care", "A copy").Replace(plainTrust))
	c := w.trustSettles("copy", metav1.ConditionFalse, v1alpha1.ReasonODSCodeTaken)
	if !strings.Contains(c.Message, w.namespace+"/mersey-care has the ODS code RW4 already") {
		t.Errorf("the message is %q", c.Message)
	}
	trust, err := w.API.Trust(t.Context(), "RW4")
	if err != nil || trust.Name != "Mersey Care" {
		t.Errorf("the trust is %+v, %v", trust, err)
	}
}

package trust

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"liferooms.io/liferooms/operator/api/v1alpha1"
)

func TestWhoHasTheTrust(t *testing.T) {
	at := func(second int64, uid, reason string) *v1alpha1.Trust {
		trust := &v1alpha1.Trust{ObjectMeta: metav1.ObjectMeta{UID: types.UID(uid), CreationTimestamp: metav1.NewTime(time.Unix(second, 0))}}
		if reason != "" {
			trust.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionTrustApplied, Reason: reason}}
		}
		return trust
	}
	for name, c := range map[string]struct{ first, second *v1alpha1.Trust }{
		"the older":                             {at(1, "b", ""), at(2, "a", v1alpha1.ReasonApplied)},
		"of one second, that which was there":   {at(1, "b", v1alpha1.ReasonApplied), at(1, "a", "")},
		"also while the API cannot be reached":  {at(1, "b", v1alpha1.ReasonProgressing), at(1, "a", v1alpha1.ReasonODSCodeTaken)},
		"of two seen at once, one and the same": {at(1, "a", ""), at(1, "b", "")},
	} {
		if !before(c.first, c.second) || before(c.second, c.first) {
			t.Errorf("%s: before is %v, and %v the other way", name, before(c.first, c.second), before(c.second, c.first))
		}
	}
}

package trust

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"liferooms.io/liferooms/operator/api/v1alpha1"
	"liferooms.io/liferooms/operator/platform"
	"liferooms.io/liferooms/operator/step"
)

// apply compares the trust with the resource and sends it only where they differ.
func (r *Reconciler) apply(ctx context.Context, w *work) step.Outcome {
	before := w.report.Before(v1alpha1.ConditionTrustApplied)
	if found := w.report.Condition(v1alpha1.ConditionSecretsFound); found.Status != metav1.ConditionTrue {
		if before != nil && w.trust.Status.AppliedGeneration > 0 {
			return step.Skipped() // what was set up stays
		}
		return step.Outcome{Status: metav1.ConditionFalse, Reason: found.Reason, Message: "The trust is set up once its client secrets can be read."}
	}
	input := desired(w.trust, w.secrets)
	actual, err := r.API.Trust(ctx, input.OdsCode)
	if err != nil {
		return step.Asked(err, before, time.Now())
	}
	if actual == nil || len(differences(input, actual)) > 0 {
		changed, err := r.API.ApplyTrust(ctx, input)
		if err != nil {
			return step.Asked(err, before, time.Now())
		}
		r.tell(w.trust, actual == nil, changed)
	}
	w.trust.Status.AppliedGeneration = w.trust.Generation
	return step.Done(v1alpha1.ReasonApplied, "The trust %s is as this resource says.", input.OdsCode)
}

func (r *Reconciler) tell(trust *v1alpha1.Trust, created bool, changed []string) {
	fields := strings.Join(changed, ", ")
	switch {
	case created:
		step.Tell(r.Recorder, trust, corev1.EventTypeNormal, "Created", "Apply", "The trust %s was set up.", trust.Spec.ODSCode)
	case len(changed) == 0:
	case trust.Status.AppliedGeneration == trust.Generation:
		step.Tell(r.Recorder, trust, corev1.EventTypeNormal, "DriftCorrected", "Apply", "Something else had changed %s; put right.", fields)
	default:
		step.Tell(r.Recorder, trust, corev1.EventTypeNormal, "Updated", "Apply", "Changed: %s.", fields)
	}
}

// desired is what the resource says, as the API takes it.
func desired(trust *v1alpha1.Trust, secrets map[string]string) platform.ApplyTrustInput {
	spec := trust.Spec
	id := fmt.Sprintf("%s/%d", trust.UID, trust.Generation)
	input := platform.ApplyTrustInput{
		ClientMutationId: &id, OdsCode: spec.ODSCode, Name: spec.Name, SessionHours: int(spec.SessionHours),
		IdentityProviders: []platform.IdentityProviderInput{},
		Disclosure:        platform.DisclosureRuleInput{SuppressBelow: int(spec.Disclosure.SuppressBelow), RoundTo: int(spec.Disclosure.RoundTo)},
		Retention: platform.RetentionInput{
			MentalHealthYears: int(spec.Retention.MentalHealthYears), OtherAdultYears: int(spec.Retention.OtherAdultYears),
			AfterDeathYears: int(spec.Retention.AfterDeathYears),
		},
	}
	for _, p := range spec.IdentityProviders {
		one := platform.IdentityProviderInput{
			Name: p.Name, Issuer: p.Issuer, ClientId: p.ClientID, Scopes: list(p.Scopes), RolesClaim: cmp.Or(p.RolesClaim, "groups"),
			RoleMappings: []platform.RoleMappingInput{}, Algorithms: list(p.Algorithms), ApiClients: []platform.APIClientInput{},
			Enabled: p.Enabled == nil || *p.Enabled,
		}
		if secret, ok := secrets[p.Issuer]; ok {
			one.ClientSecret = &secret
		}
		for i, m := range p.RoleMappings {
			if slices.Contains(p.RoleMappings[:i], m) {
				continue // said twice
			}
			one.RoleMappings = append(one.RoleMappings, platform.RoleMappingInput{Value: m.Value, Role: platform.Enum[platform.Role](string(m.Role)), Hub: optional(m.Hub)})
		}
		for _, c := range p.APIClients {
			one.ApiClients = append(one.ApiClients, platform.APIClientInput{
				ClientId: c.ClientID, Audience: optional(c.Audience), Origins: list(c.Origins), FreeQueries: c.FreeQueries,
			})
		}
		input.IdentityProviders = append(input.IdentityProviders, one)
	}
	return input
}

// differences names the fields in which the trust is not what the input says. A provider that the input leaves out is no
// difference once it is disabled, for the API keeps it so.
func differences(input platform.ApplyTrustInput, actual *platform.Trust) []string {
	var differ []string
	compare := func(field string, same bool) {
		if !same {
			differ = append(differ, field)
		}
	}
	compare("name", input.Name == actual.Name)
	compare("sessionHours", input.SessionHours == actual.SessionHours)
	compare("disclosure", input.Disclosure == platform.DisclosureRuleInput(actual.Disclosure))
	compare("retention", input.Retention == platform.RetentionInput(actual.Retention))

	remaining := map[string]platform.IdentityProvider{}
	for _, p := range actual.IdentityProviders {
		remaining[p.Issuer] = p
	}
	same := true
	for _, want := range input.IdentityProviders {
		have, there := remaining[want.Issuer]
		delete(remaining, want.Issuer)
		same = same && there && sameProvider(input.OdsCode, want, have)
	}
	for _, p := range remaining {
		same = same && !p.Enabled
	}
	compare("identityProviders", same)
	return differ
}

func sameProvider(odsCode string, want platform.IdentityProviderInput, have platform.IdentityProvider) bool {
	var digest *string
	if want.ClientSecret != nil {
		sum := sha256.Sum256([]byte(strings.Join([]string{odsCode, want.Issuer, want.ClientId, *want.ClientSecret}, "\n")))
		text := hex.EncodeToString(sum[:])
		digest = &text
	}
	if !reflect.DeepEqual(digest, have.ClientSecretDigest) {
		return false
	}
	as := platform.IdentityProviderInput{
		Name: have.Name, Issuer: have.Issuer, ClientId: have.ClientId, ClientSecret: want.ClientSecret, Scopes: have.Scopes,
		RolesClaim: have.RolesClaim, Algorithms: have.Algorithms, Enabled: have.Enabled,
	}
	for _, m := range have.RoleMappings {
		as.RoleMappings = append(as.RoleMappings, platform.RoleMappingInput(m))
	}
	for _, c := range have.ApiClients {
		as.ApiClients = append(as.ApiClients, platform.APIClientInput(c))
	}
	return reflect.DeepEqual(inOrder(want), inOrder(as))
}

// inOrder is the provider with each list in one order, since none of them means anything by its order.
func inOrder(p platform.IdentityProviderInput) platform.IdentityProviderInput {
	p.Scopes, p.Algorithms = sorted(p.Scopes), sorted(p.Algorithms)
	p.RoleMappings = slices.SortedFunc(slices.Values(p.RoleMappings), func(a, b platform.RoleMappingInput) int {
		return cmp.Or(cmp.Compare(a.Value, b.Value), cmp.Compare(a.Role, b.Role), cmp.Compare(text(a.Hub), text(b.Hub)))
	})
	p.ApiClients = slices.SortedFunc(slices.Values(p.ApiClients), func(a, b platform.APIClientInput) int {
		return cmp.Compare(a.ClientId, b.ClientId)
	})
	for i, c := range p.ApiClients {
		p.ApiClients[i].Origins = sorted(c.Origins)
	}
	return p
}

// sorted is a copy in order; nil and empty are alike.
func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// list is never nil, which the API would take for null.
func list(l []string) []string {
	if l == nil {
		return []string{}
	}
	return l
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func text(optional *string) string {
	if optional == nil {
		return ""
	}
	return *optional
}

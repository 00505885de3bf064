package step_test

import (
	"errors"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"liferooms.io/liferooms/operator/api/v1alpha1"
	"liferooms.io/liferooms/operator/platform"
	"liferooms.io/liferooms/operator/step"
)

func TestWhoseTurnItIsAfterAnError(t *testing.T) {
	hostnames, name := "hostnames", "name"
	for _, c := range []struct {
		err    error
		reason string
		person bool
		again  bool
	}{
		{&platform.Error{Kind: platform.Unreachable}, v1alpha1.ReasonAPIUnreachable, false, true},
		{&platform.Error{Kind: platform.Busy}, v1alpha1.ReasonAPIUnreachable, false, true},
		{&platform.Error{Kind: platform.SignIn}, v1alpha1.ReasonSignInRefused, false, true},
		{&platform.Error{Kind: platform.Faulty}, v1alpha1.ReasonAPIError, false, true},
		{&platform.Error{Kind: platform.Refused, Refusals: []platform.Refusal{{Code: "BAD_USER_INPUT", Field: &name}}}, v1alpha1.ReasonRefused, true, false},
		{&platform.Error{Kind: platform.Refused, Refusals: []platform.Refusal{{Code: "CONFLICT", Field: &hostnames}}}, v1alpha1.ReasonHostnameTaken, true, false},
		{errors.New("of another kind"), v1alpha1.ReasonAPIError, false, true},
	} {
		o := step.Asked(c.err, nil, time.Now())
		if o.Status != metav1.ConditionFalse || o.Reason != c.reason || o.NeedsPerson != c.person || (o.Err != nil) != c.again || !c.again && o.After == 0 {
			t.Errorf("%v: %+v", c.err, o)
		}
	}
}

func TestSinceWhenTheAPIHasNotAnswered(t *testing.T) {
	first := time.Date(2026, 11, 24, 10, 2, 3, 0, time.UTC)
	err := &platform.Error{Kind: platform.Unreachable, Message: "It does not answer."}
	said := step.Asked(err, &metav1.Condition{Reason: v1alpha1.ReasonApplied, Message: "As it should be."}, first)
	if want := "The API has not answered since 2026-11-24T10:02:03Z: It does not answer."; len(said.Message) < len(want) || said.Message[:len(want)] != want {
		t.Errorf("said %q", said.Message)
	}
	again := step.Asked(err, &metav1.Condition{Reason: said.Reason, Message: said.Message}, first.Add(time.Hour))
	if again.Message != said.Message {
		t.Errorf("an hour later said %q", again.Message)
	}
}

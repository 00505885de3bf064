package step

import (
	"errors"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"liferooms.io/liferooms/operator/api/v1alpha1"
	"liferooms.io/liferooms/operator/platform"
)

// Outcome is what a step came to.
type Outcome struct {
	Status  metav1.ConditionStatus
	Reason  string
	Message string
	// Err, where there is one, has the step tried again with growing pauses.
	Err error
	// After, where it is set, has the object looked at again by then. Zero: at the next resync.
	After time.Duration
	// NeedsPerson says that trying again changes nothing before a person acts.
	NeedsPerson bool
	// skipped leaves the condition as it was.
	skipped bool
}

// Done: all is as it should be.
func Done(reason, format string, args ...any) Outcome {
	return Outcome{Status: metav1.ConditionTrue, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// Waiting: it goes on without anybody's doing; look again after a while.
func Waiting(after time.Duration, reason, format string, args ...any) Outcome {
	return Outcome{Status: metav1.ConditionFalse, Reason: reason, Message: fmt.Sprintf(format, args...), After: after}
}

// Blocked: a person must act. It is looked at again after a while, in case what it waits for is outside this object.
func Blocked(after time.Duration, reason, format string, args ...any) Outcome {
	o := Waiting(after, reason, format, args...)
	o.NeedsPerson = true
	return o
}

// Failed: err went wrong, and may go better next time.
func Failed(err error, reason, format string, args ...any) Outcome {
	return Outcome{Status: metav1.ConditionFalse, Reason: reason, Message: fmt.Sprintf(format, args...), Err: err}
}

// Skipped: the step had nothing to go by; what is known of it stays as it is.
func Skipped() Outcome { return Outcome{skipped: true} }

// retryRefused is when something that the API refused is sent again: what was in the way may be another object.
const retryRefused = 30 * time.Second

// notSince begins what is said of an API that does not answer; the time follows it.
const notSince = "The API has not answered since "

// silentSince is since when the API has not answered: what the condition says already, else now. The condition's
// lastTransitionTime does not tell: it is about the status, which may have been False for another reason.
func silentSince(before *metav1.Condition, now time.Time) time.Time {
	if before != nil && before.Reason == v1alpha1.ReasonAPIUnreachable {
		said, _, _ := strings.Cut(strings.TrimPrefix(before.Message, notSince), ": ")
		if since, err := time.Parse(time.RFC3339, said); err == nil {
			return since
		}
	}
	return now
}

// Asked makes an outcome of an error of the API that came up now. before is the condition as it was: it tells since when
// the API has not answered.
func Asked(err error, before *metav1.Condition, now time.Time) Outcome {
	var e *platform.Error
	if !errors.As(err, &e) {
		return Failed(err, v1alpha1.ReasonAPIError, "%v", err)
	}
	switch e.Kind {
	case platform.Unreachable, platform.Busy:
		return Failed(err, v1alpha1.ReasonAPIUnreachable, "%s%s: %s What is set up stays as it was. Check the pods of the API and its network policy.",
			notSince, silentSince(before, now).UTC().Format(time.RFC3339), e.Message)
	case platform.SignIn:
		return Failed(err, v1alpha1.ReasonSignInRefused,
			"The API does not accept the operator: %s Check --platform-issuer, --platform-audience and --platform-subject of the API.", e.Message)
	case platform.Refused:
		for _, r := range e.Refusals {
			if r.Code == "CONFLICT" && r.Field != nil && *r.Field == "hostnames" {
				return Blocked(retryRefused, v1alpha1.ReasonHostnameTaken, "%s Choose another host name, or take it from the hub that has it.", e.Message)
			}
		}
		return Blocked(retryRefused, v1alpha1.ReasonRefused, "%s Change the resource accordingly.", e.Message)
	}
	return Failed(err, v1alpha1.ReasonAPIError, "%s It is tried again; if it goes on, look into the log of the API; the operator's log names the request.", e.Message)
}

package problem

import (
	"context"
	"errors"
	"fmt"
)

// Code is stable and machine-readable; it travels as extensions.code.
type Code string

// The codes of the API. Anything that is not a *Problem is Internal to the caller.
const (
	Unauthenticated Code = "UNAUTHENTICATED"
	Forbidden       Code = "FORBIDDEN"
	NotFound        Code = "NOT_FOUND"
	Conflict        Code = "CONFLICT"
	BadUserInput    Code = "BAD_USER_INPUT"
	Limited         Code = "LIMITED"
	Internal        Code = "INTERNAL"
)

// Problem is an error whose message is written for the person who reads it. It never holds personal data,
// SQL, or another tenant's existence.
type Problem struct {
	Code    Code
	Message string
	// Field is the input field that the person can mend, as a path such as "dateOfBirth"; empty otherwise.
	Field string
	cause error
}

func (p *Problem) Error() string { return p.Message }

// Unwrap gives the cause, for the log only.
func (p *Problem) Unwrap() error { return p.cause }

// New makes a problem with a code and a message.
func New(code Code, format string, args ...any) *Problem {
	return &Problem{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Field makes a BadUserInput problem about one input field.
func Field(field, format string, args ...any) *Problem {
	return &Problem{Code: BadUserInput, Field: field, Message: fmt.Sprintf(format, args...)}
}

// Missing says that there is no such thing here; also the answer for another tenant's row.
func Missing(what string) *Problem {
	return New(NotFound, "There is no such %s here. It may have been removed, or the link may be wrong.", what)
}

// Because attaches the cause for the log; the caller does not see it.
func (p *Problem) Because(cause error) *Problem {
	copied := *p
	copied.cause = cause
	return &copied
}

// Of finds the problem that a caller may see in err. Deadlines and cancellations become Limited;
// everything unknown becomes Internal with a general message.
func Of(err error) *Problem {
	var p *Problem
	switch {
	case err == nil:
		return nil
	case errors.As(err, &p):
		return p
	case errors.Is(err, context.DeadlineExceeded):
		return New(Limited, "This took too long and was stopped. Nothing was saved. Try again, or ask for less at once.").Because(err)
	case errors.Is(err, context.Canceled):
		return New(Limited, "The request was cancelled. Nothing was saved.").Because(err)
	}
	return New(Internal, "Something went wrong on our side. Nothing was saved. Try again; if it goes on, report the request id.").Because(err)
}

// Is reports whether err is a problem with the code.
func Is(err error, code Code) bool {
	var p *Problem
	return errors.As(err, &p) && p.Code == code
}

// Correctable splits err into the problems that a person can mend in a form (userErrors of a payload)
// and the rest, which travels as an error of the request.
func Correctable(err error) ([]*Problem, error) {
	if err == nil {
		return nil, nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*Problem
		for _, e := range joined.Unwrap() {
			some, rest := Correctable(e)
			if rest != nil {
				return nil, rest
			}
			all = append(all, some...)
		}
		return all, nil
	}
	var p *Problem
	if errors.As(err, &p) && (p.Code == BadUserInput || p.Code == Conflict) {
		return []*Problem{p}, nil
	}
	return nil, err
}

package platform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/Khan/genqlient/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Kind says whose turn it is after an error.
type Kind int

const (
	// Unreachable: nothing that speaks for the API answered.
	Unreachable Kind = iota + 1
	// Busy: the API asks to be asked later.
	Busy
	// SignIn: the API does not accept who is asking.
	SignIn
	// Refused: what was sent cannot be taken; its author can mend it.
	Refused
	// Missing: there is no such trust or hub.
	Missing
	// Faulty: the API failed, or does not speak as this client does.
	Faulty
)

// Error is what the API, or the way to it, said. Its text is written for the person who reads a condition.
type Error struct {
	Kind    Kind
	Message string
	// Refusals are, of kind Refused, what cannot be taken field by field.
	Refusals []Refusal
	// Request is the request's id in the API's log, where the API gave one. It is no part of Message, which is the same each time.
	Request string
	cause   error
}

func (e *Error) Error() string {
	if e.Request == "" {
		return e.Message
	}
	return e.Message + " (request " + e.Request + ")"
}

// Unwrap gives the cause, where there is one.
func (e *Error) Unwrap() error { return e.cause }

// passing reports whether sending the same again in a moment may go better.
func (e *Error) passing() bool { return e.Kind == Unreachable || e.Kind == Busy }

func (e *Error) orNil() error {
	if e == nil {
		return nil
	}
	return e
}

// KindOf is the kind of an error of this package, 0 of any other.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return 0
}

// refused makes an error of the userErrors of a payload.
func refused(refusals []Refusal) error {
	if len(refusals) == 0 {
		return nil
	}
	lines := make([]string, 0, len(refusals))
	for _, r := range refusals {
		if r.Field != nil && *r.Field != "" {
			lines = append(lines, *r.Field+": "+r.Message)
		} else {
			lines = append(lines, r.Message)
		}
	}
	return &Error{Kind: Refused, Message: strings.Join(lines, " "), Refusals: refusals}
}

type tokenError struct{ error }

func (e *tokenError) Unwrap() error { return e.error }

// understand makes an Error of what the GraphQL client says. What an unknown server sent is not repeated.
func (c *Client) understand(err error) *Error {
	if err == nil {
		return nil
	}
	var token *tokenError
	var status *graphql.HTTPError
	var list gqlerror.List
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &token):
		return &Error{Kind: SignIn, Message: fmt.Sprintf("The operator cannot read its token: %v. Check its pod's projected volume.", token.error), cause: err}
	case errors.As(err, &status):
		if code(status.Response.Errors) != "" {
			return told(status.Response.Errors)
		}
		switch status.StatusCode {
		case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return &Error{Kind: Unreachable, Message: fmt.Sprintf("%s answers %d.", c.URL, status.StatusCode)}
		case http.StatusTooManyRequests:
			return &Error{Kind: Busy, Message: "The API takes no more requests at the moment."}
		}
		return &Error{Kind: Faulty, Message: fmt.Sprintf("%s answers %d and not as the API does. Check --api-url.", c.URL, status.StatusCode)}
	case errors.As(err, &list):
		return told(list)
	case errors.As(err, &syntax):
		return &Error{Kind: Faulty, Message: fmt.Sprintf("%s answers, and not as the API does. Check --api-url.", c.URL)}
	case errors.Is(err, context.Canceled):
		return &Error{Kind: Unreachable, Message: "The operator stopped asking.", cause: err}
	}
	return &Error{Kind: Unreachable, Message: fmt.Sprintf("%s does not answer: %v.", c.URL, reason(err)), cause: err}
}

// told makes an Error of a GraphQL answer's errors.
func told(list gqlerror.List) *Error {
	kinds := map[string]Kind{
		"UNAUTHENTICATED": SignIn, "FORBIDDEN": SignIn, "NOT_FOUND": Missing, "CONFLICT": Refused, "BAD_USER_INPUT": Refused, "LIMITED": Busy,
	}
	kind, known := kinds[code(list)]
	if !known {
		kind = Faulty
	}
	request, _ := list[0].Extensions["requestId"].(string) // absent: there is none to tell
	return &Error{Kind: kind, Message: list[0].Message, Request: request}
}

func code(list gqlerror.List) string {
	if len(list) == 0 {
		return ""
	}
	code, _ := list[0].Extensions["code"].(string) // absent: no answer of the API
	return code
}

// reason is the innermost error: the outer ones repeat the method and the address, and ports that differ each time.
func reason(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no answer within %v", attemptTimeout)
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

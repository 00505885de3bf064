package server

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/signin"
)

// documents are the operations that the app is known to send, by the hash that names each.
type documents struct {
	text map[string]string
	// names bounds the operation names of metrics: what a stranger calls an operation is "other".
	names map[string]bool
	// only: nothing else runs, but for clients that are allowed free queries.
	only bool
}

// newDocuments checks every document against the schema and the limits, so that a build whose app and API have parted
// does not start.
func newDocuments(schema *ast.Schema, trusted map[string]string, only bool) (*documents, error) {
	d := &documents{text: trusted, names: map[string]bool{}, only: only}
	for id, text := range trusted {
		doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, maxTokens)
		if err != nil {
			return nil, fmt.Errorf("trusted document %s: %w", id, err)
		}
		if problems := validator.ValidateWithRules(schema, doc, rules.NewDefaultRules()); len(problems) > 0 {
			return nil, fmt.Errorf("trusted document %s: %w", id, gqlerror.List(problems))
		}
		for _, operation := range doc.Operations {
			if err := measure(operation, nil).refusal(false); err != nil {
				return nil, fmt.Errorf("trusted document %s, operation %s: %w", id, operation.Name, err)
			}
			d.names[operation.Name] = true
		}
	}
	return d, nil
}

// find gives the text that a request names, or the one that it brings where that is allowed.
func (d *documents) find(b *body, caller *signin.Caller) (text string, err error) {
	switch {
	case b.DocumentID != "" && b.Query != "":
		return "", problem.New(problem.BadUserInput, "Send either documentId or query, not both.")
	case b.DocumentID != "":
		text, known := d.text[b.DocumentID]
		if !known {
			return "", problem.New(problem.NotFound, "The server does not know this document. The app was probably updated: load the page again.")
		}
		return text, nil
	case b.Query == "":
		return "", problem.New(problem.BadUserInput, "The request names no operation: send a GraphQL document as \"query\", or a registered one as \"documentId\".")
	case len(b.Query) > maxQuery:
		return "", problem.New(problem.Limited, "The document is too long: at most %d KiB. Send fewer fields at once, and values as variables.", maxQuery>>10)
	case d.only && !caller.FreeQueries:
		return "", problem.New(problem.Forbidden, "This client may send registered documents only (\"documentId\"). Ask your trust administrator to allow it free queries.")
	}
	return b.Query, nil
}

// operationName is the name for logs and metrics.
func (d *documents) operationName(operation *ast.OperationDefinition) string {
	if operation != nil && d.names[operation.Name] {
		return operation.Name
	}
	return other
}

const other = "other"

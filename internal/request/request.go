package request

import "context"

type contextKey struct{}

// WithID puts the request's id into the context.
func WithID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, contextKey{}, id)
}

// ID is the request's id; empty outside a request.
func ID(ctx context.Context) string {
	id, _ := ctx.Value(contextKey{}).(string)
	return id
}

// Package platform is the operator's client of the API: the GraphQL operations that it sends, typed by generated code,
// signed by a service account token that is read from disk as it rotates, with errors that say whose turn it is.
package platform

//go:generate go tool genqlient genqlient.yaml

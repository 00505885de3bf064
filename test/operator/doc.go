// Package operator holds the operator to its promises: manifests, reconcilers and the whole of a roll-out, against a real
// Kubernetes API server and the real API over a real Postgres.
package operator

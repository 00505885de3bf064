// Package step holds what the reconcilers of the operator have in common: a reconcile is a list of small steps over one
// object; each gives an outcome, which becomes a condition; all of them together become one write of the status, an event
// where something changed, and a time to look again.
package step

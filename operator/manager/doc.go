// Package manager puts the operator together: the reconcilers, what they watch, and how the operator is watched itself.
package manager

// Package binaries builds the programs of a Kubernetes cluster from their Go modules, once, into the user's cache folder.
package binaries

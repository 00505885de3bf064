// Package e2e tests Life Rooms as it runs for real: its chart installed by Helm, on pods of a Kubernetes cluster, with
// everything around it in the cluster too. Make e2e runs it, against the cluster that KUBECONFIG names or one of its own.
package e2e

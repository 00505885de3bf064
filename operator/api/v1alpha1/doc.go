// Package v1alpha1 holds the resources that a platform team writes: Trust and Hub, of the group liferooms.io. What a
// resource may say is bounded here, by CEL where a type is not enough, with messages that say what to write instead.
//
// +kubebuilder:object:generate=true
// +groupName=liferooms.io
package v1alpha1

//go:generate go run sigs.k8s.io/controller-tools/cmd/controller-gen@v0.23.0 object crd:allowDangerousTypes=true,maxDescLen=1000 paths=. output:crd:dir=../../config/crd

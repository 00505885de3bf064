package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// StatusConditions are the trust's conditions, to read and to change.
func (t *Trust) StatusConditions() *[]metav1.Condition { return &t.Status.Conditions }

// Observed notes that the status is about this generation.
func (t *Trust) Observed(generation int64) { t.Status.ObservedGeneration = generation }

// StatusConditions are the hub's conditions, to read and to change.
func (h *Hub) StatusConditions() *[]metav1.Condition { return &h.Status.Conditions }

// Observed notes that the status is about this generation.
func (h *Hub) Observed(generation int64) { h.Status.ObservedGeneration = generation }

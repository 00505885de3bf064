// Package chart tests the Helm chart: rendered by helm itself, and installed at a real API server.
package chart

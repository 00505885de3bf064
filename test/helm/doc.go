// Package helm brings the helm command, of the version that the chart is made for.
package helm

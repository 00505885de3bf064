// Package provision sets trusts and hubs up for the platform: what the input says is made so, whole and at once.
package provision

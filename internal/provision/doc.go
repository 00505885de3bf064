// Package provision sets trusts and hubs up for the platform: what the input says is made so, whole and in one transaction,
// and what is so already is left alone.
//
// The caller is the platform's operator, who has no tenant. Each method works as the platform on the one trust, or the one
// hub, that its input names.
package provision

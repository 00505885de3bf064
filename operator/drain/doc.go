// Package drain makes ready for an uninstall: hubs that are being deleted get their time to be archived, then the
// operator is stopped, then its finalizer is taken off what stays, which nobody would take off afterwards.
package drain

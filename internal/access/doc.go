// Package access holds the one table of roles and permissions.
package access

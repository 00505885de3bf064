// Package audit records who read or changed what, in rows that never change.
package audit

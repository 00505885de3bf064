// Package seal encrypts the secrets that the database keeps, so that who reads the database cannot use them.
//
// A sealed secret is AES-256-GCM under the first of the server's keys. It names its key and is bound to what it belongs to:
// moved to another row, it does not open.
package seal

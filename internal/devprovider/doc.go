// Package devprovider is the sign-in service of a development machine: a real OpenID Connect server on a port of its
// own, where a page of demo staff takes the place of passwords.
//
// It serves one issuer per demo trust. Everything but this page is left out of a build with the tag "production".
package devprovider

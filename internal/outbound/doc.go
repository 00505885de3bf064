// Package outbound says which addresses this server may connect to where others chose them: public ones, as they are when
// the connection is made.
package outbound

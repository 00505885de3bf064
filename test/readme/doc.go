// Package readme keeps README.md true: what it tells a newcomer to type is typed here as it stands there. It runs on Linux,
// where /proc tells which processes are left.
package readme

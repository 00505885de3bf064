// Package request carries the id of a request: what a person quotes when they report a fault, and what the log and the
// audit are searched by.
package request

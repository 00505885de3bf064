// Package problem holds the errors that a caller may see: a stable code and a sentence that says what to do.
package problem

// Package architecture keeps the rules of the house: who may import whom, and that every package says what it is.
package architecture

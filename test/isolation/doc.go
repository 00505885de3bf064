// Package isolation walks the whole API in the name of every role of one hub, with the ids of another.
package isolation

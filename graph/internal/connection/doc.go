// Package connection names paging's generic types for each kind of list. It is a package of its own, below an internal
// directory, because gqlgen binds an alias of an internal package's type only where the alias is in one too.
package connection

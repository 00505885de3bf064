// Package compile makes one SQL statement of a GraphQL operation.
package compile

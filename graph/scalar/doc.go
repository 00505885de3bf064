// Package scalar reads and writes the API's own scalars: DateTime and Date.
package scalar

// Package request carries the id of the request at hand, by which people and logs find one another.
package request

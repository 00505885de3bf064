// Package paging cuts lists into Relay connections by key: a cursor holds the sort keys of a row, so that a page begins
// where the last one ended whatever was added meanwhile, and the last page costs what the first does.
package paging

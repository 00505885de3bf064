// Package freshness finds what of a hub's catalogue needs somebody: the rules of the manager's board, and the job that asks
// whether the links in the catalogue still lead somewhere.
package freshness

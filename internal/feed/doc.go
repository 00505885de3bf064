// Package feed publishes the public catalogue of each hub as Open Referral UK 3.0: the nine addresses of the standard, and the
// whole catalogue as one JSON document or as the tables of HSDS.
//
// The database shows it only what is public (internal/store); what it writes of a record is told in docs/open-referral.md.
package feed

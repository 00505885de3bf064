// Package partner holds what a hub and its partners say to one another about the partners' entries in the catalogue: how
// much room a service has, who looked at an entry last, what was agreed about referrals, and the links by which partners
// confirm and correct their own entries without an account.
//
// What a partner asks for by its link waits until somebody of the hub approves it (ProposedChange). Whoever has a link asks as
// a viewer of the kind viewer.Partner, and in a database role of its own: see docs/decisions/0059.
package partner

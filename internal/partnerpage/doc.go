// Package partnerpage shows a partner its own entry at the link that its hub gave it, and takes what the partner says of it: as
// plain pages that need no script and no account. What may be seen and said is internal/partner's to know.
package partnerpage

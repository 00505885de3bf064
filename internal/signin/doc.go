// Package signin finds out who is asking: staff by a session of the staff app, other apps and services by bearer
// tokens, both from the OpenID Connect providers of a trust.
//
// People are known by issuer and subject. What they may do comes from the provider's claims through the trust's
// mapping, and from roles given in the app; who has neither is refused.
package signin

// Package trust reconciles Trust resources: the trust in Life Rooms is made, and kept, what the resource says. A trust
// that is deleted stays in Life Rooms: its hubs' records are its own.
package trust

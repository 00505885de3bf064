// Package viewer says who is asking: a member of staff with roles in hubs, the platform's operator, or the platform
// itself.
package viewer

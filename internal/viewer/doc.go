// Package viewer says who is asking: a member of staff with roles in hubs, or the platform itself.
package viewer

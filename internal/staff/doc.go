// Package staff gives roles in a hub to people who sign in, and takes them away.
package staff

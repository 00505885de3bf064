// Package person registers people at a hub, keeps their records, and finds them by whatever somebody at the desk types.
package person

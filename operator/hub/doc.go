// Package hub reconciles Hub resources: the tenant in Life Rooms is made, and kept, what the resource says; its catalogue
// is reported; its host names are routed to the API.
package hub

// Package gate lets strangers in, and no further than to the public catalogue of one hub: it finds the hub in an address,
// puts the viewer that reads it into the context, and bounds how fast each client may ask.
package gate

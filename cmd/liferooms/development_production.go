//go:build production

package main

import "liferooms.io/liferooms/internal/demo"

// developmentCommands are not in a production build, and neither is the sign-in service that knows no passwords.
type developmentCommands struct{}

// demoSignIn: the demo's sign-in service is not in a production build.
type demoSignIn struct{}

func (demoSignIn) providers() []demo.Provider { return nil }

func developmentDatabase() string { return "" }

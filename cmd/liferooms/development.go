//go:build !production

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"liferooms.io/liferooms/internal/demo"
	"liferooms.io/liferooms/internal/devprovider"
)

// developmentCommands are for development machines only.
type developmentCommands struct {
	Dev   devCommand   `cmd:"" help:"Run everything on this machine: a private Postgres, demo staff to sign in as, the API and the app."`
	Token tokenCommand `cmd:"" help:"Print a bearer token of a running 'liferooms dev', alone on the last line."`
}

// dataFlag is the folder that a development machine keeps between runs.
type dataFlag struct {
	Data string `type:"path" env:"LIFEROOMS_DATA" default:".data" help:"Folder for the private Postgres and what else is kept between runs."`
}

// address says where a running 'liferooms dev' is, in a file of its data folder, for the commands that work
// with it.
type address struct {
	App      string `json:"app"`
	Provider string `json:"provider"`
	Database string `json:"database"`
}

func (f dataFlag) addressFile() string { return filepath.Join(f.Data, "dev.json") }

func (f dataFlag) writeAddress(a address) error {
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	if err := os.WriteFile(f.addressFile(), text, 0o644); err != nil {
		return fmt.Errorf("note where the server is: %w", err)
	}
	return nil
}

func (f dataFlag) readAddress() (address, error) {
	var a address
	text, err := os.ReadFile(f.addressFile())
	if err != nil {
		return a, err
	}
	return a, json.Unmarshal(text, &a)
}

// developmentDatabase is the private Postgres of the 'liferooms dev' that runs with this data folder; empty where none does.
func developmentDatabase() string {
	data := os.Getenv("LIFEROOMS_DATA")
	if data == "" {
		data = ".data"
	}
	at, err := dataFlag{Data: data}.readAddress()
	if err != nil {
		return ""
	}
	return at.Database
}

// demoSignIn lets the seed name the sign-in service of development.
type demoSignIn struct {
	SignInURL   string `placeholder:"URL" help:"Where the demo's own sign-in service runs; without it nobody can sign in."`
	OtherAppURL string `placeholder:"URL" help:"Where another single-page app runs that may call the API."`
}

func (f demoSignIn) providers() []demo.Provider {
	if f.SignInURL == "" {
		return nil
	}
	return demoProviders(devprovider.IdentityProviders(f.SignInURL, f.OtherAppURL))
}

// demoProviders are the sign-in services of the demo trusts, as the seed takes them.
func demoProviders(all []devprovider.Settings) []demo.Provider {
	providers := make([]demo.Provider, len(all))
	for i, s := range all {
		providers[i] = demo.Provider(s)
	}
	return providers
}

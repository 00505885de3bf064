package main

import (
	"liferooms.io/liferooms/internal/seal"
	"liferooms.io/liferooms/internal/signin"
)

// platformFlags say how hubs are reached and set up: by the platform's operator, and with which secrets.
type platformFlags struct {
	PublicScheme string `enum:"https,http" default:"https" help:"How browsers reach hubs by their own host names: https, or http for a cluster on your own machine."`

	PlatformIssuer    string   `placeholder:"URL" help:"Issuer of the cluster's service account tokens, by which the operator signs in; empty: no operator may."`
	PlatformAudience  string   `default:"liferooms" help:"What the operator's token must be made out to."`
	PlatformSubject   []string `placeholder:"SUBJECT" help:"The operator's service account, as system:serviceaccount:NAMESPACE:NAME. May be given several times."`
	PlatformCAFile    string   `type:"path" placeholder:"FILE" help:"Certificates by which the cluster's API server is known; empty: this machine's."`
	PlatformTokenFile string   `type:"path" placeholder:"FILE" help:"Token with which the cluster is asked for its keys. It is read again each time."`

	SecretsDir    string `type:"path" placeholder:"DIR" help:"Folder with a file for each client secret, named as the provider's settings name it."`
	SecretKeyFile string `type:"path" placeholder:"FILE" help:"Key that seals the client secrets in the database: 32 random bytes in base64, on a line. To change it put the new key above the old one and restart; when every trust has been applied again, take the old one away."`

	AllowPrivateSources bool `help:"Let catalogue sources that ask for it be at private addresses."`
}

// signIn is how people and the operator sign in.
func (f platformFlags) signIn() (signin.Config, error) {
	keys, err := seal.ReadKeys(f.SecretKeyFile)
	if err != nil {
		return signin.Config{}, err
	}
	return signin.Config{
		PublicScheme: f.PublicScheme, SecretsDir: f.SecretsDir, Keys: keys,
		Platform: signin.Platform{
			Issuer: f.PlatformIssuer, Audience: f.PlatformAudience, Subjects: f.PlatformSubject, CAFile: f.PlatformCAFile, TokenFile: f.PlatformTokenFile,
		},
	}, nil
}

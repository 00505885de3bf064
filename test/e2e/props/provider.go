package main

import (
	"context"
	"flag"
	"io"
	"net/http"

	"liferooms.io/liferooms/internal/devprovider"
)

// staff are those who sign in in the tests. None of them exists. Their groups are those of docs/examples.
var staff = []devprovider.User{
	{Login: "bea", Name: "Bea Holland", Email: "bea@mersey.example.org", Does: "Reception, Bootle", Trust: devprovider.Mersey,
		Groups: []string{"liferooms-bootle-reception"}},
	{Login: "fay", Name: "Fay Brennan", Email: "fay@mersey.example.org", Does: "Reception, Walton", Trust: devprovider.Mersey,
		Groups: []string{"liferooms-walton-reception"}},
	{Login: "ada", Name: "Ada Whitfield", Email: "ada@mersey.example.org", Does: "Trust admin", Trust: devprovider.Mersey,
		Groups: []string{"liferooms-trust-admins"}},
}

// provider is the sign-in service of a trust, for one host name of the app. Beside it, POST /token/LOGIN answers with a
// bearer token of the terminal's client.
func provider(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("provider", flag.ContinueOnError)
	base := flags.String("url", "", "how browsers and the API reach it")
	app := flags.String("app", "", "URL of the app")
	secret := flags.String("secret", "", "the staff app's client secret")
	if err := flags.Parse(args); err != nil {
		return err
	}
	devprovider.Users = staff
	p, err := devprovider.New(devprovider.Config{BaseURL: *base, StaffAppURL: *app, StaffAppSecret: *secret})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/", p.Handler())
	mux.HandleFunc("POST /token/{login}", func(w http.ResponseWriter, r *http.Request) {
		token, err := p.Token(r.Context(), r.PathValue("login"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		_, _ = io.WriteString(w, token) // the caller has gone: nobody to tell
	})
	s := &http.Server{Addr: ":8080", Handler: mux}
	return serve(ctx, s, s.ListenAndServe)
}

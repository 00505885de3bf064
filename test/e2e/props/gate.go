package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// gate stands where an Ingress controller does: it takes TLS off and passes every request on with the host name that it
// came for; the provider's name leads to the provider, every other to the API.
func gate(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("gate", flag.ContinueOnError)
	api := flags.String("api", "", "URL of the API's service")
	signIn := flags.String("provider", "", "URL of the provider's service")
	providerHost := flags.String("provider-host", "", "host name that leads to the provider")
	certificate := flags.String("certificate", "", "folder with tls.crt and tls.key")
	if err := flags.Parse(args); err != nil {
		return err
	}
	toAPI, err := passTo(*api)
	if err != nil {
		return err
	}
	toProvider, err := passTo(*signIn)
	if err != nil {
		return err
	}
	s := &http.Server{Addr: ":8443", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host == *providerHost {
			toProvider.ServeHTTP(w, r)
			return
		}
		toAPI.ServeHTTP(w, r)
	})}
	return serve(ctx, s, func() error {
		return s.ListenAndServeTLS(filepath.Join(*certificate, "tls.crt"), filepath.Join(*certificate, "tls.key"))
	})
}

func passTo(target string) (http.Handler, error) {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("%q is no URL to pass requests to", target)
	}
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(u)
		r.Out.Host = r.In.Host
		r.SetXForwarded()
	}}, nil
}

// get prints what a URL answers, from within the cluster; a file's URL too, as images hold no shell.
func get(ctx context.Context, args []string) (err error) {
	if len(args) != 1 {
		return errors.New("usage: props get URL")
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, args[0], nil)
	if err != nil {
		return err
	}
	transport := &http.Transport{}
	transport.RegisterProtocol("file", http.NewFileTransport(http.Dir("/")))
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if _, err := io.Copy(os.Stdout, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	return nil
}

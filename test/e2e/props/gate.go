package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"time"
)

// gate stands where an Ingress controller does: it takes TLS off and passes every request on with the host name that it
// came for. Plain HTTP goes to the provider.
func gate(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("gate", flag.ContinueOnError)
	api := flags.String("api", "", "URL of the API's service")
	signIn := flags.String("provider", "", "URL of the provider's service")
	if err := flags.Parse(args); err != nil {
		return err
	}
	certificate, err := selfSigned()
	if err != nil {
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
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	secure := &http.Server{Addr: ":8443", Handler: toAPI, TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}}}
	plain := &http.Server{Addr: ":8080", Handler: toProvider}
	ended := make(chan error, 2)
	go func() { ended <- serve(ctx, secure, func() error { return secure.ListenAndServeTLS("", "") }) }()
	go func() { ended <- serve(ctx, plain, plain.ListenAndServe) }()
	first := <-ended
	stop()
	return errors.Join(first, <-ended)
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

// selfSigned makes a certificate that nobody trusts: who tests what is behind the gate does not look at it.
func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make the gate's key: %w", err)
	}
	cert := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make the gate's certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
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

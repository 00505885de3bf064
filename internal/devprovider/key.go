//go:build !production

package devprovider

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/go-jose/go-jose/v4"
)

// key is the one signing key; it is op.SigningKey by itself and op.Key by way of publicKey.
type key struct {
	id      string
	private *rsa.PrivateKey
}

func (k key) ID() string                                  { return k.id }
func (k key) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k key) Key() any                                    { return k.private }

type publicKey struct{ key }

func (k publicKey) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k publicKey) Use() string                        { return "sig" }
func (k publicKey) Key() any                           { return &k.private.PublicKey }

const pemType = "PRIVATE KEY"

// loadKey reads the key from the file, or makes one and writes it there. Without a file the key lives as long as the
// process.
func loadKey(file string) (key, error) {
	if file == "" {
		return newKey()
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return writeKey(file)
	}
	if err != nil {
		return key{}, fmt.Errorf("read signing key: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != pemType {
		return key{}, fmt.Errorf("%s holds no private key: delete it and start again to have a new one", file)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return key{}, fmt.Errorf("parse signing key %s: %w", file, err)
	}
	private, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return key{}, fmt.Errorf("%s holds a key that is not RSA: delete it and start again to have a new one", file)
	}
	return identify(private)
}

func writeKey(file string) (key, error) {
	k, err := newKey()
	if err != nil {
		return key{}, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(k.private)
	if err != nil {
		return key{}, fmt.Errorf("encode signing key: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return key{}, fmt.Errorf("keep signing key: %w", err)
	}
	return k, nil
}

func newKey() (key, error) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return key{}, fmt.Errorf("make signing key: %w", err)
	}
	return identify(private)
}

// identify names the key by its thumbprint (RFC 7638), so that the same key has the same name after a restart.
func identify(private *rsa.PrivateKey) (key, error) {
	sum, err := (&jose.JSONWebKey{Key: &private.PublicKey}).Thumbprint(crypto.SHA256)
	if err != nil {
		return key{}, fmt.Errorf("name signing key: %w", err)
	}
	return key{id: base64.RawURLEncoding.EncodeToString(sum), private: private}, nil
}

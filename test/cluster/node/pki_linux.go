package node

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// authority signs the certificates of one cluster, which lives for hours.
type authority struct {
	dir  string
	cert *x509.Certificate
	key  crypto.Signer
}

const certificatesLast = 7 * 24 * time.Hour

func newAuthority(dir string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the cluster's certificate authority: %w", err)
	}
	a := &authority{dir: dir, key: key}
	a.cert = &x509.Certificate{
		Subject: pkix.Name{CommonName: "liferooms-cluster"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	if err := a.sign("ca", a.cert, key); err != nil {
		return nil, err
	}
	return a, nil
}

// issue writes name.crt and name.key: a certificate of the user and group, which also serves for the hosts where there
// are any.
func (a *authority) issue(name, user, group string, hosts ...string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make the key of %s: %w", name, err)
	}
	cert := &x509.Certificate{
		Subject: pkix.Name{CommonName: user}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if group != "" {
		cert.Subject.Organization = []string{group}
	}
	if len(hosts) > 0 {
		cert.ExtKeyUsage = append(cert.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			cert.IPAddresses = append(cert.IPAddresses, ip)
		} else {
			cert.DNSNames = append(cert.DNSNames, host)
		}
	}
	return a.sign(name, cert, key)
}

func (a *authority) sign(name string, cert *x509.Certificate, key crypto.Signer) error {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return fmt.Errorf("make the certificate of %s: %w", name, err)
	}
	cert.SerialNumber = serial
	cert.NotBefore, cert.NotAfter = time.Now().Add(-time.Minute), time.Now().Add(certificatesLast)
	der, err := x509.CreateCertificate(rand.Reader, cert, a.cert, key.Public(), a.key)
	if err != nil {
		return fmt.Errorf("make the certificate of %s: %w", name, err)
	}
	if err := os.WriteFile(a.path(name+".crt"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		return fmt.Errorf("keep the certificate of %s: %w", name, err)
	}
	return a.writeKey(name, key)
}

// tokenKey writes the key with which the API server signs service accounts' tokens: RSA, as most clusters have it.
func (a *authority) tokenKey(name string) error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return fmt.Errorf("make the key of service accounts' tokens: %w", err)
	}
	return a.writeKey(name, key)
}

// writeKey writes name.key, and name.pub beside it for those who only verify.
func (a *authority) writeKey(name string, key crypto.Signer) error {
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("keep the key of %s: %w", name, err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return fmt.Errorf("keep the key of %s: %w", name, err)
	}
	if err := os.WriteFile(a.path(name+".key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600); err != nil {
		return fmt.Errorf("keep the key of %s: %w", name, err)
	}
	if err := os.WriteFile(a.path(name+".pub"), pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}), 0o600); err != nil {
		return fmt.Errorf("keep the key of %s: %w", name, err)
	}
	return nil
}

func (a *authority) path(name string) string { return filepath.Join(a.dir, name) }

// kubeconfig writes name.conf, with which the holder of name.crt speaks to the API server.
func (a *authority) kubeconfig(name, server string) error {
	text := fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: liferooms
contexts: [{name: liferooms, context: {cluster: liferooms, user: %[1]s}}]
clusters: [{name: liferooms, cluster: {server: %[2]q, certificate-authority: %[3]q}}]
users: [{name: %[1]s, user: {client-certificate: %[4]q, client-key: %[5]q}}]
`, name, server, a.path("ca.crt"), a.path(name+".crt"), a.path(name+".key"))
	if err := os.WriteFile(a.path(name+".conf"), []byte(text), 0o600); err != nil {
		return fmt.Errorf("write the kubeconfig of %s: %w", name, err)
	}
	return nil
}

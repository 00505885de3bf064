//go:build !production

package signin

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// hostile is an OpenID Connect issuer that does what a test tells it, good or bad. It signs people in without asking.
type hostile struct {
	t      *testing.T
	server *httptest.Server

	mu        sync.Mutex
	key       signingKey
	published []jose.JSONWebKey
	asked     map[string]int              // requests by path
	codes     map[string]url.Values       // authorization requests by code
	metadata  map[string]any              // added to discovery
	claims    map[string]any              // of the id token, over the usual ones; nil removes
	sign      func(map[string]any) string // of the id token, in place of the usual signature
	redirect  map[string]string           // parameters of the answer, over the usual ones
	userInfo  map[string]any
	secret    string
}

type signingKey struct {
	id        string
	algorithm jose.SignatureAlgorithm
	private   any
	public    any
}

func rsaKey(t *testing.T, id string) signingKey {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return signingKey{id, jose.RS256, k, &k.PublicKey}
}

func ecKey(t *testing.T, id string) signingKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return signingKey{id, jose.ES256, k, &k.PublicKey}
}

func newHostile(t *testing.T) *hostile {
	t.Helper()
	h := &hostile{t: t, asked: map[string]int{}, codes: map[string]url.Values{}, metadata: map[string]any{},
		claims: map[string]any{}, redirect: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", h.discovery)
	mux.HandleFunc("/authorize", h.authorize)
	mux.HandleFunc("/token", h.token)
	mux.HandleFunc("/keys", h.keys)
	mux.HandleFunc("/userinfo", h.info)
	h.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.asked[r.URL.Path]++
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(h.server.Close)
	h.use(rsaKey(t, "first"))
	return h
}

// use signs with the key from now on and publishes it alone.
func (h *hostile) use(k signingKey) {
	h.set(func() {
		h.key = k
		h.published = []jose.JSONWebKey{{Key: k.public, KeyID: k.id, Algorithm: string(k.algorithm), Use: "sig"}}
	})
}

// set changes what the issuer does.
func (h *hostile) set(change func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change()
}

func (h *hostile) times(path string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asked[path]
}

func (h *hostile) discovery(w http.ResponseWriter, _ *http.Request) {
	document := map[string]any{
		"issuer":                 h.server.URL,
		"authorization_endpoint": h.server.URL + "/authorize",
		"token_endpoint":         h.server.URL + "/token",
		"jwks_uri":               h.server.URL + "/keys",
		"userinfo_endpoint":      h.server.URL + "/userinfo",
	}
	maps.Copy(document, h.metadata)
	reply(w, document)
}

func (h *hostile) authorize(w http.ResponseWriter, r *http.Request) {
	code := rand.Text()
	h.codes[code] = r.URL.Query()
	answer := url.Values{"code": {code}, "state": {r.URL.Query().Get("state")}}
	for name, value := range h.redirect {
		answer.Set(name, value)
	}
	http.Redirect(w, r, r.URL.Query().Get("redirect_uri")+"?"+answer.Encode(), http.StatusFound)
}

func (h *hostile) token(w http.ResponseWriter, r *http.Request) {
	asked, ok := h.codes[r.PostFormValue("code")]
	delete(h.codes, r.PostFormValue("code"))
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	_, secret, _ := r.BasicAuth()
	if !ok || base64.RawURLEncoding.EncodeToString(sum[:]) != asked.Get("code_challenge") || asked.Get("code_challenge_method") != "S256" || secret != h.secret {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_grant"}`)
		return
	}
	claims := h.usual(asked.Get("client_id"))
	claims["nonce"] = asked.Get("nonce")
	for name, value := range h.claims {
		claims[name] = value
		if value == nil {
			delete(claims, name)
		}
	}
	sign := h.sign
	if sign == nil {
		sign = func(c map[string]any) string { return signed(h.t, h.key, c) }
	}
	reply(w, map[string]any{"access_token": "opaque", "token_type": "Bearer", "expires_in": 300, "id_token": sign(claims)})
}

func (h *hostile) usual(audience string) map[string]any {
	now := time.Now()
	return map[string]any{
		"iss": h.server.URL, "sub": "eve", "aud": audience, "name": "Eve Moss", "groups": []string{"walton-desk"},
		"iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
	}
}

// bearer makes an access token for the API, over the usual claims of a good one; nil removes a claim.
func (h *hostile) bearer(change map[string]any) string {
	return signed(h.t, h.key, h.bearerClaims(change))
}

func (h *hostile) bearerClaims(change map[string]any) map[string]any {
	claims := h.usual("the-api")
	claims["azp"] = "other-app"
	for name, value := range change {
		claims[name] = value
		if value == nil {
			delete(claims, name)
		}
	}
	return claims
}

func (h *hostile) keys(w http.ResponseWriter, _ *http.Request) {
	reply(w, jose.JSONWebKeySet{Keys: h.published})
}

func (h *hostile) info(w http.ResponseWriter, _ *http.Request) {
	if h.userInfo == nil {
		http.Error(w, "no", http.StatusForbidden)
		return
	}
	reply(w, h.userInfo)
}

func reply(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}

func signed(t *testing.T, k signingKey, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: k.algorithm, Key: jose.JSONWebKey{Key: k.private, KeyID: k.id}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	object, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	text, err := object.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// unsigned is a token with alg none.
func unsigned(claims map[string]any) string {
	payload, _ := json.Marshal(claims) // made of text and numbers
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + encode(payload) + "."
}

// signedWithPublicKey is a token whose HMAC secret is the issuer's public key, which everybody can read.
func signedWithPublicKey(t *testing.T, k signingKey, claims map[string]any) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(k.public)
	if err != nil {
		t.Fatal(err)
	}
	secret := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	return signed(t, signingKey{k.id, jose.HS256, secret, nil}, claims)
}

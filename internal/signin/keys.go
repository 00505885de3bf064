package signin

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"
)

// keySet holds the public keys of one issuer. Anybody can send tokens with key ids that nobody knows, so that the issuer
// is asked again a few times at most and then at intervals, however many come.
type keySet struct {
	url     string
	http    *http.Client
	refetch *rate.Limiter
	flight  singleflight.Group

	mu   sync.RWMutex
	keys []jose.JSONWebKey
	at   time.Time
}

const (
	refetchEvery = 10 * time.Second
	refetchBurst = 4
	// keysFresh is how long keys serve without asking, so that a key withdrawn at the issuer is dropped in the end.
	keysFresh = time.Hour
	// keysStale is how long keys serve while the issuer cannot be reached.
	keysStale = 24 * time.Hour
)

var (
	errUnknownKey  = errors.New("the issuer publishes no such key")
	errUnreachable = errors.New("cannot be reached")
)

func newKeySet(url string, client *http.Client) *keySet {
	return &keySet{url: url, http: client, refetch: rate.NewLimiter(rate.Every(refetchEvery), refetchBurst)}
}

// find gives the key by which a token is signed; errUnknownKey or errUnreachable where there is none.
func (s *keySet) find(ctx context.Context, id, algorithm string) (crypto.PublicKey, error) {
	key, at := s.held(id, algorithm)
	if key != nil && time.Since(at) < keysFresh {
		return key, nil
	}
	err := s.fetch(ctx, at)
	if fresh, at := s.held(id, algorithm); fresh != nil && time.Since(at) < keysStale {
		return fresh, nil
	}
	if err != nil {
		return nil, err
	}
	return nil, errUnknownKey
}

// held looks among the keys in memory. A token without a key id is taken only where there is no choice of keys.
func (s *keySet) held(id, algorithm string) (crypto.PublicKey, time.Time) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []jose.JSONWebKey
	for _, k := range s.keys {
		if (k.KeyID == id || id == "") && (k.Algorithm == "" || k.Algorithm == algorithm) {
			found = append(found, k)
		}
	}
	if len(found) != 1 {
		return nil, s.at
	}
	return found[0].Key, s.at
}

// fetch asks the issuer for its keys, once for all who wait, unless they came since the caller looked.
func (s *keySet) fetch(ctx context.Context, seen time.Time) error {
	done := s.flight.DoChan("", func() (any, error) {
		s.mu.RLock()
		at := s.at
		s.mu.RUnlock()
		if at.After(seen) {
			return nil, nil
		}
		if !s.refetch.Allow() {
			if at.IsZero() {
				return nil, fmt.Errorf("keys of the issuer: %w, and it is too early to try again", errUnreachable)
			}
			return nil, nil
		}
		keys, err := s.download(context.WithoutCancel(ctx))
		if err != nil {
			return nil, fmt.Errorf("keys of the issuer: %w: %w", errUnreachable, err)
		}
		s.mu.Lock()
		s.keys, s.at = keys, time.Now()
		s.mu.Unlock()
		return nil, nil
	})
	select {
	case r := <-done:
		return r.Err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *keySet) download(ctx context.Context) ([]jose.JSONWebKey, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return nil, err
	}
	response, err := s.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", response.StatusCode)
	}
	body, err := io.ReadAll(response.Body) // bounded by the client
	if err != nil {
		return nil, err
	}
	return parseKeys(body)
}

// parseKeys takes the public signing keys and passes over what it does not know, as RFC 7517 asks; above all over
// symmetric keys, which would make everybody who reads them an issuer.
func parseKeys(body []byte) ([]jose.JSONWebKey, error) {
	var document struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &document); err != nil {
		return nil, fmt.Errorf("parse keys: %w", err)
	}
	var keys []jose.JSONWebKey
	for _, raw := range document.Keys {
		var k jose.JSONWebKey
		if json.Unmarshal(raw, &k) != nil || !k.Valid() || !k.IsPublic() || k.Use == "enc" {
			continue
		}
		keys = append(keys, k)
	}
	return keys, nil
}

package platform_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"liferooms.io/liferooms/operator/platform"
)

// serve gives a client of a server that answers as handler does. The real API is in test/operator; what stands between
// it and the operator, and breaks, is here.
func serve(t *testing.T, handler http.HandlerFunc) (c *platform.Client, tokenFile string) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	tokenFile = filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(tokenFile, []byte("first\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return platform.New(server.URL, tokenFile), tokenFile
}

const noTrust = `{"data":{"platform":{"trust":null}}}`

func TestTheTokenIsReadAgain(t *testing.T) {
	var seen []string
	c, file := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Authorization"))
		_, _ = io.WriteString(w, noTrust) // a broken pipe fails the test by itself
	})
	for _, token := range []string{"first", "second"} {
		if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
		if trust, err := c.Trust(t.Context(), "RW4"); err != nil || trust != nil {
			t.Fatal(trust, err)
		}
	}
	if !slices.Equal(seen, []string{"Bearer first", "Bearer second"}) {
		t.Errorf("sent %v", seen)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Trust(t.Context(), "RW4"); platform.KindOf(err) != platform.SignIn || !strings.Contains(err.Error(), "cannot read its token") {
		t.Errorf("without a token: %v", err)
	}
}

func TestWhatAnswersAndIsNotTheAPI(t *testing.T) {
	for name, answer := range map[string]struct {
		status int
		body   string
		kind   platform.Kind
		tries  int
	}{
		"a proxy without the API":   {502, "<html>secret of the proxy</html>", platform.Unreachable, 3},
		"a proxy that waits":        {504, "", platform.Unreachable, 3},
		"another server":            {404, "<html>secret</html>", platform.Faulty, 1},
		"a redirect":                {302, "", platform.Faulty, 1},
		"too many requests":         {429, "secret", platform.Busy, 3},
		"too many, as the API says": {429, `{"errors":[{"message":"Too many.","extensions":{"code":"LIMITED"}}]}`, platform.Busy, 3},
		"a token that is refused":   {401, `{"errors":[{"message":"Sign in.","extensions":{"code":"UNAUTHENTICATED"}}]}`, platform.SignIn, 1},
		"what may not be asked":     {200, `{"errors":[{"message":"No.","extensions":{"code":"FORBIDDEN"}}]}`, platform.SignIn, 1},
		"a fault":                   {200, `{"errors":[{"message":"Wrong.","extensions":{"code":"INTERNAL","requestId":"r1"}}]}`, platform.Faulty, 1},
		"no JSON":                   {200, "secret", platform.Faulty, 1},
	} {
		t.Run(name, func(t *testing.T) {
			tries := 0
			c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				tries++
				w.Header().Set("Location", "http://127.0.0.1:1/elsewhere")
				w.WriteHeader(answer.status)
				_, _ = io.WriteString(w, answer.body) // as above
			})
			_, err := c.Trust(t.Context(), "RW4")
			if platform.KindOf(err) != answer.kind || tries != answer.tries {
				t.Errorf("kind %d after %d tries, wanted %d after %d: %v", platform.KindOf(err), tries, answer.kind, answer.tries, err)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("what an unknown server sent is repeated: %v", err)
			}
		})
	}
}

func TestAMomentsFailureIsPassedOver(t *testing.T) {
	tries := 0
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if tries++; tries < 3 {
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, noTrust) // as above
	})
	if _, err := c.Trust(t.Context(), "RW4"); err != nil || tries != 3 {
		t.Errorf("after %d tries: %v", tries, err)
	}
}

func TestNobodyThere(t *testing.T) {
	c := platform.New("http://127.0.0.1:1/graphql", os.DevNull)
	_, err := c.Trust(t.Context(), "RW4")
	if platform.KindOf(err) != platform.Unreachable || !strings.Contains(err.Error(), "http://127.0.0.1:1/graphql does not answer: connection refused.") {
		t.Errorf("%v", err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Trust(stopped, "RW4"); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

func TestRefusalsAreSaidFieldByField(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"data":{"applyHub":{"changed":[],"hub":null,"userErrors":[`+ // as above
			`{"code":"CONFLICT","field":"hostnames","message":"It is taken."},{"code":"BAD_USER_INPUT","field":null,"message":"And more."}]}}}`)
	})
	_, _, err := c.ApplyHub(t.Context(), platform.ApplyHubInput{Trust: "RW4", Slug: "bootle"})
	var refused *platform.Error
	if !errors.As(err, &refused) || refused.Kind != platform.Refused || refused.Message != "hostnames: It is taken. And more." || len(refused.Refusals) != 2 {
		t.Errorf("%v", err)
	}
}

// TestEveryWordOfTheResourcesIsOneOfTheAPI holds what v1alpha1 allows against what the schema takes.
func TestEveryWordOfTheResourcesIsOneOfTheAPI(t *testing.T) {
	for _, word := range []string{"Reception", "Advisor", "Tutor", "VolunteerLead", "Manager", "Safeguarding", "Analyst", "TrustAdmin", "Governance"} {
		if role := platform.Enum[platform.Role](word); !slices.Contains(platform.AllRole, role) {
			t.Errorf("%s is %s", word, role)
		}
	}
	for _, word := range []string{"Desk", "Advice", "Catalogue", "Reports"} {
		if module := platform.Enum[platform.Module](word); !slices.Contains(platform.AllModule, module) {
			t.Errorf("%s is %s", word, module)
		}
	}
	for _, word := range []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"} {
		if day := platform.Enum[platform.Weekday](word); !slices.Contains(platform.AllWeekday, day) {
			t.Errorf("%s is %s", word, day)
		}
	}
	for _, word := range []string{"OpenReferral", "Outpost"} {
		if format := platform.Enum[platform.CatalogueFormat](word); !slices.Contains(platform.AllCatalogueFormat, format) {
			t.Errorf("%s is %s", word, format)
		}
	}
}

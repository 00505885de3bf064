package operator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"liferooms.io/liferooms/test/kubetest"
)

const goodTrust = `
apiVersion: liferooms.io/v1alpha1
kind: Trust
metadata: {name: mersey-care}
spec:
  odsCode: RW4
  name: Mersey Care
  identityProviders:
    - name: NHSmail
      issuer: https://login.example.org/realm
      clientID: liferooms
      clientSecretRef: {name: sign-in}
      roleMappings: [{value: admins, role: TrustAdmin}]
      apiClients: [{clientID: other, origins: ["https://app.example.org"]}]
`

const goodHub = `
apiVersion: liferooms.io/v1alpha1
kind: Hub
metadata: {name: bootle}
spec:
  trustRef: {name: mersey-care}
  displayName: Life Rooms Bootle
  address: {lines: [Stanley Road], postcode: L20 3DL, uprn: "41234567", latitude: 53.4, longitude: -3}
  timeZone: Europe/London
  openingHours: [{day: Monday, opens: "09:00", closes: "17:00"}]
  openingExceptions: [{date: "2026-12-25", note: Christmas Day}]
  hostnames: [bootle.example.org]
  brand: {colour: "#00573f", logoURL: "https://example.org/logo.png"}
  needs: [{code: money, name: Money}]
  modules: [Desk, Advice]
  rooms: [{name: Studio, capacity: 12}]
  roleGrants: [{group: desk, role: Reception}]
  catalogue:
    sources: [{name: sefton, url: {href: "https://directory.example.org/services"}, refresh: 6h}]
`

// badManifests are each the good one with one thing set (or taken away), and what the API server must say of it.
var badManifests = []struct{ kind, path, value, says string }{
	{"Trust", "metadata.name", `"mersey.care"`, "metadata.name: use at most 63 lower-case letters, digits and hyphens, such as mersey-care"},
	{"Trust", "spec.odsCode", `"rw4"`, "write the Organisation Data Service code as 3 to 12 capital letters and digits, such as RW4"},
	{"Trust", "spec.odsCode", `"RW"`, "write the Organisation Data Service code as 3 to 12 capital letters and digits"},
	{"Trust", "spec.odsCode", ``, "spec.odsCode: Required value"},
	{"Trust", "spec.name", `"  "`, "write the trust's name as people know it"},
	{"Trust", "spec.sessionHours", `25`, "spec.sessionHours: Invalid value: 25"},
	{"Trust", "spec.disclosure.suppressBelow", `4`, "should be greater than or equal to 5"},
	{"Trust", "spec.disclosure.roundTo", `1`, "should be greater than or equal to 5"},
	{"Trust", "spec.retention.mentalHealthYears", `0`, "should be greater than or equal to 1"},
	{"Trust", "spec.identityProviders.0.name", `""`, "write what people see on the sign-in page, such as NHSmail"},
	{"Trust", "spec.identityProviders.0.issuer", `"login.example.org"`, "write the issuer as a URL, such as https://login.example.nhs.uk/realm"},
	{"Trust", "spec.identityProviders.0.issuer", `"ftp://login.example.org"`, "write the issuer as a URL"},
	{"Trust", "spec.identityProviders.0.issuer", `"http://login.example.org"`, "use https for the issuer: http is for providers inside the cluster only"},
	{"Trust", "spec.identityProviders.0.issuer", `"http://8.8.8.8/realm"`, "use https for the issuer"},
	{"Trust", "spec.identityProviders.0.issuer", `"https://user:word@login.example.org"`, "write the issuer without a query, fragment or user name"},
	{"Trust", "spec.identityProviders.0.issuer", `"https://login.example.org/?realm=a"`, "write the issuer without a query, fragment or user name"},
	{"Trust", "spec.identityProviders.0.clientID", `"life rooms"`, "write the client id that the provider gave to Life Rooms, without spaces"},
	{"Trust", "spec.identityProviders.0.clientSecretRef.name", `"Sign_In"`, "write the name of a Secret in this namespace"},
	{"Trust", "spec.identityProviders.0.clientSecretRef.key", `"a/b"`, "write a key of the Secret: letters, digits, '-', '_' and '.'"},
	{"Trust", "spec.identityProviders.0.scopes", `["profile email"]`, "write each scope as one word, such as profile"},
	{"Trust", "spec.identityProviders.0.roleMappings.0.role", `"Boss"`, `Unsupported value: "Boss": supported values: "Reception", "Advisor"`},
	{"Trust", "spec.identityProviders.0.roleMappings.0.hub", `"Walton"`, "write the name of a Hub of this trust, or leave it out for every hub"},
	{"Trust", "spec.identityProviders.0.algorithms", `["none"]`, `Unsupported value: "none"`},
	{"Trust", "spec.identityProviders.0.algorithms", `["HS256"]`, `Unsupported value: "HS256"`},
	{"Trust", "spec.identityProviders.0.apiClients.0.origins", `["https://app.example.org/"]`, "write each origin as scheme, host and port only, such as https://app.example.org"},
	{"Trust", "spec.identityProviders", `[{"name":"A","issuer":"https://a.org","clientID":"x"},{"name":"A","issuer":"https://b.org","clientID":"x"}]`, "two identity providers have the same name"},
	{"Trust", "spec.identityProviders", `[{"name":"A","issuer":"https://a.org","clientID":"x"},{"name":"B","issuer":"https://a.org","clientID":"x"}]`, "Duplicate value"},

	{"Hub", "metadata.name", `"bootle.hub"`, "metadata.name is the hub's slug: use at most 40 lower-case letters, digits and hyphens, such as bootle"},
	{"Hub", "metadata.name", `"a-name-of-more-than-forty-letters-in-total"`, "metadata.name is the hub's slug: use at most 40"},
	{"Hub", "spec.trustRef", ``, "spec.trustRef: Required value"},
	{"Hub", "spec.trustRef.name", `"Mersey Care"`, "write the name of a Trust in this namespace, such as mersey-care"},
	{"Hub", "spec.displayName", `""`, "write the hub's name as people know it, such as Life Rooms Bootle"},
	{"Hub", "spec.address.lines", `["Stanley Road",""]`, "write each line of the address on its own, and leave none empty"},
	{"Hub", "spec.address.lines", `["Stanley Road\nBootle"]`, "write each line of the address on its own"},
	{"Hub", "spec.address.postcode", `"l20 3dl"`, "write the postcode in capitals with its space, such as L20 3DL"},
	{"Hub", "spec.address.postcode", `"L203DL"`, "write the postcode in capitals with its space"},
	{"Hub", "spec.address.uprn", `"041234567"`, "write the Unique Property Reference Number as 1 to 12 digits in quotes, without leading zeros"},
	{"Hub", "spec.address.latitude", ``, "give latitude and longitude together, or neither"},
	{"Hub", "spec.address.latitude", `91`, "should be less than or equal to 90"},
	{"Hub", "spec.timeZone", `"BST"`, "write the time zone by its name in the tz database, such as Europe/London"},
	{"Hub", "spec.openingHours.0.day", `"Funday"`, `Unsupported value: "Funday"`},
	{"Hub", "spec.openingHours.0.opens", `"9:00"`, "write the time as HH:MM from 00:00 to 23:59, such as 09:00"},
	{"Hub", "spec.openingHours.0.closes", `"24:00"`, "write the time as HH:MM from 00:00 to 23:59, such as 17:00"},
	{"Hub", "spec.openingHours.0.closes", `"08:00"`, "opens must be before closes: a hub closes on the day it opens"},
	{"Hub", "spec.openingHours", `[{"day":"Monday","opens":"09:00","closes":"12:00"},{"day":"Monday","opens":"13:00","closes":"17:00"}]`, "Duplicate value"},
	{"Hub", "spec.openingExceptions.0.date", `"2026-02-30"`, "must be of type date"},
	{"Hub", "spec.openingExceptions.0.opens", `"09:00"`, "give opens and closes together, or neither for a day that is closed"},
	{"Hub", "spec.openingExceptions", `[{"date":"2026-12-24","opens":"12:00","closes":"09:00"}]`, "opens must be before closes"},
	{"Hub", "spec.hostnames", `["Bootle.example.org"]`, "write each host name in lower case, without scheme, port, path or wildcard"},
	{"Hub", "spec.hostnames", `["https://bootle.example.org"]`, "write each host name in lower case, without scheme, port, path or wildcard"},
	{"Hub", "spec.hostnames", `["*.example.org"]`, "write each host name in lower case, without scheme, port, path or wildcard"},
	{"Hub", "spec.hostnames", `["bootle.example.org:8443"]`, "write each host name in lower case, without scheme, port, path or wildcard"},
	{"Hub", "spec.hostnames", `["10.0.0.1"]`, "write a host name, not an address: certificates and sign-in need a name"},
	{"Hub", "spec.hostnames", `["a.example.org","a.example.org"]`, "Duplicate value"},
	{"Hub", "spec.brand.colour", `"green"`, "write the colour as # and six hexadecimal digits in quotes"},
	{"Hub", "spec.brand.logoURL", `"http://example.org/logo.png"`, "write the logo's address as an https URL"},
	{"Hub", "spec.needs.0.code", `"Money!"`, "write the need's code in lower-case letters, digits and hyphens, such as physical-wellbeing"},
	{"Hub", "spec.needs.0.name", `" "`, "write the need as people read it, such as Physical wellbeing"},
	{"Hub", "spec.needs", `[{"code":"money","name":"Money"},{"code":"debt","name":"Money"}]`, "two needs have the same name"},
	{"Hub", "spec.needs", `[{"code":"money","name":"Money"},{"code":"money","name":"Debt"}]`, "Duplicate value"},
	{"Hub", "spec.modules", `["Referrals"]`, `Unsupported value: "Referrals": supported values: "Desk", "Advice", "Catalogue", "Reports"`},
	{"Hub", "spec.modules", `["Advice"]`, "Advice works from the desk's queue: add Desk to the modules"},
	{"Hub", "spec.modules", `[]`, "should have at least 1 items"},
	{"Hub", "spec.rooms.0.capacity", `0`, "should be greater than or equal to 1"},
	{"Hub", "spec.rooms.0.name", `""`, "write the room's name as people know it"},
	{"Hub", "spec.rooms", `[{"name":"Studio","capacity":1},{"name":"Studio","capacity":2}]`, "Duplicate value"},
	{"Hub", "spec.roleGrants.0.role", `"Receptionist"`, `Unsupported value: "Receptionist"`},
	{"Hub", "spec.roleGrants.0.group", `""`, "should be at least 1 chars long"},
	{"Hub", "spec.catalogue.sources.0.name", `"Sefton Directory"`, "write the source's name in lower-case letters, digits and hyphens, such as sefton-directory"},
	{"Hub", "spec.catalogue.sources.0.url", ``, "give each source exactly one of url, configMap and hub"},
	{"Hub", "spec.catalogue.sources.0.configMap", `{"name":"partners","key":"a.json"}`, "give each source exactly one of url, configMap and hub"},
	{"Hub", "spec.catalogue.sources.0.url.href", `"directory.example.org"`, "write the address as a URL, such as https://directory.example.org/services"},
	{"Hub", "spec.catalogue.sources.0.url.href", `"http://directory.example.org"`, "use https: http is only for sources inside the network, with allowPrivateAddresses: true"},
	{"Hub", "spec.catalogue.sources.0.url.href", `"https://me:word@directory.example.org"`, "write the address without user name, password or fragment"},
	{"Hub", "spec.catalogue.sources.0.refresh", `"10s"`, "refresh between every 5m and every 720h (30 days)"},
	{"Hub", "spec.catalogue.sources.0.refresh", `"1000h"`, "refresh between every 5m and every 720h (30 days)"},
	{"Hub", "spec.catalogue.sources.0.refresh", `"daily"`, "must be of type duration"},
	{"Hub", "spec.catalogue.sources.0.format", `"Excel"`, `Unsupported value: "Excel": supported values: "OpenReferral", "Outpost"`},
	{"Hub", "spec.catalogue.sources", `[{"name":"a","hub":{"name":"bootle"}}]`, "a hub cannot take its catalogue from itself: name another hub of the same trust"},
	{"Hub", "spec.catalogue.sources", `[{"name":"a","hub":{"name":"walton"},"format":"Outpost"}]`, "a hub's catalogue has no format: leave format out"},
	{"Hub", "spec.catalogue.sources", `[{"name":"a","configMap":{"name":"c","key":"k"},"refresh":"1h"}]`, "a ConfigMap is read when it changes: leave refresh out"},
	{"Hub", "spec.catalogue.sources", `[{"name":"a","configMap":{"name":"C_","key":"k"}}]`, "write the name of a ConfigMap in this namespace"},
	{"Hub", "spec.deletionPolicy", `"Delete"`, `Unsupported value: "Delete": supported values: "Retain", "Archive"`},
	{"Hub", "spec.displayname", `"Bootle"`, `unknown field "spec.displayname"`},
}

func TestBadManifestsAreRefusedWithWhatToDo(t *testing.T) {
	server := kubetest.Start(t)
	namespace := server.Namespace(t)
	for _, bad := range badManifests {
		t.Run(bad.kind+" "+bad.path+" "+bad.value, func(t *testing.T) {
			manifest := parse(t, map[string]string{"Trust": goodTrust, "Hub": goodHub}[bad.kind])[0]
			set(t, manifest.Object, bad.path, bad.value)
			manifest.SetNamespace(namespace)
			err := server.Client.Create(t.Context(), manifest, client.FieldValidation("Strict"), client.DryRunAll)
			if err == nil {
				t.Fatal("taken")
			}
			if !strings.Contains(err.Error(), bad.says) {
				t.Errorf("refused with %q, which does not say %q", err, bad.says)
			}
		})
	}
}

func TestBoundsAreKept(t *testing.T) {
	server := kubetest.Start(t)
	namespace := server.Namespace(t)
	many := func(n int, item string) string {
		items := make([]string, n)
		for i := range items {
			items[i] = strings.ReplaceAll(item, "#", fmt.Sprint(i))
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	for _, bound := range []struct {
		path string
		most int
		item string
	}{
		{"spec.hostnames", 10, `"h#.example.org"`},
		{"spec.needs", 50, `{"code":"need-#","name":"Need #"}`},
		{"spec.rooms", 100, `{"name":"Room #","capacity":1000}`},
		{"spec.roleGrants", 100, `{"group":"group-#","role":"Advisor"}`},
		{"spec.catalogue.sources", 10, `{"name":"s-#","hub":{"name":"walton"}}`},
		{"spec.address.lines", 5, `"Line #"`},
	} {
		t.Run(bound.path, func(t *testing.T) {
			hub := parse(t, goodHub)[0]
			hub.SetNamespace(namespace)
			set(t, hub.Object, bound.path, many(bound.most, bound.item))
			if err := server.Client.Create(t.Context(), hub.DeepCopy(), client.FieldValidation("Strict"), client.DryRunAll); err != nil {
				t.Errorf("%d are refused: %v", bound.most, err)
			}
			set(t, hub.Object, bound.path, many(bound.most+1, bound.item))
			err := server.Client.Create(t.Context(), hub, client.FieldValidation("Strict"), client.DryRunAll)
			if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("must have at most %d items", bound.most)) {
				t.Errorf("%d: %v", bound.most+1, err)
			}
		})
	}
}

func TestGoodManifestsAreTaken(t *testing.T) {
	server := kubetest.Start(t)
	minimal := "apiVersion: liferooms.io/v1alpha1\nkind: Hub\nmetadata: {name: least}\nspec: {trustRef: {name: mersey-care}, displayName: Least}"
	manifests := map[string]string{"trust": goodTrust, "hub": goodHub, "the least hub": minimal}
	examples, err := filepath.Glob(filepath.Join("..", "..", "docs", "examples", "*.yaml"))
	if err != nil || len(examples) < 2 {
		t.Fatal(examples, err)
	}
	for _, file := range examples {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		manifests[filepath.Base(file)] = string(text)
	}
	for name, text := range manifests {
		t.Run(name, func(t *testing.T) {
			namespace := server.Namespace(t)
			for _, manifest := range parse(t, text) {
				manifest.SetNamespace(namespace)
				if err := server.Client.Create(t.Context(), manifest, client.FieldValidation("Strict")); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestWhatCannotChange(t *testing.T) {
	server := kubetest.Start(t)
	namespace := server.Namespace(t)
	for _, change := range []struct{ manifest, path, value, says string }{
		{goodTrust, "spec.odsCode", `"RW5"`, "a trust keeps its ODS code: make a new Trust for another code"},
		{goodHub, "spec.trustRef.name", `"other"`, "a hub stays with its trust, as its records do: make a new Hub for another trust"},
	} {
		object := parse(t, change.manifest)[0]
		object.SetNamespace(namespace)
		if err := server.Client.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
		set(t, object.Object, change.path, change.value)
		if err := server.Client.Update(t.Context(), object); err == nil || !strings.Contains(err.Error(), change.says) {
			t.Errorf("%s: %v", change.path, err)
		}
	}
}

// parse reads the documents of a YAML text.
func parse(t testing.TB, text string) []*unstructured.Unstructured {
	t.Helper()
	var all []*unstructured.Unstructured
	for document := range strings.SplitSeq(text, "\n---\n") {
		object := &unstructured.Unstructured{}
		if err := yaml.NewYAMLOrJSONDecoder(bytes.NewReader([]byte(document)), 4096).Decode(&object.Object); err != nil {
			t.Fatal(err)
		}
		all = append(all, object)
	}
	return all
}

// set puts a JSON value at a path of names and positions; an empty value takes away what is there.
func set(t testing.TB, object any, path, value string) {
	t.Helper()
	name, rest, deeper := strings.Cut(path, ".")
	switch o := object.(type) {
	case []any:
		var i int
		if _, err := fmt.Sscan(name, &i); err != nil || !deeper {
			t.Fatal(path, err)
		}
		set(t, o[i], rest, value)
	case map[string]any:
		if deeper {
			if o[name] == nil {
				o[name] = map[string]any{}
			}
			set(t, o[name], rest, value)
			return
		}
		if delete(o, name); value == "" {
			return
		}
		var parsed any
		if err := json.Unmarshal([]byte(value), &parsed); err != nil {
			t.Fatal(err)
		}
		o[name] = parsed
	default:
		t.Fatalf("nothing to set at %s", path)
	}
}

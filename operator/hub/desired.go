package hub

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"liferooms.io/liferooms/operator/api/v1alpha1"
	"liferooms.io/liferooms/operator/platform"
)

// How often a source is read where the resource does not say.
const (
	refreshURL = 24 * time.Hour
	refreshHub = time.Hour
)

// desired is what the resource says, as the API takes it. documents are those of the ConfigMap sources, by name.
func desired(hub *v1alpha1.Hub, odsCode string, documents map[string]string) platform.ApplyHubInput {
	spec := hub.Spec
	id := fmt.Sprintf("%s/%d", hub.UID, hub.Generation)
	input := platform.ApplyHubInput{
		ClientMutationId: &id, Trust: odsCode, Slug: hub.Name, Name: spec.DisplayName,
		Address: optional(strings.Join(spec.Address.Lines, ", ")), Postcode: optional(spec.Address.Postcode), Uprn: optional(spec.Address.UPRN),
		Latitude: spec.Address.Latitude, Longitude: spec.Address.Longitude, TimeZone: spec.TimeZone,
		OpeningHours: []platform.OpeningHoursInput{}, OpeningExceptions: []platform.OpeningExceptionInput{},
		Hostnames: append([]string{}, spec.Hostnames...),
		Brand:     platform.BrandInput{Name: optional(spec.Brand.Name), Colour: optional(spec.Brand.Colour), LogoUrl: optional(spec.Brand.LogoURL)},
		Needs:     []platform.NeedInput{}, Modules: []platform.Module{}, Rooms: []platform.RoomInput{},
		RoleGrants: []platform.GroupRoleInput{}, CatalogueSources: []platform.CatalogueSourceInput{}, Suspended: spec.Suspend,
	}
	for _, h := range spec.OpeningHours {
		input.OpeningHours = append(input.OpeningHours, platform.OpeningHoursInput{Day: platform.Enum[platform.Weekday](string(h.Day)), Opens: h.Opens, Closes: h.Closes})
	}
	for _, e := range spec.OpeningExceptions {
		input.OpeningExceptions = append(input.OpeningExceptions, platform.OpeningExceptionInput{
			Date: e.Date, Opens: optional(e.Opens), Closes: optional(e.Closes), Note: optional(e.Note),
		})
	}
	for _, n := range spec.Needs {
		input.Needs = append(input.Needs, platform.NeedInput{Code: n.Code, Name: n.Name})
	}
	for _, m := range spec.Modules {
		input.Modules = append(input.Modules, platform.Enum[platform.Module](string(m)))
	}
	for _, room := range spec.Rooms {
		input.Rooms = append(input.Rooms, platform.RoomInput{Name: room.Name, Capacity: int(room.Capacity)})
	}
	for _, g := range spec.RoleGrants {
		input.RoleGrants = append(input.RoleGrants, platform.GroupRoleInput{Group: g.Group, Role: platform.Enum[platform.Role](string(g.Role))})
	}
	for _, s := range spec.Catalogue.Sources {
		input.CatalogueSources = append(input.CatalogueSources, desiredSource(s, documents[s.Name]))
	}
	return input
}

func desiredSource(s v1alpha1.CatalogueSource, document string) platform.CatalogueSourceInput {
	refresh := refreshURL
	if s.Hub != nil {
		refresh = refreshHub
	}
	if s.Refresh != nil {
		refresh = s.Refresh.Duration
	}
	input := platform.CatalogueSourceInput{
		Name: s.Name, Format: platform.Enum[platform.CatalogueFormat](string(cmp.Or(s.Format, "OpenReferral"))), RefreshMinutes: int(refresh.Minutes()),
	}
	switch {
	case s.URL != nil:
		input.Kind, input.Url, input.AllowPrivateAddresses = platform.CatalogueSourceKindUrl, &s.URL.Href, s.URL.AllowPrivateAddresses
	case s.ConfigMap != nil:
		input.Kind, input.Document = platform.CatalogueSourceKindDocument, &document
	case s.Hub != nil:
		input.Kind, input.Hub = platform.CatalogueSourceKindHub, &s.Hub.Name
	}
	return input
}

// differences names the fields in which the tenant is not what the input says. Order counts for needs only.
func differences(input platform.ApplyHubInput, tenant *platform.Hub) []string {
	var differ []string
	compare := func(field string, want, have any) {
		if !reflect.DeepEqual(want, have) {
			differ = append(differ, field)
		}
	}
	state := platform.HubStateLive
	if input.Suspended {
		state = platform.HubStateSuspended
	}
	compare("state", state, tenant.State)
	compare("name", input.Name, tenant.Name)
	compare("address", input.Address, tenant.Address)
	compare("postcode", input.Postcode, tenant.Postcode)
	compare("uprn", input.Uprn, tenant.Uprn)
	compare("latitude", input.Latitude, tenant.Latitude)
	compare("longitude", input.Longitude, tenant.Longitude)
	compare("timeZone", input.TimeZone, tenant.TimeZone)
	compare("openingHours", sorted(input.OpeningHours), sorted(converted(tenant.OpeningHours, func(h platform.OpeningHours) platform.OpeningHoursInput {
		return platform.OpeningHoursInput(h)
	})))
	compare("openingExceptions", sorted(input.OpeningExceptions), sorted(converted(tenant.OpeningExceptions, func(e platform.OpeningException) platform.OpeningExceptionInput {
		return platform.OpeningExceptionInput(e)
	})))
	compare("hostnames", sorted(input.Hostnames), sorted(tenant.Hostnames))
	compare("brand", input.Brand, platform.BrandInput(tenant.Brand))
	compare("needs", input.Needs, converted(tenant.Needs, func(n platform.Need) platform.NeedInput { return platform.NeedInput(n) }))
	compare("modules", sorted(input.Modules), sorted(tenant.Modules))
	compare("rooms", sorted(input.Rooms), sorted(converted(tenant.Rooms, func(r platform.Room) platform.RoomInput { return platform.RoomInput(r) })))
	compare("roleGrants", sorted(input.RoleGrants), sorted(converted(tenant.RoleGrants, func(g platform.RoleGrant) platform.GroupRoleInput {
		return platform.GroupRoleInput(g)
	})))
	compare("catalogueSources", sorted(converted(input.CatalogueSources, wanted)), sorted(converted(tenant.CatalogueSources, held)))
	return differ
}

// source is what two descriptions of a catalogue source must share to be the same.
type source struct {
	Name    string
	Kind    platform.CatalogueSourceKind
	From    string // address, document's digest, or hub
	Format  platform.CatalogueFormat
	Refresh int
	Private bool
}

func wanted(s platform.CatalogueSourceInput) source {
	from := text(s.Url) + text(s.Hub)
	if s.Document != nil {
		digest := sha256.Sum256([]byte(*s.Document))
		from = hex.EncodeToString(digest[:])
	}
	return source{s.Name, s.Kind, from, s.Format, s.RefreshMinutes, s.AllowPrivateAddresses}.meaningful()
}

func held(s platform.CatalogueSource) source {
	return source{s.Name, s.Kind, text(s.Url) + text(s.Hub) + text(s.DocumentDigest), s.Format, s.RefreshMinutes, s.AllowPrivateAddresses}.meaningful()
}

// meaningful leaves out what means nothing for the kind.
func (s source) meaningful() source {
	if s.Kind == platform.CatalogueSourceKindDocument {
		s.Refresh = 0
	}
	if s.Kind == platform.CatalogueSourceKindHub {
		s.Format = ""
	}
	return s
}

// sorted is a copy in some order that is always the same; nil and empty are alike.
func sorted[T any](list []T) []string {
	texts := converted(list, func(t T) string {
		text, err := json.Marshal(t)
		if err != nil {
			panic(err) // plain structs of texts and numbers
		}
		return string(text)
	})
	slices.Sort(texts)
	return texts
}

func converted[A, B any](list []A, convert func(A) B) []B {
	result := make([]B, 0, len(list))
	for _, item := range list {
		result = append(result, convert(item))
	}
	return result
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func text(optional *string) string {
	if optional == nil {
		return ""
	}
	return *optional
}

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Hub is one Life Rooms site: a tenant. Its name is the hub's slug.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:categories=liferooms
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="URL",type=string,JSONPath=`.status.url`
// +kubebuilder:printcolumn:name="Partners",type=integer,JSONPath=`.status.partners`
// +kubebuilder:printcolumn:name="Services",type=integer,JSONPath=`.status.services`
// +kubebuilder:printcolumn:name="Last Sync",type=date,JSONPath=`.status.lastSyncTime`
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Generation",type=integer,priority=1,JSONPath=`.metadata.generation`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$')",message="metadata.name is the hub's slug: use at most 40 lower-case letters, digits and hyphens, such as bootle"
// +kubebuilder:validation:XValidation:rule="!has(self.spec.catalogue) || !has(self.spec.catalogue.sources) || self.spec.catalogue.sources.all(s, !has(s.hub) || s.hub.name != self.metadata.name)",message="a hub cannot take its catalogue from itself: name another hub of the same trust"
type Hub struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// +required
	Spec HubSpec `json:"spec"`
	// +optional
	Status HubStatus `json:"status,omitempty"`
}

// HubList is a list of Hubs.
// +kubebuilder:object:root=true
type HubList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Hub `json:"items"`
}

// HubSpec is what a hub should be.
type HubSpec struct {
	// TrustRef names the Trust, in the same namespace, that runs the hub. It cannot change.
	// +kubebuilder:validation:XValidation:rule="self.name == oldSelf.name",message="a hub stays with its trust, as its records do: make a new Hub for another trust"
	// +required
	TrustRef TrustRef `json:"trustRef"`

	// DisplayName is the hub's name as people see it.
	// +kubebuilder:validation:MaxLength=200
	// +kubebuilder:validation:XValidation:rule="self.trim().size() > 0",message="write the hub's name as people know it, such as Life Rooms Bootle"
	// +required
	DisplayName string `json:"displayName"`

	// Address is where the hub is.
	// +optional
	Address Address `json:"address,omitzero"`

	// TimeZone is the hub's, by its name in the tz database.
	// +kubebuilder:validation:MaxLength=60
	// +kubebuilder:validation:XValidation:rule="self.matches('^(UTC|[A-Z][A-Za-z_]+(/[A-Z][A-Za-z_+-]+[0-9]*)+)$')",message="write the time zone by its name in the tz database, such as Europe/London"
	// +kubebuilder:default=Europe/London
	// +optional
	TimeZone string `json:"timeZone,omitempty"`

	// OpeningHours are the hub's week; a day that is left out is closed.
	// +kubebuilder:validation:MaxItems=7
	// +listType=map
	// +listMapKey=day
	// +optional
	OpeningHours []OpeningHours `json:"openingHours,omitempty"`

	// OpeningExceptions are days that differ from the week.
	// +kubebuilder:validation:MaxItems=100
	// +listType=map
	// +listMapKey=date
	// +optional
	OpeningExceptions []OpeningException `json:"openingExceptions,omitempty"`

	// Hostnames are the hub's own; the first is the one that is shown. No other hub may have them.
	// +kubebuilder:validation:MaxItems=10
	// +kubebuilder:validation:items:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.all(h, h.matches('^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?([.][a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$'))",message="write each host name in lower case, without scheme, port, path or wildcard, such as bootle.liferooms.example.org"
	// +kubebuilder:validation:XValidation:rule="self.all(h, !isIP(h))",message="write a host name, not an address: certificates and sign-in need a name"
	// +listType=set
	// +optional
	Hostnames []string `json:"hostnames,omitempty"`

	// Brand is how the hub looks.
	// +optional
	Brand Brand `json:"brand,omitzero"`

	// Needs are what the hub offers help with, in the order in which they are shown. One that is left out is no longer
	// offered; nothing that was recorded of it is lost.
	// +kubebuilder:validation:MaxItems=50
	// +kubebuilder:validation:XValidation:rule="self.all(n, self.exists_one(m, m.name == n.name))",message="two needs have the same name: people choose between them by name, so make each name its own"
	// +listType=map
	// +listMapKey=code
	// +optional
	Needs []Need `json:"needs,omitempty"`

	// Modules are the parts of Life Rooms that the hub uses.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=4
	// +kubebuilder:validation:XValidation:rule="!self.exists(m, m == 'Advice') || self.exists(m, m == 'Desk')",message="Advice works from the desk's queue: add Desk to the modules"
	// +kubebuilder:default={Desk,Advice,Catalogue,Reports}
	// +listType=set
	// +optional
	Modules []Module `json:"modules,omitempty"`

	// Rooms are the spaces that can be booked.
	// +kubebuilder:validation:MaxItems=100
	// +listType=map
	// +listMapKey=name
	// +optional
	Rooms []Room `json:"rooms,omitempty"`

	// RoleGrants give roles in this hub to groups of the trust's providers.
	// +kubebuilder:validation:MaxItems=100
	// +listType=map
	// +listMapKey=group
	// +listMapKey=role
	// +optional
	RoleGrants []RoleGrant `json:"roleGrants,omitempty"`

	// Catalogue is where the hub's partners and their services come from.
	// +optional
	Catalogue Catalogue `json:"catalogue,omitzero"`

	// Suspend makes the hub refuse work, with a clear answer, until it is false again. Nothing is lost.
	// +optional
	Suspend bool `json:"suspend,omitempty"`

	// DeletionPolicy says what becomes of the tenant when this resource is deleted: Retain leaves it at work, Archive
	// makes it refuse work. Either keeps its data.
	// +kubebuilder:default=Retain
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`
}

// TrustRef names a Trust in the same namespace.
type TrustRef struct {
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="write the name of a Trust in this namespace, such as mersey-care"
	// +required
	Name string `json:"name"`
}

// Address is where a hub is.
// +kubebuilder:validation:XValidation:rule="has(self.latitude) == has(self.longitude)",message="give latitude and longitude together, or neither"
type Address struct {
	// Lines are the address without its postcode.
	// +kubebuilder:validation:MaxItems=5
	// +kubebuilder:validation:items:MaxLength=58
	// +kubebuilder:validation:XValidation:rule="self.all(l, l.trim().size() > 0 && l.matches('^[^\\\\p{Cc}]+$'))",message="write each line of the address on its own, and leave none empty"
	// +listType=atomic
	// +optional
	Lines []string `json:"lines,omitempty"`

	// Postcode is the hub's, such as L20 3DL.
	// +kubebuilder:validation:MaxLength=10
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}$')",message="write the postcode in capitals with its space, such as L20 3DL"
	// +optional
	Postcode string `json:"postcode,omitempty"`

	// UPRN is the building's Unique Property Reference Number, as text.
	// +kubebuilder:validation:MaxLength=12
	// +kubebuilder:validation:XValidation:rule="self.matches('^[1-9][0-9]{0,11}$')",message="write the Unique Property Reference Number as 1 to 12 digits in quotes, without leading zeros"
	// +optional
	UPRN string `json:"uprn,omitempty"`

	// Latitude in degrees north (WGS 84).
	// +kubebuilder:validation:Minimum=-90
	// +kubebuilder:validation:Maximum=90
	// +optional
	Latitude *float64 `json:"latitude,omitempty"`

	// Longitude in degrees east (WGS 84).
	// +kubebuilder:validation:Minimum=-180
	// +kubebuilder:validation:Maximum=180
	// +optional
	Longitude *float64 `json:"longitude,omitempty"`
}

// OpeningHours is one day of the week.
// +kubebuilder:validation:XValidation:rule="self.opens < self.closes",message="opens must be before closes: a hub closes on the day it opens"
type OpeningHours struct {
	// +required
	Day Day `json:"day"`

	// Opens is when the doors open, HH:MM in the hub's time zone.
	// +kubebuilder:validation:MaxLength=5
	// +kubebuilder:validation:XValidation:rule="self.matches('^([01][0-9]|2[0-3]):[0-5][0-9]$')",message="write the time as HH:MM from 00:00 to 23:59, such as 09:00"
	// +required
	Opens string `json:"opens"`

	// Closes is when the doors close, HH:MM in the hub's time zone.
	// +kubebuilder:validation:MaxLength=5
	// +kubebuilder:validation:XValidation:rule="self.matches('^([01][0-9]|2[0-3]):[0-5][0-9]$')",message="write the time as HH:MM from 00:00 to 23:59, such as 17:00"
	// +required
	Closes string `json:"closes"`
}

// OpeningException is a day that differs from the week: other hours, or closed where it has none.
// +kubebuilder:validation:XValidation:rule="has(self.opens) == has(self.closes)",message="give opens and closes together, or neither for a day that is closed"
// +kubebuilder:validation:XValidation:rule="!has(self.opens) || !has(self.closes) || self.opens < self.closes",message="opens must be before closes: a hub closes on the day it opens"
type OpeningException struct {
	// Date is the day, YYYY-MM-DD.
	// +kubebuilder:validation:Format=date
	// +kubebuilder:validation:MaxLength=10
	// +required
	Date string `json:"date"`

	// Opens is when the doors open that day, HH:MM; without opens and closes the hub is closed.
	// +kubebuilder:validation:MaxLength=5
	// +kubebuilder:validation:XValidation:rule="self.matches('^([01][0-9]|2[0-3]):[0-5][0-9]$')",message="write the time as HH:MM from 00:00 to 23:59, such as 09:00"
	// +optional
	Opens string `json:"opens,omitempty"`

	// Closes is when the doors close that day, HH:MM.
	// +kubebuilder:validation:MaxLength=5
	// +kubebuilder:validation:XValidation:rule="self.matches('^([01][0-9]|2[0-3]):[0-5][0-9]$')",message="write the time as HH:MM from 00:00 to 23:59, such as 17:00"
	// +optional
	Closes string `json:"closes,omitempty"`

	// Note says why, such as Christmas Day.
	// +kubebuilder:validation:MaxLength=200
	// +optional
	Note string `json:"note,omitempty"`
}

// Brand is how a hub looks.
type Brand struct {
	// Name is shown at the top of each page; empty: the display name.
	// +kubebuilder:validation:MaxLength=100
	// +optional
	Name string `json:"name,omitempty"`

	// Colour is the brand's colour.
	// +kubebuilder:validation:MaxLength=7
	// +kubebuilder:validation:XValidation:rule="self.matches('^#[0-9a-fA-F]{6}$')",message="write the colour as # and six hexadecimal digits in quotes, such as \"#00573f\""
	// +optional
	Colour string `json:"colour,omitempty"`

	// LogoURL is where the logo is.
	// +kubebuilder:validation:MaxLength=500
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() == 'https' && url(self).getHostname() != '' && !self.contains('@')",message="write the logo's address as an https URL"
	// +optional
	LogoURL string `json:"logoURL,omitempty"`
}

// Need is something that people come about.
type Need struct {
	// Code stays the same for good: records point at it.
	// +kubebuilder:validation:MaxLength=40
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="write the need's code in lower-case letters, digits and hyphens, such as physical-wellbeing"
	// +required
	Code string `json:"code"`

	// Name is what people read.
	// +kubebuilder:validation:MaxLength=100
	// +kubebuilder:validation:XValidation:rule="self.trim().size() > 0",message="write the need as people read it, such as Physical wellbeing"
	// +required
	Name string `json:"name"`
}

// Room is a space in the hub.
type Room struct {
	// +kubebuilder:validation:MaxLength=100
	// +kubebuilder:validation:XValidation:rule="self.trim().size() > 0",message="write the room's name as people know it"
	// +required
	Name string `json:"name"`

	// Capacity is how many people the room takes.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	// +required
	Capacity int32 `json:"capacity"`
}

// RoleGrant gives a role in the hub to a group.
type RoleGrant struct {
	// Group is the value of the provider's roles claim, such as a group's id.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=300
	// +required
	Group string `json:"group"`

	// +required
	Role Role `json:"role"`
}

// Catalogue is where a hub's partners and their services come from.
type Catalogue struct {
	// Sources are read in turn. What a source no longer names, and what came by a source that is removed, is retired.
	// +kubebuilder:validation:MaxItems=10
	// +listType=map
	// +listMapKey=name
	// +optional
	Sources []CatalogueSource `json:"sources,omitempty"`
}

// CatalogueSource is one place that partners and services come from: exactly one of url, configMap and hub.
// +kubebuilder:validation:XValidation:rule="(has(self.url) ? 1 : 0) + (has(self.configMap) ? 1 : 0) + (has(self.hub) ? 1 : 0) == 1",message="give each source exactly one of url, configMap and hub"
// +kubebuilder:validation:XValidation:rule="!has(self.hub) || !has(self.format)",message="a hub's catalogue has no format: leave format out"
// +kubebuilder:validation:XValidation:rule="!has(self.refresh) || !has(self.configMap)",message="a ConfigMap is read when it changes: leave refresh out"
type CatalogueSource struct {
	// Name tells the source from the hub's others. What a source brought belongs to its name.
	// +kubebuilder:validation:MaxLength=40
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="write the source's name in lower-case letters, digits and hyphens, such as sefton-directory"
	// +required
	Name string `json:"name"`

	// URL is a document or feed that is fetched.
	// +optional
	URL *URLSource `json:"url,omitempty"`

	// ConfigMap holds a document, JSON or CSV, in a key of a ConfigMap in the same namespace.
	// +optional
	ConfigMap *ConfigMapSource `json:"configMap,omitempty"`

	// Hub is another hub of the same trust, whose catalogue is taken.
	// +optional
	Hub *HubSource `json:"hub,omitempty"`

	// Format is what the document is written in; OpenReferral where it is left out.
	// +optional
	Format CatalogueFormat `json:"format,omitempty"`

	// Refresh is how often the source is fetched, such as 6h; where it is left out, a url every 24h
	// and a hub every hour.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Format=duration
	// +kubebuilder:validation:XValidation:rule="self >= duration('5m') && self <= duration('720h')",message="refresh between every 5m and every 720h (30 days)"
	// +optional
	Refresh *metav1.Duration `json:"refresh,omitempty"`
}

// URLSource is a document or feed on the network.
// +kubebuilder:validation:XValidation:rule="!isURL(self.href) || url(self.href).getScheme() != 'http' || (has(self.allowPrivateAddresses) && self.allowPrivateAddresses)",message="use https: http is only for sources inside the network, with allowPrivateAddresses: true"
type URLSource struct {
	// Href is where the document or feed is.
	// +kubebuilder:validation:MaxLength=1000
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() in ['http', 'https'] && url(self).getHostname() != ''",message="write the address as a URL, such as https://directory.example.org/services"
	// +kubebuilder:validation:XValidation:rule="!self.contains('@') && !self.contains('#')",message="write the address without user name, password or fragment"
	// +required
	Href string `json:"href"`

	// AllowPrivateAddresses lets the source be inside the network. The API must have been told to allow it too.
	// +optional
	AllowPrivateAddresses bool `json:"allowPrivateAddresses,omitempty"`
}

// ConfigMapSource is a key in a ConfigMap of the same namespace.
type ConfigMapSource struct {
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",message="write the name of a ConfigMap in this namespace"
	// +required
	Name string `json:"name"`

	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[-._a-zA-Z0-9]+$')",message="write a key of the ConfigMap: letters, digits, '-', '_' and '.'"
	// +required
	Key string `json:"key"`
}

// HubSource is another hub of the same trust.
type HubSource struct {
	// +kubebuilder:validation:MaxLength=40
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="write the name of another Hub of the same trust, such as walton"
	// +required
	Name string `json:"name"`
}

// HubStatus is what a hub is.
type HubStatus struct {
	// ObservedGeneration is the generation that the conditions are about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// URL is where people find the hub.
	// +optional
	URL string `json:"url,omitempty"`

	// Partners counts the organisations in the hub's catalogue.
	// +optional
	Partners *int32 `json:"partners,omitempty"`

	// Services counts the services in the hub's catalogue.
	// +optional
	Services *int32 `json:"services,omitempty"`

	// LastSyncTime is when every source had been taken last: the oldest of their last successes.
	// +optional
	LastSyncTime *metav1.Time `json:"lastSyncTime,omitempty"`

	// TenantID is the hub's id in Life Rooms.
	// +optional
	TenantID string `json:"tenantID,omitempty"`

	// Conditions are Ready, TenantReady, CatalogueSynced, RouteReady and, only where a person must act, Stalled.
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Trust is an NHS body that runs hubs: the data controller. Its hubs name it by trustRef.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:categories=liferooms
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="ODS",type=string,JSONPath=`.spec.odsCode`
// +kubebuilder:printcolumn:name="Hubs",type=integer,JSONPath=`.status.hubs`
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Generation",type=integer,priority=1,JSONPath=`.metadata.generation`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$')",message="metadata.name: use at most 63 lower-case letters, digits and hyphens, such as mersey-care"
type Trust struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// +required
	Spec TrustSpec `json:"spec"`
	// +optional
	Status TrustStatus `json:"status,omitempty"`
}

// TrustList is a list of Trusts.
// +kubebuilder:object:root=true
type TrustList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Trust `json:"items"`
}

// TrustSpec is what a trust should be.
type TrustSpec struct {
	// ODSCode is the trust's Organisation Data Service code, such as RW4. It cannot change.
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Z0-9]{3,12}$')",message="write the Organisation Data Service code as 3 to 12 capital letters and digits, such as RW4"
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="a trust keeps its ODS code: make a new Trust for another code"
	// +kubebuilder:validation:MaxLength=12
	// +required
	ODSCode string `json:"odsCode"`

	// Name is the trust's name as people see it.
	// +kubebuilder:validation:MaxLength=200
	// +kubebuilder:validation:XValidation:rule="self.trim().size() > 0",message="write the trust's name as people know it"
	// +required
	Name string `json:"name"`

	// SessionHours is how long a sign-in lasts, in hours.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=24
	// +kubebuilder:default=10
	// +optional
	SessionHours int32 `json:"sessionHours,omitempty"`

	// IdentityProviders are the OpenID Connect providers through which the trust's staff sign in. Without one nobody can.
	// +kubebuilder:validation:MaxItems=10
	// +kubebuilder:validation:XValidation:rule="self.all(p, self.exists_one(q, q.name == p.name))",message="two identity providers have the same name: people choose between them by name, so make each name its own"
	// +listType=map
	// +listMapKey=issuer
	// +optional
	IdentityProviders []IdentityProvider `json:"identityProviders,omitempty"`

	// Disclosure is how small counts of people are hidden.
	// +kubebuilder:default={}
	// +optional
	Disclosure Disclosure `json:"disclosure,omitzero"`

	// Retention is how long records are kept before they are reviewed for destruction.
	// +kubebuilder:default={}
	// +optional
	Retention Retention `json:"retention,omitzero"`
}

// IdentityProvider is an OpenID Connect provider.
//
// No field below a list has a default: kubectl would find a list that holds one changed each time it is applied.
type IdentityProvider struct {
	// Name is what people see on the sign-in page.
	// +kubebuilder:validation:MaxLength=200
	// +kubebuilder:validation:XValidation:rule="self.trim().size() > 0",message="write what people see on the sign-in page, such as NHSmail"
	// +required
	Name string `json:"name"`

	// Issuer is the provider's issuer, exactly as its discovery document has it.
	// +kubebuilder:validation:MaxLength=500
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() in ['http', 'https'] && url(self).getHostname() != ''",message="write the issuer as a URL, such as https://login.example.nhs.uk/realm, exactly as the provider's discovery document has it"
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('http:') || self.matches('^http://(localhost|127[.][0-9.]+|10[.][0-9.]+|192[.]168[.][0-9.]+|172[.](1[6-9]|2[0-9]|3[01])[.][0-9.]+|[a-z0-9.-]+[.](svc|local|localhost|test))(:[0-9]+)?(/.*)?$')",message="use https for the issuer: http is for providers inside the cluster only (localhost, *.svc, *.cluster.local, private addresses)"
	// +kubebuilder:validation:XValidation:rule="!self.contains('?') && !self.contains('#') && !self.contains('@')",message="write the issuer without a query, fragment or user name"
	// +required
	Issuer string `json:"issuer"`

	// ClientID is the staff app's client at the provider.
	// +kubebuilder:validation:MaxLength=200
	// +kubebuilder:validation:XValidation:rule="self.matches('^[^\\\\s]+$')",message="write the client id that the provider gave to Life Rooms, without spaces"
	// +required
	ClientID string `json:"clientID"`

	// ClientSecretRef names the Secret with the client's secret. Without it the client is a public one.
	// The operator reads that Secret only.
	// +optional
	ClientSecretRef *SecretKey `json:"clientSecretRef,omitempty"`

	// Scopes are asked for beside openid.
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:items:MaxLength=100
	// +kubebuilder:validation:XValidation:rule="self.all(s, s.matches('^[!-~]+$') && !s.contains('\"'))",message="write each scope as one word, such as profile"
	// +listType=set
	// +optional
	Scopes []string `json:"scopes,omitempty"`

	// RolesClaim is the claim that roleMappings read; groups where it is left out.
	// +kubebuilder:validation:MaxLength=100
	// +kubebuilder:validation:MinLength=1
	// +optional
	RolesClaim string `json:"rolesClaim,omitempty"`

	// RoleMappings turn values of the claim into roles.
	// +kubebuilder:validation:MaxItems=200
	// +listType=atomic
	// +optional
	RoleMappings []RoleMapping `json:"roleMappings,omitempty"`

	// Algorithms are the signing algorithms accepted; where none is named: RS256, PS256, ES256.
	// +kubebuilder:validation:MaxItems=10
	// +kubebuilder:validation:items:Enum=RS256;RS384;RS512;PS256;PS384;PS512;ES256;ES384;ES512;EdDSA
	// +listType=set
	// +optional
	Algorithms []string `json:"algorithms,omitempty"`

	// APIClients are other apps and services whose bearer tokens are taken.
	// +kubebuilder:validation:MaxItems=10
	// +listType=map
	// +listMapKey=clientID
	// +optional
	APIClients []APIClient `json:"apiClients,omitempty"`

	// Enabled is true where it is left out; false shuts the provider: nobody signs in by it, and its sessions end.
	// +optional
	Enabled *bool `json:"enabled,omitempty"`
}

// SecretKey is a key in a Secret of the same namespace.
type SecretKey struct {
	// Name is the Secret's.
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",message="write the name of a Secret in this namespace"
	// +required
	Name string `json:"name"`

	// Key is the key in the Secret; client-secret where it is left out.
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[-._a-zA-Z0-9]+$')",message="write a key of the Secret: letters, digits, '-', '_' and '.'"
	// +optional
	Key string `json:"key,omitempty"`
}

// RoleMapping gives a role to those whose claim holds a value.
type RoleMapping struct {
	// Value is the claim's value, such as a group's id.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=300
	// +required
	Value string `json:"value"`

	// +required
	Role Role `json:"role"`

	// Hub is the name of the Hub in which the role is held; left out: every hub of the trust.
	// +kubebuilder:validation:MaxLength=40
	// +kubebuilder:validation:XValidation:rule="self == '' || self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="write the name of a Hub of this trust, or leave it out for every hub"
	// +optional
	Hub string `json:"hub,omitempty"`
}

// APIClient is an app or service with an OpenID Connect client of its own.
type APIClient struct {
	// ClientID is what a token's azp or client_id must be.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	// +required
	ClientID string `json:"clientID"`

	// Audience is what a token's aud must hold; empty: the client id.
	// +kubebuilder:validation:MaxLength=300
	// +optional
	Audience string `json:"audience,omitempty"`

	// Origins may call the API from a browser.
	// +kubebuilder:validation:MaxItems=10
	// +kubebuilder:validation:items:MaxLength=100
	// +kubebuilder:validation:XValidation:rule="self.all(o, o.matches('^https?://[a-z0-9.-]+(:[0-9]+)?$'))",message="write each origin as scheme, host and port only, such as https://app.example.org, in lower case"
	// +listType=set
	// +optional
	Origins []string `json:"origins,omitempty"`

	// FreeQueries lets the client send documents that are not registered.
	// +optional
	FreeQueries bool `json:"freeQueries,omitempty"`
}

// Disclosure is the rule for counts of people that are published.
type Disclosure struct {
	// SuppressBelow: counts from 1 up to one less than this are shown as *.
	// +kubebuilder:validation:Minimum=5
	// +kubebuilder:validation:Maximum=100
	// +kubebuilder:default=8
	// +optional
	SuppressBelow int32 `json:"suppressBelow,omitempty"`

	// RoundTo: other counts are rounded to a multiple of this.
	// +kubebuilder:validation:Minimum=5
	// +kubebuilder:validation:Maximum=100
	// +kubebuilder:default=5
	// +optional
	RoundTo int32 `json:"roundTo,omitempty"`
}

// Retention is how long records are kept, in years.
type Retention struct {
	// MentalHealthYears is for records of mental health care, after the last contact.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	// +kubebuilder:default=20
	// +optional
	MentalHealthYears int32 `json:"mentalHealthYears,omitempty"`

	// OtherAdultYears is for other records of adults, after the last contact.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	// +kubebuilder:default=8
	// +optional
	OtherAdultYears int32 `json:"otherAdultYears,omitempty"`

	// AfterDeathYears is for records of mental health care, after a person's death.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	// +kubebuilder:default=10
	// +optional
	AfterDeathYears int32 `json:"afterDeathYears,omitempty"`
}

// TrustStatus is what a trust is.
type TrustStatus struct {
	// ObservedGeneration is the generation that the conditions are about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// AppliedGeneration is the last generation that the API took; hubs are made once there is one.
	// +optional
	AppliedGeneration int64 `json:"appliedGeneration,omitempty"`

	// Hubs counts the Hub resources that name this trust.
	// +optional
	Hubs *int32 `json:"hubs,omitempty"`

	// Conditions are Ready, SecretsFound and TrustApplied.
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

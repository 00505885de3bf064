package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupVersion is the group and version of the resources here.
var GroupVersion = schema.GroupVersion{Group: "liferooms.io", Version: "v1alpha1"}

// AddToScheme makes the resources known to a scheme.
func AddToScheme(s *runtime.Scheme) error {
	s.AddKnownTypes(GroupVersion, &Trust{}, &TrustList{}, &Hub{}, &HubList{})
	metav1.AddToGroupVersion(s, GroupVersion)
	return nil
}

// Annotations and the finalizer of the resources.
const (
	// Finalizer holds a hub with deletionPolicy Archive until its tenant is archived.
	Finalizer = "liferooms.io/archive"
	// SkipArchive is an annotation: "true" lets a hub go without archiving its tenant, for where the API is gone for good.
	SkipArchive = "liferooms.io/skip-archive"
	// ArchiveTrust is an annotation that the operator sets beside Finalizer: the ODS code of the trust whose tenant is to
	// be archived, so that the hub can still go when its Trust resource went first.
	ArchiveTrust = "liferooms.io/archive-trust"
)

// DefaultSecretKey is the key of a client secret in its Secret, where none is named.
const DefaultSecretKey = "client-secret"

// DeletionPolicy says what becomes of a hub's tenant when the resource is deleted.
// +kubebuilder:validation:Enum=Retain;Archive
type DeletionPolicy string

const (
	// Retain leaves the tenant as it is, at work.
	Retain DeletionPolicy = "Retain"
	// Archive makes the tenant refuse work and keeps its data.
	Archive DeletionPolicy = "Archive"
)

// Role is what somebody does in a hub.
// +kubebuilder:validation:Enum=Reception;Advisor;Tutor;VolunteerLead;Manager;Safeguarding;Analyst;TrustAdmin;Governance
type Role string

// Module is a part of Life Rooms that a hub uses.
// +kubebuilder:validation:Enum=Desk;Advice;Catalogue;Reports
type Module string

// Day is a day of the week.
// +kubebuilder:validation:Enum=Monday;Tuesday;Wednesday;Thursday;Friday;Saturday;Sunday
type Day string

// CatalogueFormat is what a catalogue's document is written in.
// +kubebuilder:validation:Enum=OpenReferral;Outpost
type CatalogueFormat string

package connection

import (
	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/paging"
)

// One page of each kind of list, and its edges.
type (
	VisitPage           = paging.Connection[*ent.Visit]
	VisitEdge           = paging.Edge[*ent.Visit]
	PersonPage          = paging.Connection[*ent.Person]
	PersonEdge          = paging.Edge[*ent.Person]
	ConversationPage    = paging.Connection[*ent.Conversation]
	ConversationEdge    = paging.Edge[*ent.Conversation]
	SignpostPage        = paging.Connection[*ent.Signpost]
	SignpostEdge        = paging.Edge[*ent.Signpost]
	OrganisationPage    = paging.Connection[*ent.Organisation]
	OrganisationEdge    = paging.Edge[*ent.Organisation]
	ProposedChangePage  = paging.Connection[*ent.ProposedChange]
	ProposedChangeEdge  = paging.Edge[*ent.ProposedChange]
	StaffPage           = paging.Connection[*ent.StaffUser]
	StaffEdge           = paging.Edge[*ent.StaffUser]
	AuditEventPage      = paging.Connection[*ent.AuditEvent]
	AuditEventEdge      = paging.Edge[*ent.AuditEvent]
	EditableServicePage = paging.Connection[*ent.Service]
	EditableServiceEdge = paging.Edge[*ent.Service]
	DuplicatePage       = paging.Connection[*directory.Pair]
	DuplicateEdge       = paging.Edge[*directory.Pair]
	MergePage           = paging.Connection[*directory.Merged]
	MergeEdge           = paging.Edge[*directory.Merged]
)

package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Person is somebody registered at a hub.
type Person struct{ ent.Schema }

func (Person) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, HubScoped{}, MadeByStaff{}} }

func (Person) Fields() []ent.Field {
	return []ent.Field{
		field.String("member_number").MaxLen(20).Immutable().Comment("given by the hub, in order of registration"),
		field.String("given_name").NotEmpty().MaxLen(100),
		field.String("family_name").MaxLen(100).Default(""),
		line("preferred_name", 100),
		line("pronouns", 40),
		date("date_of_birth"),
		line("phone", 30),
		line("email", 320),
		line("postcode", 10),
		field.String("nhs_number").MaxLen(10).MinLen(10).Optional().Nillable().Comment("ten digits, check digit verified; never required"),
		line("gp_practice", 200),
		field.Enum("safe_contact").NamedValues("any", "ANY", "phone_only", "PHONE_ONLY", "text_only", "TEXT_ONLY", "email_only", "EMAIL_ONLY",
			"post_only", "POST_ONLY", "in_person_only", "IN_PERSON_ONLY").Default("ANY").Comment("how it is safe to reach them"),
		line("safe_contact_note", 300),
		field.Time("updated_at").Default(time.Now).UpdateDefault(time.Now),
	}
}

func (Person) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("access_needs", AccessNeed.Type),
		edge.To("visits", Visit.Type),
		edge.To("conversations", Conversation.Type),
		edge.To("signposts", Signpost.Type),
	}
}

func (Person) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("hub_id", "member_number").Unique(),
		index.Fields("hub_id", "date_of_birth"),
		index.Fields("hub_id", "nhs_number"),
	}
}

// AccessNeed is what somebody needs so that a visit works for them (Accessible Information Standard, DCB1605).
type AccessNeed struct{ ent.Schema }

func (AccessNeed) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}, HubScoped{}} }

func (AccessNeed) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("person_id", uuid.UUID{}).Immutable(),
		field.Enum("code").NamedValues(
			"BSLInterpreter", "BSL_INTERPRETER", "HearingLoop", "HEARING_LOOP", "Lipreading", "LIPREADING", "LargePrint", "LARGE_PRINT",
			"Braille", "BRAILLE", "EasyRead", "EASY_READ", "Interpreter", "INTERPRETER", "StepFree", "STEP_FREE", "Wheelchair", "WHEELCHAIR",
			"QuietSpace", "QUIET_SPACE", "LongerAppointment", "LONGER_APPOINTMENT", "AssistanceDog", "ASSISTANCE_DOG", "Companion", "COMPANION").Immutable(),
		line("note", 300),
		field.Time("recorded_at").Default(time.Now),
	}
}

func (AccessNeed) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("person", Person.Type).Ref("access_needs").Field("person_id").Unique().Required().Immutable(),
	}
}

func (AccessNeed) Indexes() []ent.Index {
	return []ent.Index{index.Fields("hub_id", "person_id", "code").Unique()}
}

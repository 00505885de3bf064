package demo

import "liferooms.io/liferooms/ent/schema"

// trust is a fictional NHS trust with its hubs and those of its staff who have done something already.
type trust struct {
	ods, name string
	hubs      []site
}

// site is a hub as it is seeded.
type site struct {
	slug, name, prefix  string
	address, postcode   string
	latitude, longitude float64
	hours               []schema.OpeningHours
	people              int
	outwards            []string
	// reception and advisor are the staff in whose name the hub's past is told, by the subject of their sign-in.
	reception, advisor member
	regulars           []regular
}

// member is one of the staff, known before their first sign-in by what they have done.
type member struct{ subject, name, email string }

var (
	fay  = member{"fay", "Fay Brennan", "fay@mersey.example.org"}
	amir = member{"amir", "Amir Rahman", "amir@mersey.example.org"}
	sol  = member{"sol", "Sol Pereira", "sol@mersey.example.org"}
	nia  = member{"nia", "Nia Prosser", "nia@mersey.example.org"}
)

// trusts are the demo's: one with two hubs, and another one whose hub nobody of the first may ever see.
var trusts = []trust{
	{ods: "ZZ1", name: "Merseyside Demo Trust", hubs: []site{
		{
			slug: Walton, name: "Life Rooms Walton", prefix: "W", address: "1 Old Library Row, Walton, Liverpool", postcode: "L9 9ZZ",
			latitude: 53.4585, longitude: -2.9621, hours: hours("09:00", "17:00", map[schema.Weekday][2]string{"THURSDAY": {"09:00", "20:00"}, "SATURDAY": {"10:00", "16:00"}}),
			people: 60, outwards: []string{"L4", "L9", "L10", "L11", "L13", "L20"}, reception: fay, advisor: amir, regulars: seans,
		},
		{
			slug: Southport, name: "Life Rooms Southport", prefix: "S", address: "12 Shore Mews, Southport", postcode: "PR9 9ZZ",
			latitude: 53.6478, longitude: -3.0049, hours: hours("09:30", "16:30", map[schema.Weekday][2]string{"WEDNESDAY": {"09:30", "19:00"}}),
			people: 25, outwards: []string{"PR8", "PR9"}, reception: sol, advisor: nia,
		},
	}},
	{ods: "ZZ2", name: "Elsewhere Demo Trust", hubs: []site{
		{
			slug: "elsewhere", name: "Life Rooms Elsewhere", prefix: "E", address: "3 Far Lane, Elsewhere", postcode: "YO1 9ZZ",
			latitude: 53.9590, longitude: -1.0815, hours: hours("09:00", "17:00", nil),
		},
	}},
}

// hours is Monday to Friday, with other days and times where they differ.
func hours(opens, closes string, differ map[schema.Weekday][2]string) []schema.OpeningHours {
	var week []schema.OpeningHours
	for _, day := range []schema.Weekday{schema.Monday, schema.Tuesday, schema.Wednesday, schema.Thursday, schema.Friday, schema.Saturday, schema.Sunday} {
		weekend := day == schema.Saturday || day == schema.Sunday
		switch other, ok := differ[day]; {
		case ok:
			week = append(week, schema.OpeningHours{Day: day, Opens: other[0], Closes: other[1]})
		case !weekend:
			week = append(week, schema.OpeningHours{Day: day, Opens: opens, Closes: closes})
		}
	}
	return week
}

package demo

var southportPartners = []partner{
	{"Sandgrown Advice Bureau", "Independent advice for Southport and Formby.", "Sandgrown House", "12 Marramgate", "Southport", []offer{
		{"debt", "Southport debt clinic", "An hour with an adviser, and a letter to everybody you owe.", "TU,TH 10:00-13:00"},
		{"benefits", "Pensions and benefits table", "Pension Credit, Attendance Allowance and the rest of the alphabet.", "MO 10:00-14:00"}}},
	{"Marram Housing Help", "Housing advice by the coast.", "Marram Rooms", "5 Dunefield Street", "Southport", []offer{
		{"housing advice", "Seasonal tenants' advice", "For people who live in rooms above cafés and behind hotels.", "MO,WE 13:00-16:00"},
		{"tenancy", "Settling in by the sea", "A worker who helps a flat to become a home.", ""}}},
	{"Sandpiper Minds", "Mental health support in Sefton's north.", "Sandpiper Centre", "44 Promontory Road", "Southport", []offer{
		{"counselling", "Sandpiper counselling", "A room with a sea view, and a counsellor who is in no hurry.", ""},
		{"peer group", "Sandpiper Monday group", "Low tide or high, the circle meets.", "MO 18:00-19:30"}}},
	{"Botanic Gate Growers", "Gardeners in a walled garden.", "Botanic Gate Garden", "Botanic Gate", "Churchtown", []offer{
		{"gardening", "Walled garden mornings", "Espaliers, compost and gossip.", "TU,FR 10:00-12:30"},
		{"volunteering", "Plant sale crew", "Pot on, price up and sell, from March to October.", ""}}},
	{"Shoreline Strollers", "Walk leaders along the front.", "Shoreline Shelter", "Bandstand Walk", "Southport", []offer{
		{"walk", "Pier and back", "Just over two miles, all of it flat and most of it windy.", "WE 10:30-12:00"},
		{"walk", "Ainsdale dune ramble", "Soft sand and natterjack toads, at an easy pace.", "2SU 13:30-16:00"}}},
	{"Birkmere Carers Link", "Carers in touch with carers.", "Birkmere Hall", "90 Birkmere Road", "Birkdale", []offer{
		{"carers", "Birkdale carers' café", "A table kept for carers, and a cake that you did not bake.", "TH 10:30-12:30"},
		{"befriend", "Sitting service", "Somebody friendly sits with yours while you go out.", ""}}},
	{"Lantern Pier Café", "A café that trains people for kitchens.", "Lantern Pier Café", "1 Lantern Approach", "Southport", []offer{
		{"job coaching", "Kitchen to career", "From washing up to a certificate to a job.", ""},
		{"meal", "Pay what you can lunch", "The price is on the menu only if you ask.", "TU,TH 12:00-14:00"}}},
	{"Kewstoke Family Hub", "Families, toddlers and toast.", "Kewstoke Centre", "27 Kewstoke Drive", "Kew", []offer{
		{"play", "Tadpoles and toast", "Toast at ten, songs at eleven.", "MO,TH 09:30-11:30"},
		{"family help", "Kewstoke alongside", "A worker at your side at school meetings and at home.", ""}}},
	{"Dunelight Digital", "Volunteers who are patient with computers.", "Dunelight Studio", "8 Dunelight Parade", "Ainsdale", []offer{
		{"online", "Ainsdale click and chat", "One question or twenty, and biscuits.", "TU 14:00-16:00"},
		{"devices", "Borrow a tablet", "Charged, cleaned and ready to go.", "TU 16:00-17:00"}}},
	{"Holmsedge Pantry", "A food club in a former greengrocer's.", "Holmsedge Shop", "71 Holmsedge Street", "Southport", []offer{
		{"pantry", "Holmsedge food club", "Members choose; the freezer is full of fish.", "WE 13:00-17:00; SA 10:00-12:00"},
		{"parcel", "Southport emergency food", "Food today if you have none today.", "MO,TU,WE,TH,FR 13:00-15:00"}}},
	{"Tern Cottage Trust", "Safety and shelter from abuse.", byAsking, "PO Box 2200", "Southport", []offer{
		{"domestic abuse", "Tern Cottage helpline and visits", "Speak to somebody today, meet where you feel safe.", ""},
		{"legal", "Orders and rights clinic", "What a court can do to protect you, explained plainly.", "3TU 10:00-13:00"}}},
	{"Saltings Recovery", "A recovery community by the sea.", "Saltings Room", "33 Saltings Road", "Southport", []offer{
		{"recovery", "Saltings sea swim and meeting", "Cold water, hot flask, honest talk.", "SU 09:00-11:00"},
		{"drinking", "Cutting down clinic", "A nurse, a diary and a target that is yours.", "WE 09:30-12:30"}}},
	{"Plover Work Club", "Seasonal work is not all there is.", "Plover Rooms", "16 Plover Street", "Southport", []offer{
		{"job club", "Year-round work club", "For when the season ends.", "MO,TH 10:00-12:30"},
		{"applications", "Forms and first impressions", "Bring the form, and we fill it in side by side.", "FR 10:00-12:00"}}},
	{"Churchtown Threads", "Sewing, knitting and mending.", "Thread Room", "2 Weavers Close", "Churchtown", []offer{
		{"crafts", "Knit and natter", "Dropped stitches picked up, without a word.", "WE 14:00-16:00"},
		{"creative", "Quilt in eight weeks", "One square a week, one quilt at the end.", "MO 13:00-15:30"}}},
	{"Arcade Row Voices", "Community singing for all.", "Promenade Hall", "10 Arcade Row", "Southport", []offer{
		{"singing", "Promenade big sing", "Two hundred songs and one rule: join in.", "TH 19:00-20:30"},
		{"coffee", "Sunday tea dance and chat", "For the day on which the phone does not ring.", "SU 14:30-16:30"}}},
	{"Birkdale Balance", "Exercise for older bodies.", "Balance Studio", "58 Birkmere Road", "Birkdale", []offer{
		{"falls", "Upright and out", "Twelve weeks to trust your legs again.", "MO,WE 11:00-12:00"},
		{"gentle move", "Seated stretch", "Everything that can be done in a chair, to music.", "FR 10:30-11:30"}}},
	{"Links Way Men's Shed", "A shed with a view of the railway.", "Links Way Shed", "Siding 2, Links Way", "Birkdale", []offer{
		{"men", "Links Way shed days", "Clocks, bikes and a model railway that will never be finished.", "MO,WE,FR 09:30-12:30"},
		{"handyperson", "Shed call-outs", "Two shedders and a van, for jobs under an hour.", ""}}},
	{"Coastline Credit Club", "Saving and borrowing among neighbours.", "Coastline Counter", "7 Arcade Row", "Southport", []offer{
		{"savings", "Coastline savers", "Save for winter while the sun shines.", "TU,SA 09:30-11:30"},
		{"energy", "Winter warm desk", "Grants, meters, and a flask if you need it.", "TU 10:00-12:00"}}},
	{"Dovetail Bereavement", "Trained listeners for the bereaved.", "Dovetail Room", "29 Chapelfold", "Ainsdale", []offer{
		{"bereavement", "Dovetail Saturday circle", "The weekend is hard. Come at eleven.", "SA 11:00-12:30"},
		{"lunch", "Cooking for one, eating together", "Cook it here, eat it here, leave the washing up to us.", "FR 11:30-14:00"}}},
	{"Quaysider Language School", "Volunteer teachers and hotel workers.", "Language Loft", "Floor 1, 19 Marramgate", "Southport", []offer{
		{"english", "English after your shift", "Late classes for people who finish late.", "MO,WE 20:00-21:30"},
		{"numbers", "Sums for the till", "Cash, cards and cashing up.", "TU 18:00-19:30"}}},
	{"Evenfall Sanctuary", "An evening place for hard nights.", "Evenfall House", "3 Evenfall Terrace", "Southport", []offer{
		{"crisis café", "Evenfall sanctuary", "Lamps, blankets and somebody awake.", "TH,FR,SA,SU 18:00-23:30"},
		{"calm", "Unwind by the sea", "Five slow breaths, and then five more.", "SA 09:30-10:30"}}},
	{"Meols Gate Youth", "Young people's own building.", "Meols Gate", "14 Meolsgate Lane", "Churchtown", []offer{
		{"young people", "Meols Gate nights", "Studio, skate ramp, supper.", "TU,WE,TH 18:00-21:00"},
		{"sport", "Beach volleyball for beginners", "Shoes off, no experience needed.", "SA 13:00-14:30"}}},
	{"Fairhaven Roadside Welcome", "For people with no fixed home.", "Fairhaven Annexe", "61 Stationgate", "Southport", []offer{
		{"day centre", "Fairhaven mornings", "Wash, eat, charge your phone, see the nurse.", "MO,TU,WE,TH,FR 08:30-12:00"},
		{"gambling", "Arcades and after", "For those whose wages went into the machines.", "TH 17:30-19:00"}}},
	{"Formby Road Enterprise", "Small businesses helping smaller ones.", "Enterprise Rooms", "133 Formbygate", "Ainsdale", []offer{
		{"own business", "Side street start-ups", "Cleaners, groomers, gardeners: begin with one customer.", "WE 18:00-20:00"},
		{"hate crime", "Safe to report here", "A café table where you can tell what happened.", "MO,TH 10:00-13:00"}}},
}

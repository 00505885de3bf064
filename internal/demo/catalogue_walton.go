package demo

var waltonPartners = []partner{
	{"Thistlewharf Advice", "Free and independent advice for north Liverpool, given by trained volunteers.", "Thistlewharf House", "14 Lanternwick Street", "Walton", []offer{
		{"debt", "Debt and bills desk", "Sit down with an adviser and a pile of letters, and get up with a plan.", "MO,WE 09:30-12:30"},
		{"benefits", "Benefits check", "Find out what you can claim before you give up on it.", "TU,TH 10:00-15:00"}}},
	{"Kelderbank Community House", "A neighbours' house with a kitchen, a garden and an open door.", "Kelderbank House", "3 Marlwick Road", "Walton", []offer{
		{"coffee", "Tuesday kettle", "The kettle goes on at ten, and everybody who comes in gets a chair.", "TU 10:00-12:00"},
		{"meal", "Friday supper table", "One long table, one pot, and usually seconds.", "FR 17:00-19:00"}}},
	{"Pennywhin Works", "Helps people in north Liverpool into work that lasts.", "Pennywhin Workshop", "Unit 2, Cinderlow Yard", "Kirkdale", []offer{
		{"job club", "Kirkdale job club", "Look for work in company, with a coach at the next table.", "MO 10:00-13:00; TH 13:00-16:00"},
		{"job coaching", "Steady On job coaching", "For when getting the job is only half of it.", ""}}},
	{"Larkstow Housing Rights", "Housing advisers and a small fund for emergencies.", "Larkstow Rooms", "88 Tallowgate Lane", "County Road", []offer{
		{"housing advice", "County Road housing surgery", "Had a letter about your home? Bring it here first.", "MO,WE,FR 09:30-12:00"},
		{"tenancy", "Keys and after", "Somebody alongside you for the first year behind your own front door.", ""}}},
	{"Dunlinmere Minds", "A mental health charity run with the people who use it.", "Dunlinmere Centre", "27 Heronstoke Avenue", "Walton Vale", []offer{
		{"counselling", "Dunlinmere talking room", "A regular hour that is yours, with somebody who listens.", ""},
		{"peer group", "Thursday together", "A group for anxious days, low days and ordinary ones.", "TH 18:00-19:30"}}},
	{"Saltwhistle Walkers", "Volunteers who lead easy walks from Walton's parks and stations.", "Saltwhistle Pavilion", "Fennelow Park, Brindle Gate", "Walton", []offer{
		{"walk", "Monday park mile", "A flat mile with benches, in good weather and in drizzle.", "MO 10:30-11:45"},
		{"walk", "Canal amble", "Two level miles along the towpath, looking at the birds.", "SA 10:00-12:00"}}},
	{"Ropewick Pantry", "A members' food pantry in an old ropeworks.", "The Ropewick Store", "5 Ropewick Row", "Kirkdale", []offer{
		{"pantry", "Ropewick weekly pantry", "A small shop where you choose, for the price of a sandwich.", "TU 12:00-16:00; FR 10:00-13:00"},
		{"cooking", "One-pan suppers", "Four evenings, four suppers, one pan.", "WE 17:30-19:30"}}},
	{"Cinderlow Men's Workshop", "A workshop with benches, tools and a stove.", "Cinderlow Shed", "9 Cinderlow Yard", "Kirkdale", []offer{
		{"men", "Cinderlow shed mornings", "Mend a chair, make a bird box, or drink tea by the stove.", "TU,TH 09:30-12:30"},
		{"crafts", "Wood and words", "Carve letters in wood, your own name to start with.", "FR 13:00-15:00"}}},
	{"Tallowgate Carers", "Carers who look after carers.", "Tallowgate Hall", "61 Tallowgate Lane", "County Road", []offer{
		{"carers", "Carers' Wednesday", "Two hours in which nobody needs anything from you.", "WE 13:00-15:00"},
		{"benefits", "Carers' forms morning", "Carer's Allowance, Attendance Allowance, and the form that nobody told you of.", "1TH 10:00-12:30"}}},
	{"Marlwick Digital", "Gets people online who have been left off it.", "Marlwick Learning Room", "40 Marlwick Road", "Walton", []offer{
		{"online", "Phones and tablets help", "Bring the phone that your grandchildren set up.", "MO 13:30-15:30"},
		{"devices", "Walton tablet library", "A tablet to take home, as you would a book.", "TH 10:00-12:00"}}},
	{"Heronstoke Family Centre", "A centre for families with small children.", "Heronstoke Centre", "112 Heronstoke Avenue", "Walton Vale", []offer{
		{"play", "Little Herons stay and play", "Paint, water, songs and a floor full of bricks.", "MO,WE 09:30-11:30"},
		{"family help", "Heronstoke home visitors", "Another adult in the house when the house is too much.", ""}}},
	{"Fennelow Growers", "An orchard and allotments on reclaimed ground.", "Fennelow Gardens", "Fennelow Park, North Gate", "Walton", []offer{
		{"gardening", "Fennelow green gang", "Sow, weed and pick with people who know which is which.", "WE,SA 10:00-13:00"},
		{"volunteering", "Garden helpers", "Half a day a week outdoors, with training if you want it.", ""}}},
	{"Brindlewharf Recovery", "Recovery from drugs and alcohol, led by those who have done it.", "Brindlewharf Rooms", "18 Quayhopper Street", "Kirkdale", []offer{
		{"recovery", "Brindlewharf open meeting", "A circle of chairs, and no need to say your name.", "MO,TH 18:30-20:00"},
		{"drinking", "First steps with drink", "A straight talk about drink, with a nurse in the room.", ""}}},
	{"Quillbrook Learning", "Adult learning in small classes.", "Quillbrook School House", "7 Quillbrook Lane", "Orrell Park", []offer{
		{"english", "English for beginners", "First words, forms, the doctor's and the bus.", "TU,TH 09:45-11:45"},
		{"numbers", "Numbers for everyday", "Percentages, payslips and helping with homework.", "WE 18:00-20:00"}}},
	{"Wexenby Befrienders", "Volunteers who ring and visit.", "Wexenby Office", "2 Orchardstow Road", "Orrell Park", []offer{
		{"befriend", "Wexenby telephone friends", "A call that comes when it said it would.", ""},
		{"lunch", "Second Wednesday lunch", "A proper dinner in the middle of the day, once a month.", "2WE 12:00-14:00"}}},
	{"Harrowmead Safe Steps", "Support for people harmed at home.", refuge, "7 Larkmead Rise", "City centre", []offer{
		{"domestic abuse", "Safe Steps advocates", "An advocate who goes at your speed and on your side.", ""},
		{"peer group", "After the storm group", "For those who have left, and are finding out what comes next.", "TU 13:00-14:30"}}},
	{"Ormelow Community Kitchen", "Cooks, neighbours and surplus food.", "Ormelow Kitchen", "33 Ormelow Street", "Anfield", []offer{
		{"meal", "Ormelow open kitchen", "Soup first, questions never.", "MO,WE,FR 12:00-14:00"},
		{"parcel", "Anfield food parcels", "Enough for three days, packed by somebody who asks what you like.", "TU,FR 10:00-12:00"}}},
	{"Skelwith Yard Arts", "Studios and courses in a former bottling plant.", "Skelwith Yard", "50 Bottlers Row", "Everton", []offer{
		{"creative", "Print and press", "Eight mornings of lino, ink and a very old press.", "TH 10:00-12:30"},
		{"crafts", "Everton open studio", "A table, a lamp and whatever you want to make.", "SA 11:00-15:00"}}},
	{"Netherbeck Credit Club", "Members saving and lending together.", "Netherbeck Counter", "210 Marlwick Road", "Walton", []offer{
		{"savings", "Saturday savings counter", "Pay in a pound, take out what you need.", "SA 09:30-12:00"},
		{"debt", "Talk before you borrow", "Come here before the doorstep lender does.", "WE 10:00-13:00"}}},
	{"Amberfold Counselling", "Qualified counsellors, and trainees under supervision.", "Amberfold House", "19 Amberfold Road", "Aintree", []offer{
		{"counselling", "Amberfold low-cost sessions", "Evening and Saturday hours for people who work.", ""},
		{"bereavement", "Amberfold grief group", "Eight weeks with the same few people and two counsellors.", "WE 18:30-20:00"}}},
	{"Rushmoss Sports Trust", "A community sports hall and two pitches.", "Rushmoss Hall", "Rushmoss Fields", "Fazakerley", []offer{
		{"sport", "Walking football", "No running, which is harder than it sounds.", "TU 11:00-12:00; TH 19:00-20:00"},
		{"falls", "Steady and strong", "Get up from the floor with confidence, and stay up.", "MO 14:00-15:00"}}},
	{"Glasswright Legal Clinic", "A free clinic staffed by local solicitors and students.", "Glasswright Chambers", "4 Glasswright Court", "City centre", []offer{
		{"legal", "Glasswright evening clinic", "Employment, family, housing and consumer law, first come first served.", "TU 17:00-19:30"},
		{"hate crime", "Third-party reporting desk", "Tell us, and choose what happens with it.", "TU 15:00-17:00"}}},
	{"Ivelstone Welcome", "Hospitality for people who seek sanctuary.", "Ivelstone House", "76 Ivelstone Terrace", "Everton", []offer{
		{"english", "Conversation table", "Talk about anything, corrected only if you ask.", "MO,FR 13:00-15:00"},
		{"coffee", "Welcome table", "Tea from six countries, and a corner for the children.", "SA 10:30-12:30"}}},
	{"Copperley Heat Fund", "Warm homes and fair bills.", "Copperley Office", "150 Copperley Road", "Norris Green", []offer{
		{"energy", "Bring your bill", "We read the bill so that you can stop dreading it.", "MO,TH 10:00-14:00"},
		{"handyperson", "Draughts and latches", "An hour with a van, a drill and a friendly fitter.", ""}}},
	{"Mossgarth Youth", "Youth work, six nights a week.", "Mossgarth Base", "1 Mossgarth Close", "Norris Green", []offer{
		{"young people", "Mossgarth evenings", "Music room, kitchen, pool table and somebody to moan to.", "MO,TU,WE,TH,FR 18:00-21:00"},
		{"sport", "Young people's boxing fitness", "Pads, skipping and no sparring, with a qualified coach.", "SA 10:00-11:30"}}},
	{"Bellhaven Choir", "A choir for people who were told not to sing.", "Bellhaven Hall", "22 Steeplegate", "Walton", []offer{
		{"singing", "Bellhaven Monday singers", "Pop, folk and rounds, learned by ear.", "MO 19:00-20:30"},
		{"singing", "Singing for breath", "Gentle singing for people with long-term breathing trouble.", "FR 11:00-12:00"}}},
	{"Oakenholt Lunch Club", "Cooks a hot dinner for older neighbours.", "Oakenholt Rooms", "64 Oakenholt Road", "Clubmoor", []offer{
		{"lunch", "Oakenholt Tuesday dinner", "Roast, two veg and a pudding with custard.", "TU 12:00-14:00"},
		{"gentle move", "Chair exercise and a cuppa", "Half an hour of moving, half an hour of not.", "TU 10:45-11:45"}}},
	{"Plumtree Street Mission House", "Open to anybody without a home to go to.", "Plumtree House", "11 Plumtree Street", "City centre", []offer{
		{"day centre", "Plumtree day rooms", "In from the street by eight, breakfast by half past.", "MO,TU,WE,TH,FR 08:00-13:00"},
		{"housing advice", "No first night out", "If you have nowhere to sleep tonight, start here.", "MO,TU,WE,TH,FR 14:00-17:00"}}},
	{"Sandwick Job Shop", "A high-street shop for jobs and courses.", "Sandwick Job Shop", "301 Sandwick Road", "Walton Vale", []offer{
		{"applications", "CV in a morning", "Come with nothing written, go with two pages.", "MO,WE 10:00-12:30"},
		{"job club", "Walton Vale work search", "Computers, coffee and this week's vacancies on the wall.", "TU,FR 10:00-13:00"}}},
	{"Turnstone Gambling Support", "For gamblers and those around them.", "Turnstone Room", "8 Curlew Passage", "City centre", []offer{
		{"gambling", "Turnstone first call", "The first call is the hardest; we keep it short.", ""},
		{"peer group", "Affected others", "For partners, parents and friends of somebody who gambles.", "TH 18:30-20:00"}}},
	{"Greyfriar's Mead Hospice Friends", "Company for the bereaved and the dying.", "The Mead Rooms", "95 Meadlow Lane", "Fazakerley", []offer{
		{"bereavement", "Mead walking and grieving", "It is easier to talk side by side than face to face.", "SU 14:00-15:30"},
		{"befriend", "Mead companions", "A visitor for people who are very ill, and a break for who looks after them.", ""}}},
	{"Wrenfield Tenants", "Tenants who know their landlord.", "Wrenfield Flat", "1 Wrenfield Court", "Norris Green", []offer{
		{"housing advice", "Repairs and damp clinic", "Photographs, dates, letters: we build the case with you.", "TH 10:00-12:00"},
		{"energy", "Warm flat visits", "Somebody comes to you, with a thermometer and a form.", ""}}},
	{"Kittiwake Community Boats", "Gets landlocked people on the water.", "Kittiwake Boathouse", "Lock 3, Towpath", "Kirkdale", []offer{
		{"volunteering", "Boat crew", "Learn to steer, to steward and to make tea on a slope.", "WE 10:00-15:00"},
		{"men", "Painting the boats", "Scrape, prime, paint, and put the world to rights.", "FR 10:00-13:00"}}},
	{"Hollinrake Library Friends", "Keeps a reading room open for everybody.", "Hollinrake Reading Room", "46 Hollinrake Street", "County Road", []offer{
		{"numbers", "Count me in", "Maths for people who left school with a knot in the stomach.", "MO 10:00-12:00"},
		{"coffee", "Books and a brew", "One story read aloud, and an hour to talk of it or not.", "TH 14:00-15:30"}}},
	{"Stonechat Women's Centre", "A centre run by women, for women.", "Stonechat House", "29 Stonechat Way", "Anfield", []offer{
		{"domestic abuse", "Stonechat drop-in advocate", "Come to the craft group; ask for the advocate by her first name.", "WE 10:00-14:00"},
		{"calm", "Stonechat slow mornings", "Stretch, breathe, and nobody needs you until noon.", "FR 10:00-11:30"}}},
	{"Ashenby Mobility", "Getting about after illness or injury.", "Ashenby Studio", "13 Ashenby Road", "Aintree", []offer{
		{"gentle move", "Tai chi by the window", "Slow shapes, warm hands.", "WE 11:00-12:00"},
		{"falls", "Balance for life", "A physiotherapist, two bars and a lot of laughing.", "TU,FR 13:30-14:30"}}},
	{"Lowther Mill Makers", "A makers' space for repair and invention.", "Lowther Mill", "Floor 2, Lowther Mill", "Kirkdale", []offer{
		{"devices", "Mended laptops scheme", "We mend what offices throw out, and give it to who needs it.", "SA 10:00-13:00"},
		{"own business", "Market stall starter", "Three evenings, then a real stall for a month.", "TU 18:00-20:00"}}},
	{"Cloverfen Parents", "Parents of disabled children, helping each other.", "Cloverfen Room", "55 Cloverfen Drive", "Fazakerley", []offer{
		{"carers", "Cloverfen parents' night", "Forms, schools, sleep: somebody here has been through it.", "2TU 19:00-21:00"},
		{"play", "Cloverfen sensory play", "Lights low, bubbles high, siblings welcome.", "SA 10:00-12:00"}}},
	{"Burnsall Road Bakers", "A training bakery.", "Burnsall Bakery", "83 Burnsall Road", "Clubmoor", []offer{
		{"cooking", "Bread on Mondays", "Hands in dough, phone in a drawer.", "MO 13:00-15:30"},
		{"job coaching", "Bakery work placements", "Twelve weeks at the ovens, paid by the hour, with a coach.", ""}}},
	{"Rivelin Quiet Room", "A place to come down in, open late.", "Rivelin Room", "6 Rivelin Street", "Walton", []offer{
		{"crisis café", "Rivelin evening room", "Open when everything else has closed.", "MO,TU,WE,TH,FR,SA,SU 18:00-23:00"},
		{"calm", "Sleep better course", "Six weeks on what keeps you awake, and what to do at three in the morning.", "WE 17:00-18:30"}}},
	{"Pettlewood Money Matters", "Advisers who visit schools, surgeries and kitchens.", "Pettlewood Office", "17 Pettlewood Parade", "Orrell Park", []offer{
		{"benefits", "Universal Credit helpdesk", "Journals, evidence, sanctions: we sit beside you at the screen.", "MO,WE 13:00-16:00"},
		{"debt", "Bailiff and court letters", "Same-day help with anything that has a date on it.", "TU,TH 09:00-12:00"}}},
	{"Tarn Howe Buddies", "People with learning disabilities and their friends.", "Tarn Howe Club", "38 Tarn Howe Road", "Walton Vale", []offer{
		{"sport", "Inclusive bowling", "Ramps, bumpers and a league table that nobody remembers.", "FR 13:00-15:00"},
		{"job club", "My job, my way", "Easy read adverts, mock interviews and real visits to employers.", "WE 10:00-12:30"}}},
	{"Silverdrift Over Sixties", "Older people who run their own club.", "Silverdrift Hall", "71 Silverdrift Lane", "Aintree", []offer{
		{"gentle move", "Tea dance", "Waltz, quickstep or sit and tap.", "TH 14:00-16:00"},
		{"online", "Silver screens", "Taught by people who learned last year.", "TU 10:00-12:00"}}},
	{"Nightjar Outreach", "Out on the streets four nights a week.", "Nightjar Base", "20 Ferrymans Walk", "City centre", []offer{
		{"day centre", "Nightjar breakfast bus", "Hot food, dry socks and a worker who remembers you.", "TU,TH,SA,SU 06:30-09:00"},
		{"drinking", "Nurse on the bus", "Wounds, scripts and a way into treatment.", "TH 07:00-09:00"}}},
	{"Foxholme Volunteer Bureau", "Finds people for causes and causes for people.", "Foxholme Corner", "2 Foxholme Corner", "Walton", []offer{
		{"volunteering", "Find your volunteering role", "An hour with a map of what needs doing in Walton.", "MO,WE 10:00-15:00"},
		{"applications", "From volunteering to a reference", "Turn what you do for nothing into a job application.", "FR 10:00-12:00"}}},
	{"Eastmoor Park Allotments", "Plots, polytunnels and a wood-fired oven.", "Eastmoor Plots", "Eastmoor Park", "Clubmoor", []offer{
		{"gardening", "Digging for company", "Sunday mornings, rain or shine, with bacon sandwiches.", "SU 10:00-12:30"},
		{"meal", "Oven day", "Once a month we light the oven and everybody brings a topping.", "-1SA 12:00-15:00"}}},
	{"Carrick Lane Clothing Bank", "Clothes, bedding and baby things.", "Carrick Lane Store", "104 Carrick Lane", "Everton", []offer{
		{"parcel", "Everton essentials store", "Food, toiletries, school shoes: you choose from the rail and the shelf.", "MO,TH 11:00-14:00"},
		{"tenancy", "Home starter packs", "Pans, bedding, a kettle, and help to carry them up.", ""}}},
	{"Meridew Dementia Friends", "Company for people with dementia and those who love them.", "Meridew Lounge", "31 Meridew Street", "Walton Vale", []offer{
		{"singing", "Songs that stay", "The words come back before the names do.", "WE 14:00-15:30"},
		{"carers", "Meridew carers' circle", "While the singing goes on next door, this room is for you.", "WE 14:00-15:30"}}},
	{"Bracklow Boxing Club", "A gym that takes anybody who turns up.", "Bracklow Gym", "15 Bracklow Street", "Everton", []offer{
		{"men", "Gloves off", "Train for an hour, talk for another.", "WE 20:00-21:30"},
		{"young people", "Bracklow juniors", "Homework first, then bags.", "TU,TH 16:30-18:30"}}},
	{"Linden Gate Neighbours", "A street that became a charity.", "The Linden Gate", "9 Lindengate Grove", "Anfield", []offer{
		{"coffee", "Front room Fridays", "Somebody's front room, a different one each month.", "FR 10:30-12:00"},
		{"handyperson", "Neighbour with a toolbox", "Small jobs done by somebody who lives round the corner.", ""}}},
	{"Castlewick Credit and Savings", "A savings club for tenants.", "Castlewick Desk", "120 Castlewick Road", "Norris Green", []offer{
		{"savings", "Christmas club and rainy day", "Put by a little, all year, where you cannot spend it.", "TH 09:30-12:30"},
		{"pantry", "Castlewick community shop", "A shop on the ground floor, run by who lives above it.", "WE 10:00-14:00"}}},
	{"Orford Quay Enterprise", "Desks, advice and small grants for people who start something.", "Orford Quay", "Unit 12, Orford Quay", "City centre", []offer{
		{"own business", "Orford start-up hour", "Bring the idea; we bring the awkward questions.", "WE 13:00-16:00"},
		{"online", "Sell it online", "Photographs, prices, postage and payments, in four lessons.", "MO 18:00-19:30"}}},
	{"Tidewell Mindful Movement", "Breathing, stretching and stillness.", "Tidewell Loft", "3 Tidewell Street", "County Road", []offer{
		{"calm", "Breath and body", "An hour for people who cannot sit still, taught by one.", "TU 17:30-18:30"},
		{"creative", "Drawing what you see", "Pencil, paper, one object, and quiet.", "SA 10:00-12:00"}}},
	{"Hartsgill Law Project", "A small law centre for north Liverpool.", "Hartsgill House", "58 Hartsgill Street", "Kirkdale", []offer{
		{"legal", "Housing duty solicitor", "For eviction papers and hearings this week.", "MO,TH 09:00-11:00"},
		{"legal", "Family law half-hour", "Children, separation and orders that protect you.", "WE 14:00-17:00"}}},
	{"Juniper Row Recovery Café", "A dry bar and café run by people in recovery.", "Juniper Row Café", "44 Juniper Row", "Anfield", []offer{
		{"recovery", "Juniper breakfast club", "Start the day with people who did not drink last night.", "MO,TU,WE,TH,FR 08:30-10:30"},
		{"recovery", "Saturday night in", "Music, food and a good night that you will remember.", "SA 19:00-22:30"}}},
	{"Whinsedge Family Project", "Works with whole families, in English and a dozen other languages.", "Whinsedge Rooms", "67 Whinsedge Road", "Clubmoor", []offer{
		{"family help", "Whinsedge family worker", "School, sleep, money, tempers: you say where to begin.", ""},
		{"english", "English for parents", "At the school gate, with a crèche next door.", "MO,WE 09:15-11:15"}}},
	{"Seaholme Listening Post", "Listeners in ordinary places.", "Seaholme Shopfront", "245 Marlwick Road", "Walton", []offer{
		{"crisis café", "Seaholme Sunday sanctuary", "The longest day of the week, made shorter.", "SU 12:00-18:00"},
		{"hate crime", "Safe place to tell", "A shop with a sofa, and people trained to take it down.", "MO,WE,FR 11:00-15:00"}}},
	{"Ravensbeck Circus", "Community circus and theatre.", "Ravensbeck Barn", "The Old Tramshed, Carline Street", "Walton Vale", []offer{
		{"young people", "Ravensbeck youth theatre", "On stage, back stage or up the lighting ladder.", "FR 17:00-19:00"},
		{"creative", "Clowning for grown-ups", "Fall over on purpose, for a change.", "MO 18:30-20:30"}}},
	{"Dovecot Lane Safe Homes", "Makes homes hard to break into and safe to be in.", "Dovecot Lane Yard", "8 Dovecote Mews", "Norris Green", []offer{
		{"handyperson", "Locks and lights", "New locks after a break-in or a break-up, usually the same day.", ""},
		{"gambling", "Block and tackle", "We sit with you while you block every site and card.", "WE 17:00-19:00"}}},
	{"Aldermere Lunch and Learn", "Courses with dinner in the middle.", "Aldermere Rooms", "36 Aldermere Road", "Fazakerley", []offer{
		{"applications", "Interview practice", "Two friendly strangers, ten questions, honest feedback.", "TH 13:00-15:00"},
		{"lunch", "Aldermere Thursday table", "Soup, a main and a talk by somebody local.", "TH 12:00-13:00"}}},
}

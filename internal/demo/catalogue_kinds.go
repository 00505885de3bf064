package demo

const (
	dropIn   = "Just come along. You do not need an appointment."
	ringUs   = "Ring or e-mail us, or ask somebody at the hub to do it with you. We answer within two working days."
	referred = "You can refer yourself, or somebody who knows you can refer you with your agreement."
	book     = "Please book: ring, e-mail, or ask at reception. You can bring somebody with you."
)

// kinds are the sorts of service that the demo's partners offer.
var kinds = map[string]kind{
	// Work and volunteering.
	"job club":     {needs: []string{"employment", "digital"}, about: "There are computers, a printer and people who know the local employers. Come once, or every week until you start work.", apply: dropIn, least: 16},
	"applications": {needs: []string{"employment", "learning"}, about: "We help you to put what you have done into words, gaps included. You leave with something that you can send.", apply: book, least: 16},
	"volunteering": {needs: []string{"employment", "isolation"}, about: "We look for a role that suits your time and your health, and stay in touch while you settle in. Travel costs are paid.", apply: ringUs, least: 16},
	"own business": {needs: []string{"employment", "money"}, about: "Test an idea before you give up anything for it. We go through costs, tax and what happens to benefits.", eligibility: "For people who live in the Liverpool City Region and work for themselves, or think of it.", apply: book, least: 18},
	"job coaching": {needs: []string{"employment", "mental-wellbeing"}, about: "One coach stays with you before and after you start. We can speak with the employer about adjustments, if you want us to.", eligibility: "For people whose mental or physical health makes work harder.", apply: referred, least: 18},

	// Housing.
	"housing advice": {needs: []string{"housing"}, about: "We deal with notices, rent arrears, disrepair and homelessness applications. Bring any letters that you have had; if you cannot face opening them, we will.", eligibility: "For tenants, lodgers and home owners, and people with nowhere to live.", apply: dropIn, least: 16},
	"tenancy":        {needs: []string{"housing", "money"}, about: "A support worker visits you for up to a year: setting up bills, furniture, neighbours, repairs. You agree together what comes first.", eligibility: "For people in a new tenancy, or at risk of losing one.", apply: referred, least: 18},
	"day centre":     {needs: []string{"housing", "food"}, about: "Showers, a laundry, a hot drink and an address for your post. A nurse and a housing officer call every week.", eligibility: "For people who sleep rough, sofa-surf or live in a hostel.", apply: dropIn, least: 18},
	"handyperson":    {needs: []string{"housing", "safety"}, about: "Grab rails, key safes, locks, light bulbs and smoke alarms. You pay for parts only, and are told the price first.", eligibility: "For people over 60, and disabled people of any age.", apply: ringUs, least: 18},

	// Money and debt.
	"debt":     {needs: []string{"money"}, about: "An adviser lists what you owe, deals with the most urgent first and speaks to the people you owe money to. Nothing that you say shocks us.", apply: book, least: 18},
	"benefits": {needs: []string{"money"}, about: "We check what you can claim, fill in the forms with you and help with appeals. Bring your National Insurance number if you know it.", apply: dropIn, least: 16},
	"energy":   {needs: []string{"money", "housing"}, about: "We look at tariffs, meters, draughts and grants, and can ask for a fuel voucher the same day.", apply: ringUs, least: 18},
	"savings":  {needs: []string{"money"}, about: "Save a pound or two a week and borrow at a fair rate. There are no questions about why.", eligibility: "For people who live or work in the area.", apply: dropIn, least: 16},
	"legal":    {needs: []string{"money", "housing", "safety"}, about: "Half an hour with a solicitor who gives the time free. You are told where you stand and what to do next; we keep what you say to ourselves.", apply: book, least: 18},

	// Mental wellbeing.
	"counselling": {needs: []string{"mental-wellbeing"}, about: "You see the same qualified counsellor for up to twelve weeks. We meet you first to find out whether this is what you want.", apply: referred, least: 18},
	"peer group":  {needs: []string{"mental-wellbeing", "isolation"}, about: "Run by people who have been there. You can talk, or just listen. What is said in the room stays there.", apply: dropIn, least: 18},
	"men":         {needs: []string{"mental-wellbeing", "isolation"}, about: "No forms, and nobody asks you to share. Talk comes easier with something in your hands.", eligibility: "For men, and anybody who feels at home among men.", apply: dropIn, least: 18},
	"bereavement": {needs: []string{"mental-wellbeing", "isolation"}, about: "However long ago it was, and whoever it was. A trained volunteer welcomes you at the door.", apply: ringUs, least: 18},
	"calm":        {needs: []string{"mental-wellbeing", "learning"}, about: "Learn breathing and relaxation that work on a bad day. Mats and chairs are here; wear what you like.", apply: book, least: 16},
	"crisis café": {needs: []string{"mental-wellbeing", "safety"}, about: "A calm room, a hot drink and somebody to talk to, in place of A&E. If you are in danger now, ring 999.", eligibility: "For people in distress, and those who are with them.", apply: dropIn, least: 18},

	// Physical wellbeing.
	"walk":        {needs: []string{"physical-wellbeing", "isolation"}, about: "The leader goes at the pace of the slowest, and there is tea at the end. Dogs on leads may come.", apply: dropIn, least: 16},
	"gentle move": {needs: []string{"physical-wellbeing"}, about: "Do what you can, standing or sitting. The instructor is trained to work with long-term conditions.", apply: dropIn, least: 50, price: 2, priceFor: "a session"},
	"sport":       {needs: []string{"physical-wellbeing", "isolation"}, about: "For fun, not for the league. Kit can be borrowed, and beginners are the reason that we are here.", apply: dropIn, least: 16, price: 1.5, priceFor: "a session"},
	"falls":       {needs: []string{"physical-wellbeing", "safety"}, about: "Twelve weeks of strength and balance, with a check at home for what might trip you.", eligibility: "For people who have fallen, or fear that they will.", apply: referred, least: 60},
	"cooking":     {needs: []string{"physical-wellbeing", "food", "learning"}, about: "Cheap food that tastes of something, on one ring if need be. You take home what you cook, and the recipe.", apply: book, least: 16},

	// Feeling alone.
	"coffee":    {needs: []string{"isolation"}, about: "Somebody at the door looks out for new faces. Stay for five minutes or the whole morning.", apply: dropIn, least: 18},
	"befriend":  {needs: []string{"isolation"}, about: "A checked volunteer rings or visits you at the same time each week. We take care to find somebody you will get on with.", eligibility: "For people who see few others from one week to the next.", apply: referred, least: 55},
	"lunch":     {needs: []string{"isolation", "food"}, about: "Two courses and a pot of tea at a long table. The minibus can fetch you if steps or buses are hard.", apply: ringUs, least: 55, price: 4, priceFor: "for two courses"},
	"crafts":    {needs: []string{"isolation", "mental-wellbeing", "learning"}, about: "Bring your own or use ours. There is always somebody who can show you how, and nobody who marks it.", apply: dropIn, least: 16},
	"gardening": {needs: []string{"isolation", "physical-wellbeing"}, about: "Jobs for every back and knee, raised beds among them. What we grow is shared out on the day.", apply: dropIn, least: 16},
	"singing":   {needs: []string{"isolation", "mental-wellbeing"}, about: "You need not read music, or think that you can sing. There is a concert twice a year for those who want it.", apply: dropIn, least: 16},

	// Family and caring.
	"play":         {needs: []string{"family", "isolation"}, about: "Toys, songs and a snack for the children, a hot drink and company for you. A health visitor looks in once a month.", eligibility: "For parents, grandparents and carers with children under five.", apply: dropIn},
	"carers":       {needs: []string{"family", "isolation"}, about: "Advice on breaks, money and your rights, and people who know what it is like. You need not think of yourself as a carer.", eligibility: "For anybody who looks after somebody, paid for it or not at all.", apply: dropIn, least: 18},
	"family help":  {needs: []string{"family", "mental-wellbeing"}, about: "A family worker comes to your home for up to six months, and works on what you choose. We are not social services.", eligibility: "For families with a child under eighteen.", apply: referred},
	"young people": {needs: []string{"family", "mental-wellbeing", "learning"}, about: "Youth workers are about all evening, with time to talk. Food is included.", eligibility: "For young people from 11 to 18.", apply: dropIn, least: 11, most: 18},

	// Learning and skills.
	"english":  {needs: []string{"learning", "employment"}, about: "Small classes for beginners and improvers. A crèche place can be booked with yours.", eligibility: "For people whose first language is not English.", apply: book, least: 19},
	"numbers":  {needs: []string{"learning", "employment", "money"}, about: "Start where you are; nobody sits in rows. There is a certificate at the end for those who want one.", apply: book, least: 19},
	"creative": {needs: []string{"learning", "mental-wellbeing"}, about: "An eight-week course with a working artist. All materials are here, and no experience is needed.", apply: book, least: 18, price: 10, priceFor: "for the course"},

	// Getting online.
	"online":  {needs: []string{"digital", "learning"}, about: "One to one, at your speed: e-mail, video calls, the NHS App, staying safe from fraud. Bring your own device or use ours.", apply: dropIn, least: 16},
	"devices": {needs: []string{"digital", "money"}, about: "Borrow a tablet or laptop with data on it for up to six months, with two lessons to begin with.", eligibility: "For people without a device or a connection at home.", apply: ringUs, least: 18},

	// Food and essentials.
	"pantry": {needs: []string{"food", "money"}, about: "Choose ten items worth about £20. There is fresh fruit and vegetables each week, and no referral to ask for.", eligibility: "For people who live within two miles.", apply: dropIn, least: 18, price: 3.5, priceFor: "a visit"},
	"parcel": {needs: []string{"food", "money"}, about: "Three days of food for everybody at home, pet food and nappies too. Tell us what you cannot eat or cook.", apply: "Ask at the hub, your GP or school for a voucher, or ring us if that is hard.", least: 16},
	"meal":   {needs: []string{"food", "isolation"}, about: "A hot meal cooked by neighbours. Halal and vegetarian dishes every time; eat in or take away.", apply: dropIn},

	// Drugs, alcohol and gambling.
	"recovery": {needs: []string{"substance-use", "mental-wellbeing"}, about: "Run by people in recovery. Come as you are, whether you have stopped, are cutting down or are only thinking of it.", apply: dropIn, least: 18},
	"drinking": {needs: []string{"substance-use", "physical-wellbeing"}, about: "A nurse and a key worker see you within a week, and plan with you how to cut down safely. Do not stop all at once without talking to us.", apply: referred, least: 18},
	"gambling": {needs: []string{"substance-use", "money"}, about: "Help to stop, to block sites and cards, and to face what is owed. Partners and parents can come on their own.", apply: ringUs, least: 16},

	// Feeling safe.
	"domestic abuse": {needs: []string{"safety", "housing", "family"}, about: "Talk to somebody who believes you. We plan for your safety, whether you stay or leave, and never contact you in a way that you have not agreed.", eligibility: "For anybody harmed or controlled by a partner or relative.", apply: "Ring, or tell any member of staff that you would like to speak to somebody in private.", least: 16},
	"hate crime":     {needs: []string{"safety"}, about: "Report what happened without going to the police station, or only talk it through. We can go with you to what comes next.", eligibility: "For anybody targeted for who they are.", apply: dropIn, least: 13},
}

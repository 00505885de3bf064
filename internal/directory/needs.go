package directory

import (
	"slices"
	"strings"
	"unicode"

	"liferooms.io/liferooms/internal/openreferral"
)

// Terms of a feed's taxonomy mean needs of the hub: by a code or a name that is a need's own code, else by the words below,
// which are those of the needs and circumstances lists of the Local Government Association (https://standards.esd.org.uk)
// and of Open Eligibility (https://openeligibility.org) that social prescribing uses. Each word means the first of its codes
// that the hub has. A term that means no need is kept without one; somebody can choose one, which imports then keep.

// vocabulary gives for each need the words, in any of their forms of case and punctuation, by which feeds call it.
var vocabulary = []struct{ codes, words []string }{
	{[]string{"employment", "work"}, []string{
		"work", "jobs", "job search", "help find work", "unemployment", "unemployed", "careers", "career advice", "skills and employment", "job training",
		"looking for work", "employment support", "training and employment", "work and training", "vocational training",
	}},
	{[]string{"housing"}, []string{
		"homelessness", "homeless", "accommodation", "housing advice", "help find housing", "home", "tenancy", "temporary shelter", "maintenance and repairs",
		"housing and homelessness", "homes and housing", "rough sleeping", "residential housing", "short term housing",
	}},
	{[]string{"money", "finance", "money-and-debt", "debt"}, []string{
		"debt", "debts", "benefits", "finance", "finances", "financial", "financial assistance", "financial education", "money advice", "money management", "poverty",
		"low income", "benefits advice", "welfare benefits", "welfare rights", "debt advice", "budgeting", "fuel poverty", "cost of living", "government benefits",
	}},
	{[]string{"food", "money"}, []string{"food", "food bank", "food banks", "food pantry", "emergency food", "meals", "food poverty", "help pay for food"}},
	{[]string{"physical-wellbeing", "physical-health", "physical"}, []string{
		"physical health", "physical activity", "exercise", "fitness", "sport", "sports", "healthy eating", "nutrition", "walking", "weight management", "being active",
		"exercise and fitness", "keeping active", "health and fitness", "long term conditions", "disability and physical health", "stop smoking", "smoking cessation",
	}},
	{[]string{"mental-wellbeing", "mental-health", "mental"}, []string{
		"mental health", "counselling", "anxiety", "depression", "stress", "emotional support", "emotional wellbeing", "wellbeing", "mental health care", "talking therapies",
		"bereavement", "bereavement support", "grief", "peer support", "support groups", "self harm", "low mood",
	}},
	{[]string{"isolation", "social-isolation", "loneliness"}, []string{
		"loneliness", "lonely", "social isolation", "befriending", "companionship", "social groups", "social activities", "meeting people", "making friends",
		"isolated", "community groups", "virtual support", "clubs and groups",
	}},
	{[]string{"family", "family-and-carers", "parenting"}, []string{
		"family", "families", "parenting", "parents", "family support", "childcare", "child care", "parenting education", "children and families", "relationships",
	}},
	{[]string{"caring", "carers", "family-and-carers", "family"}, []string{"carers", "carer support", "caring", "caring for others", "unpaid carers", "young carers", "respite care", "caregivers"}},
	{[]string{"learning", "education"}, []string{
		"education", "learning", "adult education", "courses", "literacy", "numeracy", "esol", "english lessons", "basic skills", "training", "skills", "skills and training",
		"recovery college", "computer classes", "foreign languages",
	}},
	{[]string{"digital", "digital-skills", "learning", "education"}, []string{"digital inclusion", "digital exclusion", "digital skills", "it skills", "computer skills", "getting online"}},
	{[]string{"legal", "legal-advice", "advice"}, []string{"legal", "legal advice", "advocacy", "advocacy and legal aid", "immigration", "citizenship and immigration", "rights", "discrimination"}},
	{[]string{"substance-use", "addiction", "alcohol-and-drugs"}, []string{
		"alcohol", "drugs", "addiction", "addiction and recovery", "substance misuse", "substance abuse", "alcohol and drugs", "drugs and alcohol", "gambling", "sober living",
	}},
	{[]string{"volunteering"}, []string{"volunteer", "volunteers", "volunteering opportunities"}},
	{[]string{"arts", "creativity", "arts-and-culture", "isolation"}, []string{"arts", "art", "arts and crafts", "crafts", "creative", "creativity", "music", "singing", "culture", "arts and culture"}},
	{[]string{"transport"}, []string{"transport", "transportation", "travel", "community transport", "getting around"}},
	{[]string{"safety", "domestic-abuse"}, []string{"domestic abuse", "domestic violence", "abuse", "safety", "personal safety", "crime", "victims of crime", "safe housing"}},
}

var codesOf = func() map[string][]string {
	all := map[string][]string{}
	for _, entry := range vocabulary {
		for _, word := range entry.words {
			all[asCode(word)] = append(all[asCode(word)], entry.codes...)
		}
		for _, code := range entry.codes {
			all[code] = append(all[code], entry.codes...)
		}
	}
	return all
}()

// needCodes are the codes of needs that a term may mean, the likeliest first.
func needCodes(t openreferral.TaxonomyTerm) []string {
	codes := []string{}
	for _, word := range []string{t.Code, t.Name} {
		code := asCode(word)
		for _, c := range append([]string{code}, codesOf[code]...) {
			if c != "" && !slices.Contains(codes, c) {
				codes = append(codes, c)
			}
		}
	}
	return codes
}

// asCode writes words as a code: "Money & debt" is "money-and-debt".
func asCode(words string) string {
	words = strings.ReplaceAll(strings.ToLower(words), "&", " and ")
	return strings.Join(strings.FieldsFunc(words, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), "-")
}

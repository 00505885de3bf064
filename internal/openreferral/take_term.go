package openreferral

func (t taker) term() (TaxonomyTerm, bool) {
	term := TaxonomyTerm{
		ID:          t.id("id"),
		Code:        t.line("code", MaxName),
		Name:        t.line("name", MaxName),
		Description: t.text("description", MaxText),
		ParentID:    t.id("parent_id"),
		Taxonomy:    t.line("taxonomy", MaxName),
		TaxonomyID:  t.id("taxonomy_id"),
		Language:    t.line("language", 35),
		URI:         t.url("term_uri"),
	}
	if term.Name == "" {
		term.Name = t.line("term", MaxName) // the name in Open Referral UK
	}
	term.Description = unlessRepeated(term.Description, term.Name)
	if detail, ok := t.one("taxonomy_detail"); ok {
		if term.TaxonomyID == "" {
			term.TaxonomyID = detail.id("id")
		}
		if term.Taxonomy == "" {
			term.Taxonomy = detail.line("name", MaxName)
		}
	}
	if term.ID == "" {
		term.ID = derivedID(term.Taxonomy, term.Code, term.Name)
	}
	if term.Name == "" {
		t.note("name", "left out: the term has no name")
	}
	return term, term.Name != ""
}

package openreferral

import (
	"fmt"
	"slices"
	"strings"
)

// maxTables bounds a tabular package, in bytes: its tables refer to one another, so it is held as a whole.
const maxTables = 16 << 20

// parents are the references by which a row of a tabular package hangs on another, the closest first: a phone
// that names its contact, its place and its service is the contact's.
var parents = []struct{ key, table string }{
	{"contact_id", "contacts"},
	{"service_at_location_id", "service_at_location"},
	{"location_id", "locations"},
	{"service_id", "services"},
	{"organization_id", "organizations"},
}

// childLists are the tables whose rows hang on others, by the name of the list in the full record, and on which tables'
// records such a list is read. An area of one of a service's places is one of the service.
var childLists = []struct{ table, list, on string }{
	{"phones", "phones", "contacts service_at_location locations services organizations"},
	{"contacts", "contacts", "service_at_location locations services organizations"},
	{"schedules", "schedules", "service_at_location locations services"},
	{"addresses", "addresses", "locations"}, {"accessibility", "accessibility", "locations"}, {"languages", "languages", "locations services"},
	{"cost_options", "cost_options", "services"}, {"service_areas", "service_areas", "services"}, {"service_capacity", "capacities", "services"},
	{"required_documents", "required_documents", "services"}, {"funding", "funding", "services"}, {"organization_identifiers", "organization_identifiers", "organizations"},
}

// takeTables joins the tables of an HSDS tabular package, written as one JSON object, into full records: the
// taxonomies, then the organisations, then the services with their places. Places that no service has come last.
func takeTables(held object) []Row {
	tables, byID := indexTables(held)
	for _, fields := range tables["service_capacity"] {
		if unit := byID["units"][textOf(fields["unit_id"])]; unit != nil {
			fields["unit"] = unit
		}
	}
	for _, child := range childLists {
		for _, fields := range tables[child.table] {
			for _, parent := range parents {
				if owner := byID[parent.table][textOf(fields[parent.key])]; owner != nil && slices.Contains(strings.Fields(child.on), parent.table) {
					owner[child.list] = append(listOf(owner[child.list]), fields)
					break
				}
			}
		}
	}
	joinTerms(tables, byID)
	placed := map[string]bool{}
	for _, at := range tables["service_at_location"] {
		service, location := byID["services"][textOf(at["service_id"])], byID["locations"][textOf(at["location_id"])]
		if service == nil || location == nil {
			continue
		}
		at["location"] = location
		placed[textOf(location["id"])] = true
		service["service_at_locations"] = append(listOf(service["service_at_locations"]), at)
	}
	var rows []Row
	for _, fields := range tables["taxonomies"] {
		rows = append(rows, takeTaxonomy(fields))
	}
	for _, fields := range tables["taxonomy_terms"] {
		rows = append(rows, takeTerm(fields))
	}
	for _, fields := range tables["organizations"] {
		rows = append(rows, takeOrganisationRows(fields)...)
	}
	for _, fields := range tables["services"] {
		if organisation := byID["organizations"][textOf(fields["organization_id"])]; organisation != nil {
			fields["organization"] = organisation
		}
		row := takeService(fields)
		row.Partial = false
		rows = append(rows, row)
	}
	for _, fields := range tables["locations"] {
		if !placed[textOf(fields["id"])] {
			rows = append(rows, takeLocation(fields))
		}
	}
	return rows
}

// otherNames are what some packages call a table.
var otherNames = map[string]string{"service_at_locations": "service_at_location", "service_capacities": "service_capacity", "capacities": "service_capacity"}

func indexTables(held object) (map[string][]object, map[string]map[string]object) {
	tables, byID := map[string][]object{}, map[string]map[string]object{}
	for key, value := range held {
		name, ok := strings.CutSuffix(key, ".csv")
		if !ok {
			continue
		}
		if one, ok := otherNames[name]; ok {
			name = one
		}
		byID[name] = map[string]object{}
		for _, entry := range listOf(value) {
			if fields, ok := entry.(object); ok {
				tables[name] = append(tables[name], fields)
				byID[name][textOf(fields["id"])] = fields
			}
		}
		delete(byID[name], "")
	}
	return tables, byID
}

// joinTerms puts taxonomy terms on the services that attributes link them to.
func joinTerms(tables map[string][]object, byID map[string]map[string]object) {
	for _, attribute := range tables["attributes"] {
		service, term := byID["services"][textOf(attribute["link_id"])], byID["taxonomy_terms"][textOf(attribute["taxonomy_term_id"])]
		if service == nil || term == nil {
			continue
		}
		attribute["taxonomy_term"] = term
		service["attributes"] = append(listOf(service["attributes"]), attribute)
	}
}

func textOf(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

func listOf(value any) []any {
	list, _ := value.([]any)
	return list
}

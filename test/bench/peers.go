package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/internal/store"
)

//go:embed peers/functions.sql
var peerFunctions string

// startPeer starts PostGraphile over the region, as the app's own role and with as many connections as the API has.
func startPeer(ctx context.Context, dir string, d *database, i *issuer) (*yardstick, error) {
	if _, err := d.admin.Exec(ctx, peerFunctions); err != nil {
		return nil, fmt.Errorf("make PostGraphile's functions: %w", err)
	}
	at, err := pgx.ParseConfig(d.server.URL(store.ServerRole, d.name))
	if err != nil {
		return nil, err
	}
	config := d.told(i)
	config["Host"], config["Port"], config["User"], config["Database"] = at.Host, at.Port, at.User, at.Database
	cmd := exec.Command("node", "server.mjs")
	cmd.Dir = filepath.Join("test", "bench", "peers")
	cmd.Env = append(cmd.Environ(), "NODE_ENV=production", "GRAPHILE_ENV=production")
	return startYardstick(cmd, filepath.Join(dir, "postgraphile.log"), config)
}

// peer is how an operation is asked of PostGraphile. What the API calls id, PostGraphile calls rowId.
type peer struct {
	document  string
	variables func(b []byte, r request) []byte
	rows      func(data []byte) ([]string, error)
}

func peers(r region, day time.Time) map[string]peer {
	return map[string]peer{
		"person": {
			document: `query Person($hub: UUID!, $id: UUID!) { personByHubIdAndRowId(hubId: $hub, rowId: $id) {
				id: rowId memberNumber givenName familyName preferredName pronouns dateOfBirth phone safeContact
				accessNeedsByHubIdAndPersonId { nodes { id: rowId code note } }
				visitsByHubIdAndPersonId(first: 10, orderBy: [ARRIVED_AT_DESC, ROW_ID_DESC]) {
					nodes { id: rowId state arrivedAt leftAt needByHubIdAndNeedId { id: rowId name }
						conversationsByHubIdAndVisitId { nodes { id: rowId startedAt conversationNeedsByHubIdAndConversationId { nodes { needByHubIdAndNeedId { id: rowId name } } } } } }
					pageInfo { hasNextPage endCursor }
				}
			} }`,
			variables: func(b []byte, q request) []byte {
				return fmt.Appendf(b, `{"hub":"%s","id":"%s"}`, r.hub(q.hub), r.person(q.hub, q.person))
			},
			rows: ids,
		},
		"list": {
			document: `query Today($hub: UUID!, $on: Date!) { allVisits(condition: {hubId: $hub, arrivedOn: $on}, first: 50, orderBy: [ARRIVED_AT_DESC, ROW_ID_DESC]) {
				nodes { id: rowId state arrivedAt personByHubIdAndPersonId { id: rowId givenName familyName preferredName } needByHubIdAndNeedId { id: rowId name } staffUserByTrustIdAndAdvisorId { id: rowId name } }
				pageInfo { hasNextPage endCursor }
			} }`,
			variables: func(b []byte, q request) []byte {
				return fmt.Appendf(b, `{"hub":"%s","on":"%s"}`, r.hub(q.hub), day.Format(time.DateOnly))
			},
			rows: ids,
		},
		"search": {
			document: `query Search($text: String!, $need: String!) { peersFindServices(words: $text, need: $need, first: 10) {
				nodes { id: rowId name description free organisationByHubIdAndOrganisationId { id: rowId name phone }
					schedulesByHubIdAndServiceId { nodes { retiredAt freq interval byDay byMonthDay dtstart until validFrom validTo opensAt closesAt } } }
				pageInfo { hasNextPage endCursor }
			} }`,
			variables: func(b []byte, q request) []byte {
				return fmt.Appendf(b, `{"text":"%s","need":"%s"}`, q.words, needs[q.need].code)
			},
			rows: ids,
		},
		"weeks": {
			document: `query Weeks($from: Date!, $to: Date!) { peersWeeks(since: $from, until: $to) { nodes { week visits needId needName } } }`,
			variables: func(b []byte, _ request) []byte {
				from, end := year(r.last)
				return fmt.Appendf(b, `{"from":"%s","to":"%s"}`, from.Format(time.DateOnly), end.AddDate(0, 0, -1).Format(time.DateOnly))
			},
			rows: peerWeeks,
		},
		"checkin": {
			document: `mutation CheckIn($mutation: String!, $person: UUID!, $need: String!) {
				peersCheckIn(input: {mutation: $mutation, person: $person, need: $need}) { result { id: rowId state arrivedAt } } }`,
			variables: func(b []byte, q request) []byte {
				return fmt.Appendf(b, `{"mutation":"peer-%d","person":"%s","need":"%s"}`, q.mutation, r.person(q.hub, q.person), needs[q.need].code)
			},
			rows: peerCheckedIn,
		},
	}
}

func peerWeeks(data []byte) ([]string, error) {
	var answer struct {
		Data struct {
			PeersWeeks struct {
				Nodes []struct {
					Week     string
					Visits   int
					NeedName string
				}
			}
		}
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return nil, err
	}
	var found []string
	for _, w := range answer.Data.PeersWeeks.Nodes {
		found = append(found, weekRow(w.Week, w.NeedName, w.Visits))
	}
	return found, nil
}

func peerCheckedIn(data []byte) ([]string, error) {
	var answer struct {
		Data struct {
			PeersCheckIn struct{ Result *struct{ State string } }
		}
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return nil, err
	}
	if answer.Data.PeersCheckIn.Result == nil {
		return nil, fmt.Errorf("not checked in: %s", data)
	}
	return []string{answer.Data.PeersCheckIn.Result.State}, nil
}

// askPeers gives each operation its form for PostGraphile.
func askPeers(all []*operation, r region, day time.Time) error {
	forms := peers(r, day)
	for _, o := range all {
		p := forms[o.name]
		document, err := json.Marshal(p.document)
		if err != nil {
			return err
		}
		head := fmt.Appendf(nil, `{"query":%s,"variables":`, document)
		o.peerBody = func(b []byte, q request) []byte {
			return append(p.variables(append(b, head...), q), '}')
		}
		o.peerRows = p.rows
	}
	return nil
}

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// verifications is how many requests of each operation are compared.
const verifications = 40

// verify makes sure that all give the same rows, and that all keep the same record of it.
func (b *bench) verify(ctx context.Context, o *operation) error {
	var servers []*target
	for _, subject := range b.served {
		t := b.target(o, subject)
		defer t.close()
		servers = append(servers, t)
	}
	rng := rand.New(rand.NewPCG(11, 0))
	nothing := 0
	recorded := make([]int, len(servers))
	for range verifications {
		r, err := o.choose(rng)
		if err != nil {
			return err
		}
		var want []string
		if err := o.plain(ctx, b.database.admin, r, func(row string) { want = append(want, row) }); err != nil {
			return fmt.Errorf("%s by plain SQL: %w", o.name, err)
		}
		slices.Sort(want)
		for i, server := range servers {
			if o.again != nil { // the row that was made is in the way of the next
				if r, err = o.choose(rng); err != nil {
					return err
				}
			}
			before, err := b.database.recorded(ctx)
			if err != nil {
				return err
			}
			answer, err := server.ask(r)
			if err != nil {
				return fmt.Errorf("%s: %s: %w", o.name, server.subject, err)
			}
			after, err := b.database.recorded(ctx)
			if err != nil {
				return err
			}
			recorded[i] += after - before
			got, err := server.rows(answer)
			if err != nil {
				return fmt.Errorf("%s: %s: %w", o.name, server.subject, err)
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				return fmt.Errorf("%s: %s and plain SQL give different rows for %+v:\n%s\n%s", o.name, server.subject, r, strings.Join(got, " "), strings.Join(want, " "))
			}
		}
		if len(want) == 0 {
			nothing++
		}
	}
	if nothing > verifications/2 {
		return fmt.Errorf("%s: %d of %d requests find nothing", o.name, nothing, verifications)
	}
	for i, server := range servers {
		if recorded[i] != recorded[0] {
			return fmt.Errorf("%s: %s records %d events for %d requests, and %s %d", o.name, server.subject, recorded[i], verifications, servers[0].subject, recorded[0])
		}
	}
	return nil
}

// recorded is how many events the audit holds.
func (d *database) recorded(ctx context.Context) (n int, err error) {
	if err := d.admin.QueryRow(ctx, "select count(*) from audit_events").Scan(&n); err != nil {
		return 0, fmt.Errorf("count what is recorded: %w", err)
	}
	return n, nil
}

// counts is how many statements one request takes: all, and those that read.
type counts struct{ all, reads float64 }

// setup matches statements that begin or end transactions or set their scope, and reading those that read.
var (
	setup   = regexp.MustCompile(`(?i)^\s*(begin|commit|rollback|start transaction|savepoint|release|;|select\s+set_config)`)
	reading = regexp.MustCompile(`(?i)^\s*(select|with)\b`)
)

// counted is how many requests the statements are counted over, one after the other; for so long before, what is read
// once for each hub or member of staff is read.
const (
	counted  = 50
	settling = 2 * time.Second
)

// statements counts how many statements Postgres runs for one request of the work, without those that begin and end
// transactions or set their scope. Postgres itself tells, in its log.
func (b *bench) statements(ctx context.Context, work worker) (counts, error) {
	settle := func() error {
		_, err := together(ctx, []worker{work}, settling)
		return err
	}
	log, err := b.database.logged(ctx, settle, func() error {
		for range counted {
			if err := work(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return counts{}, err
	}
	var n counts
	lines := append(strings.Split(log, "\n"), "")
	for i, line := range lines[:len(lines)-1] {
		_, statement, ok := strings.Cut(line, "LOG:  ")
		if !ok || !strings.HasPrefix(statement, "execute ") && !strings.HasPrefix(statement, "statement: ") {
			continue
		}
		_, sql, _ := strings.Cut(statement, ": ")
		if strings.TrimSpace(sql) == "" { // it begins with a line break
			sql = lines[i+1]
		}
		if setup.MatchString(sql) {
			continue
		}
		n.all++
		if reading.MatchString(sql) {
			n.reads++
		}
	}
	return counts{n.all / counted, n.reads / counted}, nil
}

// logged gives what Postgres logs of statements while fn runs. Before runs right before it, when all are logged already: what
// servers remember for a second is then still fresh.
func (d *database) logged(ctx context.Context, before, fn func() error) (string, error) {
	var folder string
	if err := d.admin.QueryRow(ctx, "select current_setting('data_directory')").Scan(&folder); err != nil {
		return "", fmt.Errorf("count statements: %w", err)
	}
	path := filepath.Join(filepath.Dir(folder), "postgres.log")
	if err := d.logStatements(ctx, "all"); err != nil {
		return "", err
	}
	if err := before(); err != nil {
		return "", err
	}
	begun, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("count statements: %w", err)
	}
	failed := fn()
	after, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("count statements: %w", err)
	}
	if err := d.logStatements(ctx, "none"); err != nil {
		return "", err
	}
	return string(after[begun.Size():]), failed
}

// logStatements changes a setting of the running server and waits until it is in force.
func (d *database) logStatements(ctx context.Context, which string) error {
	for _, statement := range []string{"alter system set log_parameter_max_length = 0", "alter system set log_statement = '" + which + "'", "select pg_reload_conf()"} {
		if _, err := d.admin.Exec(ctx, statement); err != nil {
			return fmt.Errorf("count statements: %w", err)
		}
	}
	for now := ""; now != which; {
		if err := d.admin.QueryRow(ctx, "select current_setting('log_statement')").Scan(&now); err != nil {
			return fmt.Errorf("count statements: %w", err)
		}
	}
	time.Sleep(100 * time.Millisecond) // the other backends get the same signal; nothing tells when they have read it
	return nil
}

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"liferooms.io/liferooms/internal/store"
)

// bare is the server of test/bench/bare in a process of its own.
type bare struct {
	address string
	cmd     *exec.Cmd
	ended   chan struct{}
}

// startBare starts the server over the region as the app's own role, with as many connections as the API has. It takes the
// tokens that the API takes.
func startBare(ctx context.Context, dir string, d *database, i *issuer) (*bare, error) {
	binary, err := build(ctx, dir, "./test/bench/bare", false)
	if err != nil {
		return nil, err
	}
	staff := map[string]any{}
	for h := range d.region.hubs {
		for s := range staffPerHub {
			staff[d.region.subject(h, s)] = map[string]any{"ID": d.region.staff(h, s), "HubSlug": d.region.slug(h), "Hub": d.region.hub(h)}
		}
	}
	config, err := json.Marshal(map[string]any{
		"DatabaseURL": d.server.URL(store.ServerRole, d.name), "Connections": connections, "Issuer": i.url, "Audience": audience,
		"Keys": jose.JSONWebKeySet{Keys: []jose.JSONWebKey{i.key.Public()}}, "Trust": d.region.trust, "Staff": staff,
	})
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "bare.log"))
	if err != nil {
		return nil, fmt.Errorf("make the bare server's log: %w", err)
	}
	defer log.Close()
	b := &bare{cmd: exec.Command(binary), ended: make(chan struct{})}
	b.cmd.Stdin, b.cmd.Stderr = bytes.NewReader(config), log
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := b.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the bare server: %w", err)
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	go func() {
		_ = b.cmd.Wait() // how it ended is in its log
		close(b.ended)
	}()
	if err != nil {
		<-b.ended
		text, _ := os.ReadFile(log.Name())
		return nil, fmt.Errorf("the bare server ended: %s", tail(text))
	}
	b.address = strings.TrimSpace(address)
	return b, nil
}

func (b *bare) close() error { return end(b.cmd, b.ended) }

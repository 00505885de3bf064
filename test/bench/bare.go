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

// yardstick is a server beside the API, in a process of its own.
type yardstick struct {
	address string
	cmd     *exec.Cmd
	ended   chan struct{}
}

// startBare starts the server of test/bench/bare over the region, as the app's own role and with as many connections as
// the API has. It takes the tokens that the API takes.
func startBare(ctx context.Context, dir string, d *database, i *issuer) (*yardstick, error) {
	binary, err := build(ctx, dir, "./test/bench/bare", false)
	if err != nil {
		return nil, err
	}
	config := d.told(i)
	config["DatabaseURL"] = d.server.URL(store.ServerRole, d.name)
	return startYardstick(exec.Command(binary), filepath.Join(dir, "bare.log"), config)
}

// told is what a yardstick must know of the region and of who asks.
func (d *database) told(i *issuer) map[string]any {
	staff := map[string]any{}
	for h := range d.region.hubs {
		for s := range staffPerHub {
			staff[d.region.subject(h, s)] = map[string]any{"ID": d.region.staff(h, s), "HubSlug": d.region.slug(h), "Hub": d.region.hub(h)}
		}
	}
	return map[string]any{
		"Connections": connections, "Issuer": i.url, "Audience": audience,
		"Keys": jose.JSONWebKeySet{Keys: []jose.JSONWebKey{i.key.Public()}}, "Trust": d.region.trust, "Staff": staff,
	}
}

// startYardstick starts a server that reads its configuration from standard input and prints its address.
func startYardstick(cmd *exec.Cmd, logPath string, config map[string]any) (*yardstick, error) {
	told, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(logPath)
	if err != nil {
		return nil, fmt.Errorf("make a server's log: %w", err)
	}
	defer log.Close()
	y := &yardstick{cmd: cmd, ended: make(chan struct{})}
	y.cmd.Stdin, y.cmd.Stderr = bytes.NewReader(told), log
	out, err := y.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := y.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd, err)
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	go func() {
		_ = y.cmd.Wait() // how it ended is in its log
		close(y.ended)
	}()
	if err != nil {
		<-y.ended
		text, _ := os.ReadFile(logPath)
		return nil, fmt.Errorf("%s ended: %s", cmd, tail(text))
	}
	y.address = strings.TrimSpace(address)
	return y, nil
}

func (y *yardstick) close() error { return end(y.cmd, y.ended) }

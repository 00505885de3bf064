//go:build production

package main

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"
)

func TestDevelopmentIsNotInAProductionBuild(t *testing.T) {
	for _, command := range []string{"dev", "token"} {
		var out, problems bytes.Buffer
		if code := (Program{&out, &problems}).Run(context.Background(), []string{command, "--help"}); code != 2 {
			t.Errorf("%s: %d %s", command, code, &out)
		}
	}
	deps, err := exec.Command("go", "list", "-deps", "-tags", "production", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, unwanted := range []string{"liferooms.io/liferooms/internal/devprovider", "liferooms.io/liferooms/internal/postgres", "github.com/zitadel/oidc"} {
		if strings.Contains(string(deps), unwanted) {
			t.Errorf("a production build holds %s", unwanted)
		}
	}
	if !strings.Contains(string(deps), "liferooms.io/liferooms/internal/server") {
		t.Error("a production build holds no server")
	}
}

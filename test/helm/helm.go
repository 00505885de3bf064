package helm

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Version of helm, as the Makefile names it too.
const Version = "v4.3.1"

// Binary gives the path of helm. It is built from its module the first time, which takes about two minutes, and kept in
// the user's cache folder. It is no dependency of this module: helm's own versions of its libraries stay apart from ours.
func Binary(ctx context.Context) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache folder for helm: %w", err)
	}
	dir := filepath.Join(cache, "liferooms", "helm-"+Version)
	binary := filepath.Join(dir, "helm")
	if _, err := os.Stat(binary); err == nil {
		return binary, nil
	}
	install := exec.CommandContext(ctx, "go", "install", "helm.sh/helm/v4/cmd/helm@"+Version) // puts it there in one step
	install.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=-trimpath")
	if out, err := install.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build helm %s: %w\n%s", Version, err, out)
	}
	return binary, nil
}

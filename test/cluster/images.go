package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"liferooms.io/liferooms/internal/postgres"
	"liferooms.io/liferooms/test/cluster/binaries"
	"liferooms.io/liferooms/test/cluster/image"
)

// nobody is who our programs run as: no user of the machine.
const nobody = "65532:65532"

// nodeImages are what the node itself runs.
func nodeImages(ctx context.Context, dir string) ([]string, error) {
	dns, err := binaries.CoreDNS(ctx)
	if err != nil {
		return nil, err
	}
	pause, err := compile(ctx, dir, "./test/cluster/pause")
	if err != nil {
		return nil, err
	}
	return writeAll(dir,
		image.Image{Name: "liferooms-pause:cluster", Entrypoint: []string{"/pause"}, User: nobody, Files: map[string]image.File{"/pause": {From: pause}}},
		image.Image{Name: "liferooms-coredns:cluster", Entrypoint: []string{"/coredns"}, User: nobody, Files: map[string]image.File{"/coredns": {From: dns}}})
}

// ourImages are what the e2e suite runs: Life Rooms as it is in production, and what stands around it.
func ourImages(ctx context.Context, dir string) ([]string, error) {
	server, err := compile(ctx, dir, "./cmd/liferooms", "-tags", "production")
	if err != nil {
		return nil, err
	}
	operator, err := compile(ctx, dir, "./cmd/liferooms-operator")
	if err != nil {
		return nil, err
	}
	props, err := compile(ctx, dir, "./test/e2e/props")
	if err != nil {
		return nil, err
	}
	database, err := postgresImage(ctx)
	if err != nil {
		return nil, err
	}
	return writeAll(dir,
		image.Image{Name: "liferooms:e2e", Entrypoint: []string{"/liferooms"}, Cmd: []string{"serve"}, User: nobody, Files: program("/liferooms", server)},
		image.Image{Name: "liferooms-operator:e2e", Entrypoint: []string{"/liferooms-operator"}, User: nobody, Files: program("/liferooms-operator", operator)},
		image.Image{Name: "liferooms-props:e2e", Entrypoint: []string{"/props"}, User: nobody, Files: program("/props", props)},
		database)
}

// program is an image's content: the program, and the certificates that it checks others' with where this machine has any.
func program(name, from string) map[string]image.File {
	files := map[string]image.File{name: {From: from, Mode: 0o755}}
	const certificates = "/etc/ssl/certs/ca-certificates.crt"
	if _, err := os.Stat(certificates); err == nil {
		files[certificates] = image.File{From: certificates}
	}
	return files
}

func writeAll(dir string, images ...image.Image) ([]string, error) {
	var paths []string
	for _, i := range images {
		path := filepath.Join(dir, strings.ReplaceAll(i.Name, ":", "-")+".tar")
		if err := i.Write(path); err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// compile builds a static program of ours into dir, and returns its path.
func compile(ctx context.Context, dir, pkg string, flags ...string) (string, error) {
	out := filepath.Join(dir, filepath.Base(pkg))
	args := append([]string{"build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", out}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, pkg)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOFLAGS=")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("build %s: %w", pkg, err)
	}
	return out, nil
}

// postgresStart makes the database on the first start. Initdb and the server find one another by a shell, so there is one.
const postgresStart = `set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb --username=postgres --encoding=UTF8 --locale=C.UTF-8 --auth-local=trust --auth-host=scram-sha-256
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
fi
exec postgres -c listen_addresses='*' -c unix_socket_directories=/tmp -c fsync=off "$@"
`

// postgresImage is the Postgres of this machine's distribution: its programs, the libraries that they load, its folder
// of shared files. Enough for tests, whose data may be lost.
func postgresImage(ctx context.Context) (image.Image, error) {
	bin, err := postgres.Binaries()
	if err != nil {
		return image.Image{}, err
	}
	files := map[string]image.File{
		"/etc/passwd": {Text: "postgres:x:65532:65532::/tmp:/bin/sh\n"},
		"/start":      {Text: postgresStart},
		"/bin/sh":     {From: "/bin/sh"},
	}
	for _, folder := range []struct{ ask, match string }{{"--pkglibdir", "*.so"}, {"--sharedir", "*"}} {
		out, err := exec.CommandContext(ctx, filepath.Join(bin, "pg_config"), folder.ask).Output()
		if err != nil {
			return image.Image{}, fmt.Errorf("ask Postgres where its files are: %w", err)
		}
		if err := addFolder(files, strings.TrimSpace(string(out)), folder.match); err != nil {
			return image.Image{}, err
		}
	}
	if err := addFolder(files, "/usr/share/zoneinfo", "*"); err != nil {
		return image.Image{}, err
	}
	if err := addFolder(files, "/usr/lib/locale/C.utf8", "*"); err != nil {
		return image.Image{}, err
	}
	for _, name := range []string{"postgres", "initdb", "psql", "pg_isready"} {
		files[filepath.Join(bin, name)] = image.File{From: filepath.Join(bin, name)}
	}
	for name := range maps.Clone(files) {
		if strings.HasPrefix(filepath.Base(name), "llvmjit") {
			delete(files, name) // a compiler of a hundred megabytes, without which Postgres does as well
		}
	}
	if err := addLibraries(ctx, files); err != nil {
		return image.Image{}, err
	}
	return image.Image{
		Name: "liferooms-postgres:e2e", User: nobody, Files: files, Entrypoint: []string{"/bin/sh", "/start"},
		Env: []string{"PATH=" + bin, "PGDATA=/data/postgres", "PGHOST=/tmp", "PGUSER=postgres"},
	}, nil
}

// addFolder adds the files in the folder and below whose name matches.
func addFolder(files map[string]image.File, folder, match string) error {
	return filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if matches, err := filepath.Match(match, filepath.Base(path)); err != nil || !matches {
			return err
		}
		info, err := os.Stat(path) // of what a link leads to
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a link to documentation that is not installed
		}
		if err == nil && info.Mode().IsRegular() {
			files[path] = image.File{From: path}
		}
		return err
	})
}

var libraryPath = regexp.MustCompile(`(?m)(/\S+) \(0x`)

// addLibraries adds what the dynamic linker loads for the programs and libraries among the files.
func addLibraries(ctx context.Context, files map[string]image.File) error {
	for _, f := range maps.Clone(files) {
		if info, err := os.Stat(f.From); f.From == "" || err != nil || (info.Mode().Perm()&0o111 == 0 && filepath.Ext(f.From) != ".so") {
			continue
		}
		out, err := exec.CommandContext(ctx, "ldd", f.From).CombinedOutput()
		if strings.Contains(string(out), "not a dynamic executable") {
			continue
		}
		if err != nil {
			return fmt.Errorf("find the libraries of %s: %w: %s", f.From, err, out)
		}
		for _, found := range libraryPath.FindAllStringSubmatch(string(out), -1) {
			files[found[1]] = image.File{From: found[1]}
		}
	}
	return nil
}

package postgres_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/internal/postgres"
)

// hostEnv makes this test binary a program that starts a server in the folder it names, prints the server's process id
// and waits for its standard input to end.
const hostEnv = "LIFEROOMS_TEST_HOST"

func TestMain(m *testing.M) {
	if dir := os.Getenv(hostEnv); dir != "" {
		if err := host(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func host(dir string) error {
	s, err := postgres.Start(context.Background(), postgres.Options{Dir: dir, Disposable: true})
	if err != nil {
		return err
	}
	pid, err := postmaster(dir)
	if err != nil {
		return err
	}
	fmt.Println(pid, os.Geteuid())
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	return s.Stop()
}

func postmaster(dir string) (int, error) {
	lock, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(lock), "\n")
	return strconv.Atoi(first)
}

// openDir is a folder that an unprivileged user can reach; testing's own are private to whoever runs the test.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "liferooms-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func start(t *testing.T, opts postgres.Options) *postgres.Server {
	t.Helper()
	s, err := postgres.Start(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func query(t *testing.T, s *postgres.Server, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL(postgres.Superuser, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	rows, err := conn.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	answers, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(answers, ",")
}

// awaitEnd waits until no process has the id.
func awaitEnd(t *testing.T, pid int) {
	t.Helper()
	deadline := time.After(time.Minute)
	for !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		select {
		case <-deadline:
			t.Fatalf("process %d is still there", pid)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestDataOutlivesTheServer(t *testing.T) {
	dir := filepath.Join(openDir(t), "made", "on the way&+%41")
	for _, step := range []struct{ sql, want string }{
		{"create table hub (slug text)", ""},
		{"insert into hub values ('walton') returning slug", "walton"},
		{"select slug from hub", "walton"},
	} {
		s := start(t, postgres.Options{Dir: dir})
		if got := query(t, s, step.sql); got != step.want {
			t.Errorf("%s: got %q, want %q", step.sql, got, step.want)
		}
		pid, err := postmaster(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
		awaitEnd(t, pid)
		select {
		case <-s.Done():
		default:
			t.Error("Stop returned before the server was done")
		}
	}
}

func TestSettings(t *testing.T) {
	const sql = `select format('%s %s %s %s %s', current_setting('server_encoding'), current_setting('TimeZone'),
		datcollate, current_setting('fsync'), current_setting('listen_addresses')) from pg_database where datname = 'postgres'`
	for name, c := range map[string]struct {
		opts postgres.Options
		want string
	}{
		"durable":    {postgres.Options{}, "UTF8 UTC C.UTF-8 on "},
		"disposable": {postgres.Options{Disposable: true}, "UTF8 UTC C.UTF-8 off "},
	} {
		t.Run(name, func(t *testing.T) {
			if got := query(t, start(t, c.opts), sql); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestTemporaryFolderGoesAway(t *testing.T) {
	tmp := openDir(t)
	if err := os.Chmod(tmp, 0o777); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", tmp)
	s := start(t, postgres.Options{Disposable: true})
	if left, err := os.ReadDir(tmp); err != nil || len(left) != 1 {
		t.Fatalf("while running: %v, %v", left, err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) != 0 {
		t.Errorf("after Stop: %v, %v", left, err)
	}
}

func TestDeepFolder(t *testing.T) {
	dir := filepath.Join(openDir(t), strings.Repeat("deep/", 40))
	if got := query(t, start(t, postgres.Options{Dir: dir, Disposable: true}), "select 'here'"); got != "here" {
		t.Errorf("got %q", got)
	}
}

func TestContextStopsTheServer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s, err := postgres.Start(ctx, postgres.Options{Disposable: true})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	<-s.Done()
	if err := s.Stop(); err != nil {
		t.Errorf("Stop after the context ended: %v", err)
	}
}

func TestSecondServerOnAFolder(t *testing.T) {
	dir := filepath.Join(openDir(t), "data")
	start(t, postgres.Options{Dir: dir, Disposable: true})
	_, err := postgres.Start(t.Context(), postgres.Options{Dir: dir, Disposable: true})
	if err == nil || !strings.Contains(err.Error(), "already runs in") {
		t.Errorf("got %v", err)
	}
}

func TestLockOfSomebodyElsesProcess(t *testing.T) {
	dir := filepath.Join(openDir(t), "data")
	if err := start(t, postgres.Options{Dir: dir, Disposable: true}).Stop(); err != nil {
		t.Fatal(err)
	}
	lock := fmt.Sprintf("%d\n%s\n", os.Getpid(), filepath.Join(dir, "data"))
	if err := os.WriteFile(filepath.Join(dir, "data", "postmaster.pid"), []byte(lock), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := query(t, start(t, postgres.Options{Dir: dir, Disposable: true}), "select 'recovered'"); got != "recovered" {
		t.Errorf("got %q", got)
	}
}

// runHost runs this test binary as a host of a server in dir, as the given user, and returns the server's process id.
func runHost(t *testing.T, dir string, uid uint32) (*exec.Cmd, io.WriteCloser, int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(openDir(t), "host") // go test's own folder is private
	if err := os.WriteFile(program, content, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), hostEnv+"="+dir)
	cmd.Dir = "/"
	cmd.Stderr = t.Output()
	if int(uid) != os.Geteuid() {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("host said %q: %v", line, err)
	}
	var pid, as int
	if _, err := fmt.Sscan(line, &pid, &as); err != nil {
		t.Fatal(err)
	}
	if as != int(uid) {
		t.Fatalf("host runs as %d, not %d", as, uid)
	}
	return cmd, stdin, pid
}

func TestOrdinaryUser(t *testing.T) {
	uid := uint32(os.Geteuid())
	if uid == 0 {
		uid = 65534
	}
	tmp := openDir(t)
	if err := os.Chmod(tmp, 0o777); err != nil {
		t.Fatal(err)
	}
	cmd, stdin, pid := runHost(t, filepath.Join(tmp, "data"), uid)
	if err := stdin.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	awaitEnd(t, pid)
}

func TestMissingBinaries(t *testing.T) {
	empty := t.TempDir()
	t.Setenv(postgres.BinariesEnv, empty)
	_, err := postgres.Start(t.Context(), postgres.Options{})
	if err == nil || !strings.Contains(err.Error(), "does not hold both initdb and postgres") {
		t.Errorf("got %v", err)
	}
}

func TestUnreachableFolder(t *testing.T) {
	if os.Geteuid() != 0 {
		// Only root runs the server as somebody else; an ordinary user meets the system's own message.
		_, err := postgres.Start(t.Context(), postgres.Options{Dir: "/liferooms-nobody-may-make-this"})
		if !errors.Is(err, os.ErrPermission) {
			t.Errorf("got %v", err)
		}
		return
	}
	private := t.TempDir()
	if err := os.Chmod(private, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := postgres.Start(t.Context(), postgres.Options{Dir: filepath.Join(private, "data")})
	if err == nil || !strings.Contains(err.Error(), "may not enter") {
		t.Errorf("got %v", err)
	}
}

func TestAt(t *testing.T) {
	s, err := postgres.At("postgres://postgres@db.example:5433/postgres?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := s.URL("app", "walton"), "postgres://app@db.example:5433/walton?sslmode=disable"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if _, err := postgres.At("localhost"); err == nil {
		t.Error("took a host name for a URL")
	}
}

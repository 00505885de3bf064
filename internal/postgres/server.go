package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Superuser is the role that owns a server started here. Connections are trusted: who can open the socket may be
// anybody, and only the user that runs the server (and root) can open the socket.
const Superuser = "postgres"

const (
	socketPort    = "5432"           // part of the socket's file name; no TCP port is opened
	maxSocketPath = 103              // macOS takes 104 bytes with the final NUL, Linux 108
	startLimit    = 60 * time.Second // recovery after a crash included
	stopLimit     = 30 * time.Second // fast shutdown writes a checkpoint
	takeoverLimit = 3 * time.Second  // a server whose starter was just killed needs a moment to notice
	pollEvery     = 20 * time.Millisecond
)

// Options say how to start a server.
type Options struct {
	// Dir is the folder that holds the server's data, socket and log, kept when the server stops. It is made where it
	// is missing. Where it is empty the server lives in a temporary folder that goes away with it.
	Dir string

	// Disposable trades durability for speed: nothing is flushed to disk, and a power cut loses the data. For tests.
	Disposable bool
}

// Server is a Postgres server.
type Server struct {
	base url.URL // to its superuser; role and database are replaced in URL

	dir, socketDir string
	removeAtEnd    []string

	cmd      *exec.Cmd
	done     chan struct{} // closed when the process has ended and its temporary folders are gone
	waitErr  error
	stopOnce sync.Once
	stopErr  error
}

// At describes a server that somebody else runs, by the URL of its superuser, which must be named
// postgres. It must trust its clients, as the servers of Start do: URL only exchanges the role's name. Stop does nothing to such a server.
func At(superuserURL string) (*Server, error) {
	u, err := url.Parse(superuserURL)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return nil, errors.New("a Postgres server's URL looks like postgres://role@host/database")
	}
	return &Server{base: *u}, nil
}

// Start starts a server and returns when it takes connections. It stops when Stop is called, when ctx ends, and (on
// Linux) when this process dies; to drain connections before the server goes, let ctx outlive them.
//
// It fails with ErrNoBinaries where no server is installed, and says so where another server already runs in opts.Dir.
func Start(ctx context.Context, opts Options) (*Server, error) {
	bin, err := Binaries()
	if err != nil {
		return nil, err
	}
	who, err := serverAccount()
	if err != nil {
		return nil, err
	}
	s := &Server{done: make(chan struct{})}
	if err := s.start(ctx, bin, who, opts); err != nil {
		s.removeTemporary()
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = s.Stop() })
	return s, nil
}

func (s *Server) start(ctx context.Context, bin string, who account, opts Options) error {
	if err := s.makeFolders(who, opts.Dir); err != nil {
		return err
	}
	data := filepath.Join(s.dir, "data")
	if err := initialise(ctx, bin, who, s.dir, data); err != nil {
		return err
	}
	if err := awaitOther(ctx, data); err != nil {
		return err
	}
	if err := s.launch(bin, who, data, opts.Disposable); err != nil {
		return err
	}
	if err := s.awaitReady(ctx); err != nil {
		_ = s.Stop()
		return err
	}
	return nil
}

func (s *Server) makeFolders(who account, dir string) error {
	if dir == "" {
		temporary, err := os.MkdirTemp("", "liferooms-pg-")
		if err != nil {
			return fmt.Errorf("make folder for Postgres: %w", err)
		}
		s.removeAtEnd = append(s.removeAtEnd, temporary)
		dir = temporary
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("find folder for Postgres: %w", err)
	}
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) || len(s.removeAtEnd) > 0 {
		if err := who.folder(dir); err != nil {
			return err
		}
	}
	if err := who.reaches(dir); err != nil {
		return err
	}
	s.dir = dir

	// A socket's path is short by decree of the kernel, data folders are as deep as people like.
	s.socketDir = filepath.Join(dir, "socket")
	if len(filepath.Join(s.socketDir, ".s.PGSQL."+socketPort)) > maxSocketPath {
		s.socketDir, err = os.MkdirTemp("/tmp", "liferooms-pg-")
		if err != nil {
			return fmt.Errorf("make folder for the Postgres socket: %w", err)
		}
		s.removeAtEnd = append(s.removeAtEnd, s.socketDir)
	}
	if err := who.folder(s.socketDir); err != nil {
		return err
	}
	s.base = url.URL{Scheme: "postgres", User: url.User(Superuser), Path: "/postgres",
		// Postgres clients do not read + as a space.
		RawQuery: "host=" + strings.ReplaceAll(url.QueryEscape(s.socketDir), "+", "%20") + "&port=" + socketPort}
	return nil
}

// initialise makes the data folder where there is none. It appears under its name only when it is whole, so a start
// that was interrupted leaves nothing that looks like a server's data.
func initialise(ctx context.Context, bin string, who account, dir, data string) error {
	if _, err := os.Stat(data); err == nil {
		return nil
	}
	unfinished := filepath.Join(dir, "data.unfinished")
	if err := os.RemoveAll(unfinished); err != nil {
		return fmt.Errorf("remove an unfinished data folder: %w", err)
	}
	if err := who.folder(unfinished); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "--pgdata", unfinished, "--username", Superuser,
		"--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync", "--no-instructions")
	cmd.SysProcAttr = who.sysProcAttr()
	cmd.Dir = "/"                   // the account may not be able to enter ours
	cmd.WaitDelay = 5 * time.Second // its children outlive it a little and hold its output
	runtime.LockOSThread()          // see launch
	out, err := cmd.CombinedOutput()
	runtime.UnlockOSThread()
	if err != nil {
		return fmt.Errorf("initialise Postgres data: %w\n%s", err, strings.TrimSpace(string(out)))
	}
	if err := os.Rename(unfinished, data); err != nil {
		return fmt.Errorf("initialise Postgres data: %w", err)
	}
	return nil
}

// awaitOther makes sure that no server runs on the data folder. After a crash of ours the old server may still be
// stopping, which is worth waiting for. A lock file whose process id was given to somebody else is removed: Postgres
// itself would take that process for a server.
func awaitOther(ctx context.Context, data string) error {
	lock := filepath.Join(data, "postmaster.pid")
	began := time.Now()
	for {
		pid, stopping, err := readLock(lock)
		if err != nil {
			return err
		}
		if pid == 0 {
			return nil
		}
		alive := syscall.Kill(pid, 0)
		if errors.Is(alive, syscall.ESRCH) {
			return nil // Postgres clears the file, after making sure that no orphan of that server is left
		}
		if !servesFrom(pid, data) {
			if err := os.Remove(lock); err != nil && !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("remove a stale Postgres lock: %w", err)
			}
			return nil
		}
		limit := takeoverLimit
		if stopping {
			limit = stopLimit
		}
		if time.Since(began) > limit {
			return fmt.Errorf("a Postgres server (process %d) already runs in %s: stop it, or choose another data folder", pid, data)
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// readLock reads postmaster.pid: the process id is its first line, the server's state its eighth. No lock is pid 0.
func readLock(path string) (pid int, stopping bool, err error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("read the Postgres lock: %w", err)
	}
	lines := strings.Split(string(content), "\n")
	pid, err = strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || pid <= 1 {
		return 0, false, nil
	}
	return pid, len(lines) > 7 && strings.TrimSpace(lines[7]) == "stopping", nil
}

func settings(socketDir string, disposable bool) []string {
	s := []string{
		"listen_addresses=",
		"port=" + socketPort,
		`unix_socket_directories="` + socketDir + `"`,
		"unix_socket_permissions=0700",
		"timezone=UTC",
		"log_timezone=UTC",
		"max_connections=200",
		// Queries here are short: compiling them costs more than it saves.
		"jit=off",
		// What people typed is personal data: it stays out of the log.
		"log_error_verbosity=terse",
		"log_min_error_statement=panic",
	}
	if disposable {
		return append(s, "shared_buffers=128MB", "fsync=off", "synchronous_commit=off", "full_page_writes=off")
	}
	return append(s, "shared_buffers=256MB")
}

func (s *Server) launch(bin string, who account, data string, disposable bool) error {
	log, err := os.Create(s.logPath())
	if err != nil {
		return fmt.Errorf("make the Postgres log: %w", err)
	}
	defer log.Close()

	args := []string{"-D", data}
	for _, setting := range settings(s.socketDir, disposable) {
		args = append(args, "-c", setting)
	}
	s.cmd = exec.Command(filepath.Join(bin, "postgres"), args...)
	s.cmd.SysProcAttr = who.sysProcAttr()
	s.cmd.Dir = "/"
	s.cmd.Stdout, s.cmd.Stderr = log, log

	// Linux sends the parent-death signal when the *thread* that forked ends, and Go ends idle threads of goroutines
	// that were locked to them; so one goroutine keeps the thread until the server is gone.
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := s.cmd.Start(); err != nil {
			s.cmd = nil
			started <- fmt.Errorf("start Postgres: %w", err)
			return
		}
		started <- nil
		s.waitErr = s.cmd.Wait()
		s.removeTemporary()
		close(s.done)
	}()
	return <-started
}

func (s *Server) awaitReady(ctx context.Context) error {
	config, err := pgx.ParseConfig(s.URL(Superuser, "postgres"))
	if err != nil {
		return fmt.Errorf("reach Postgres: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		conn, err := pgx.ConnectConfig(ctx, config)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-s.done:
			return fmt.Errorf("start Postgres: it ended: %v\n%s", s.waitErr, s.logTail())
		default:
		}
		if pause(ctx) != nil {
			return fmt.Errorf("start Postgres: it takes no connections: %w\n%s", err, s.logTail())
		}
	}
}

// URL returns the URL by which role connects to database. The role and the database need not exist yet.
func (s *Server) URL(role, database string) string {
	u := s.base
	u.User = url.User(role)
	u.Path = "/" + database
	return u.String()
}

// Done is closed when the server has ended, by Stop or by itself. It is nil for a server that somebody else runs.
func (s *Server) Done() <-chan struct{} { return s.done }

// Stop ends the server: open connections are closed, data is flushed, and its process and its children are gone when
// Stop returns. Stopping twice is harmless.
func (s *Server) Stop() error {
	if s.cmd == nil {
		return nil
	}
	s.stopOnce.Do(func() { s.stopErr = s.stop() })
	return s.stopErr
}

func (s *Server) stop() error {
	// Fast, then immediate (no checkpoint; the next start recovers), then by force.
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
		if err := s.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("stop Postgres: %w", err)
		}
		select {
		case <-s.done:
			return nil
		case <-time.After(stopLimit):
		}
	}
	return errors.New("stop Postgres: its process does not end")
}

func (s *Server) removeTemporary() {
	for _, dir := range s.removeAtEnd {
		_ = os.RemoveAll(dir)
	}
}

func (s *Server) logPath() string { return filepath.Join(s.dir, "postgres.log") }

// logTail is what the server said last, for the error of a start that failed.
func (s *Server) logTail() string {
	const limit = 2000
	f, err := os.Open(s.logPath())
	if err != nil {
		return ""
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > limit {
		if _, err := f.Seek(-limit, io.SeekEnd); err != nil {
			return ""
		}
	}
	tail, err := io.ReadAll(io.LimitReader(f, limit))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(tail))
}

func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(pollEvery):
		return nil
	}
}

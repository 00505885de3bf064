package readme

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience bounds one command: the first builds everything.
const patience = 20 * time.Minute

// shell is what a newcomer types in: a port of its own and a data folder of its own, and nothing else that this process
// was given, such as the settings of the make around it.
type shell struct {
	t    *testing.T
	port int
	data string
	env  []string
}

func newShell(t *testing.T) *shell {
	t.Helper()
	// Another user can pass through the folder: Postgres does not run as root.
	data, err := os.MkdirTemp("", "liferooms-readme-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(data); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(data, 0o755); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	s := &shell{t: t, port: listener.Addr().(*net.TCPAddr).Port, data: data}
	s.env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "MAKE") || strings.HasPrefix(v, "MFLAGS=") || strings.HasPrefix(v, "PORT=") || strings.HasPrefix(v, "BENCH_FLAGS=") ||
			strings.HasPrefix(v, "LIFEROOMS_") && !strings.HasPrefix(v, "LIFEROOMS_POSTGRES_BIN=")
	})
	s.env = append(s.env, "PORT="+strconv.Itoa(s.port), "LIFEROOMS_DATA="+data)
	return s
}

// command is a command of the page, in a process group of its own as a terminal gives to each.
func (s *shell) command(ctx context.Context, line string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "bash", "-c", line)
	cmd.Dir = root
	cmd.Env = s.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = time.Minute
	return cmd
}

// output runs a command to its end, which must be a good one.
func (s *shell) output(line string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	cmd := s.command(ctx, line)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		s.t.Fatalf("%s: %v\n%s%s", line, err, &out, &problems)
	}
	return out.String()
}

// dev is a running `make dev`.
type dev struct {
	shell *shell
	cmd   *exec.Cmd
	said  chan string // the rest of what it says on stdout, once it has ended
	log   *bytes.Buffer
	url   string
}

// dev types the command and waits for the line that says it is ready.
func (s *shell) dev(line string) *dev {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.t.Context()), patience)
	d := &dev{shell: s, cmd: s.command(ctx, line), said: make(chan string, 1), log: &bytes.Buffer{}, url: fmt.Sprint("http://localhost:", s.port)}
	d.cmd.Stderr = d.log
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(cancel) // ended already where the test went well
	said := bufio.NewReader(out)
	for ready := "Life Rooms is ready at " + d.url + "\n"; ; {
		line, err := said.ReadString('\n')
		if line == ready {
			break
		}
		if err != nil {
			s.t.Fatalf("it ended before it was ready: %v\n%s", d.cmd.Wait(), d.log)
		}
	}
	go func() {
		rest, _ := io.ReadAll(said) // what cannot be read ends it as well
		d.said <- string(rest)
	}()
	return d
}

// interrupt does what Ctrl-C in the terminal does, and looks whether anything is left.
func (d *dev) interrupt() {
	t := d.shell.t
	t.Helper()
	running := d.shell.processes()
	if len(running) < 2 {
		t.Errorf("the app and its Postgres run, and yet only these processes are found: %q", running)
	}
	if err := syscall.Kill(-d.cmd.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if rest := <-d.said; rest != "" {
		t.Errorf("after it was ready it went on to say %q", rest)
	}
	// Make says that it was interrupted, by its own end; of the app there is nothing to complain about.
	err := d.cmd.Wait()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) || strings.Contains(d.log.String(), "Error ") || strings.Contains(d.log.String(), "level=ERROR") {
		t.Errorf("after an interrupt: %v\n%s", err, d.log)
	}
	if left := d.shell.processes(); len(left) > 0 {
		t.Errorf("left of %s: %q", d.cmd, left)
	}
	if conn, err := net.Dial("tcp", strings.TrimPrefix(d.url, "http://")); err == nil {
		conn.Close()
		t.Errorf("something still answers at %s", d.url)
	}
}

// processes are those that were given this shell's data folder, or work in it as Postgres does.
func (s *shell) processes() []string {
	var found []string
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		s.t.Fatal(err)
	}
	for _, p := range all {
		// A process may end while it is looked at, and those of others cannot be looked into: neither is ours.
		environment, _ := os.ReadFile(filepath.Join(p, "environ"))
		folder, _ := os.Readlink(filepath.Join(p, "cwd"))
		if !strings.Contains(string(environment), "LIFEROOMS_DATA="+s.data+"\x00") && !strings.HasPrefix(folder, s.data+"/") {
			continue
		}
		line, err := os.ReadFile(filepath.Join(p, "cmdline"))
		if err == nil && len(line) > 0 { // one that has ended and waits to be counted has none
			found = append(found, filepath.Base(p)+" "+strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}

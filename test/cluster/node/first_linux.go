package node

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// order asks the first process to start a program.
type order struct {
	Name string   `json:"name"` // in the answer
	Args []string `json:"args"`
	Log  string   `json:"log"` // file to which it is added
}

// ending tells that a program ended.
type ending struct {
	Name string `json:"name"`
	Code int    `json:"code"` // 0 well, over 128 by signal, -1 not started
	Why  string `json:"why"`
}

// FirstCommand is the argument by which a program that imports this package starts itself as a node's first process, with
// First's arguments behind it.
const FirstCommand = "first-process"

// First is the first process of a node's namespaces: it mounts what the node sees, then starts what it is told on orders
// and tells on endings when it ends. It returns when orders ends, and everything in the namespaces ends with it.
func First(base, programs string, orders io.Reader, endings io.Writer) error {
	if os.Getpid() != 1 {
		return errors.New("the first process of a node is started by the node, not by hand")
	}
	if err := mount(base, programs); err != nil {
		return err
	}
	r := runner{names: map[int]string{}, endings: json.NewEncoder(endings)}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGCHLD)
	go r.reap(ended)
	lines := bufio.NewScanner(orders)
	for lines.Scan() {
		var o order
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			return fmt.Errorf("read an order: %w", err)
		}
		if err := r.start(o); err != nil {
			r.tell(ending{Name: o.Name, Code: -1, Why: err.Error()})
		}
	}
	return lines.Err()
}

// mount gives the node its own /proc, and empty folders where Kubernetes and containerd keep their things by default.
func mount(base, programs string) error {
	for _, m := range []struct {
		source, target, kind string
		flags                uintptr
	}{
		{"none", "/", "", syscall.MS_REC | syscall.MS_PRIVATE},
		{"none", "/", "", syscall.MS_REC | syscall.MS_SHARED}, // the kubelet wants its volumes to spread into containers
		{"proc", "/proc", "proc", syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOEXEC},
		{programs, base + "/programs", "", syscall.MS_BIND}, // the cache may be under a folder that is hidden next
		{"tmpfs", "/run", "tmpfs", syscall.MS_NOSUID | syscall.MS_NODEV},
		{"tmpfs", "/var/lib", "tmpfs", 0},
		{"tmpfs", "/var/log", "tmpfs", syscall.MS_NOSUID | syscall.MS_NODEV},
	} {
		if err := syscall.Mount(m.source, m.target, m.kind, m.flags, ""); err != nil {
			return fmt.Errorf("mount %s for the node: %w", m.target, err)
		}
	}
	return shieldSettings(base)
}

// shieldSettings puts copies over the settings of the kernel that the kubelet changes and that belong to the machine as a
// whole, such as what it does after a panic: the kubelet reads and writes the copies.
func shieldSettings(base string) error {
	for _, name := range []string{"vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops",
		"kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes"} {
		setting := "/proc/sys/" + name
		value, err := os.ReadFile(setting)
		if errors.Is(err, os.ErrNotExist) {
			continue // a kernel without it
		}
		if err != nil {
			return fmt.Errorf("read the kernel's %s: %w", name, err)
		}
		copied := filepath.Join(base, "settings", strings.ReplaceAll(name, "/", "."))
		if err := os.WriteFile(copied, value, 0o644); err != nil {
			return fmt.Errorf("copy the kernel's %s: %w", name, err)
		}
		if err := syscall.Mount(copied, setting, "", syscall.MS_BIND, ""); err != nil {
			return fmt.Errorf("shield the kernel's %s: %w", name, err)
		}
	}
	return nil
}

// runner starts programs, and reaps them and all orphans, as the first process must. It waits for any child at all, so it
// must not wait for one by os/exec beside that.
type runner struct {
	mu      sync.Mutex // held from a start until its name is known, so that its end finds it
	names   map[int]string
	telling sync.Mutex
	endings *json.Encoder
}

func (r *runner) start(o order) error {
	path, err := exec.LookPath(o.Args[0])
	if err != nil {
		return err
	}
	log, err := os.OpenFile(o.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the program has its own
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer func() { _ = null.Close() }() // only read
	r.mu.Lock()
	defer r.mu.Unlock()
	p, err := os.StartProcess(path, o.Args, &os.ProcAttr{Files: []*os.File{null, log, log}, Env: os.Environ()})
	if err != nil {
		return err
	}
	r.names[p.Pid] = o.Name
	return p.Release()
}

// reap waits for whatever has ended, each time that something did.
func (r *runner) reap(ended <-chan os.Signal) {
	for range ended {
		for {
			var status syscall.WaitStatus
			pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
			if errors.Is(err, syscall.EINTR) {
				continue
			}
			if err != nil || pid == 0 {
				break // nobody else has ended
			}
			r.mu.Lock()
			name, ours := r.names[pid]
			delete(r.names, pid)
			r.mu.Unlock()
			if ours { // and not an orphan
				r.tell(describe(name, status))
			}
		}
	}
}

func describe(name string, status syscall.WaitStatus) ending {
	if status.Signaled() {
		return ending{Name: name, Code: 128 + int(status.Signal()), Why: status.Signal().String()}
	}
	return ending{Name: name, Code: status.ExitStatus(), Why: fmt.Sprintf("exit status %d", status.ExitStatus())}
}

func (r *runner) tell(e ending) {
	r.telling.Lock()
	defer r.telling.Unlock()
	_ = r.endings.Encode(e) // whoever listened is gone, and so are we in a moment
}

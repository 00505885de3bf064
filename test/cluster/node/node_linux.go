package node

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	base         = "/var/tmp/liferooms-cluster"
	controlGroup = "liferooms-cluster"
	cable        = "liferooms0" // the machine's end of the cable
	startWithin  = 3 * time.Minute
)

// Node is a cluster that runs.
type Node struct {
	base     string
	machine  string // folder of Kubernetes' programs on the machine
	lock     *os.File
	first    *exec.Cmd
	orders   io.WriteCloser
	commands int

	mu      sync.Mutex
	waiting map[string]chan ending
	lost    chan error // a program that should run has ended
	gone    chan error // what waiting for the first process answered
}

// Options say what a node is made of.
type Options struct {
	Programs string   // folder with Kubernetes' programs
	Images   []string // tarballs: pause and CoreDNS, and what else is to run
}

// Start starts a cluster and returns when its node and its DNS are ready. There is one at a time on a machine: another
// start waits for it to end. It needs root.
func Start(ctx context.Context, o Options) (_ *Node, err error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("a cluster of our own needs root, for namespaces and mounts: run this as root, or set KUBECONFIG to a cluster that there is")
	}
	cniPlugins, err := findTools()
	if err != nil {
		return nil, err
	}
	n := &Node{base: base, machine: o.Programs, waiting: map[string]chan ending{}, lost: make(chan error, 1), gone: make(chan error, 1)}
	if err := n.claim(ctx); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.Stop())
		}
	}()
	if err := n.configure(cniPlugins); err != nil {
		return nil, err
	}
	if err := n.enter(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	if err := n.connect(ctx); err != nil {
		return nil, err
	}
	if err := n.launch(n.foundation()); err != nil {
		return nil, err
	}
	if err := n.until(ctx, "the API server is ready", "get", "--raw", "/readyz"); err != nil {
		return nil, err
	}
	if err := n.launch(n.rest()); err != nil {
		return nil, err
	}
	for _, image := range o.Images {
		if err := n.Import(ctx, image); err != nil {
			return nil, err
		}
	}
	if err := n.until(ctx, "the node is ready", "wait", "--for=condition=Ready", "--timeout=60s", "node/"+name); err != nil {
		return nil, err
	}
	if err := n.until(ctx, "CoreDNS is applied", "apply", "--filename", n.file("dns.yaml")); err != nil {
		return nil, err
	}
	if err := n.until(ctx, "CoreDNS is ready", "--namespace=kube-system", "rollout", "status", "deployment/coredns", "--timeout=60s"); err != nil {
		return nil, err
	}
	return n, nil
}

// Kubeconfig is the path of the administrator's kubeconfig.
func (n *Node) Kubeconfig() string { return n.file("admin.conf") }

// Logs is the folder of the programs' logs, which stays until the next start.
func (n *Node) Logs() string { return n.file("logs") }

// Lost receives an error when a program of the node ends while it should run.
func (n *Node) Lost() <-chan error { return n.lost }

// Import makes the image in the tarball known to the node.
func (n *Node) Import(ctx context.Context, tarball string) error {
	tarball, err := filepath.Abs(tarball)
	if err != nil {
		return fmt.Errorf("import an image: %w", err)
	}
	// The tarball may be under a folder that the node does not see: it is handed over in the one that both see.
	shared := n.file("image.tar")
	content, err := os.ReadFile(tarball)
	if err != nil {
		return fmt.Errorf("import an image: %w", err)
	}
	if err := os.WriteFile(shared, content, 0o600); err != nil {
		return fmt.Errorf("import an image: %w", err)
	}
	if err := n.command(ctx, "ctr", "--namespace=k8s.io", "images", "import", shared); err != nil {
		return fmt.Errorf("import the image %s: %w", filepath.Base(tarball), err)
	}
	return os.Remove(shared)
}

// Stop ends the node and everything in it, and takes away what is left.
func (n *Node) Stop() error {
	var err error
	if n.first != nil {
		err = n.orders.Close() // at which the first process ends, and by it the kernel ends the others
		<-n.gone               // how it ended does not matter any more
	}
	err = errors.Join(err, n.disconnect(), removeControlGroups())
	return errors.Join(err, n.lock.Close())
}

// claim waits for the machine's one place for a cluster, and clears it of what a former one left.
func (n *Node) claim(ctx context.Context) error {
	if err := os.MkdirAll(base, 0o700); err != nil {
		return fmt.Errorf("make the cluster's folder: %w", err)
	}
	lock, err := os.OpenFile(base+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("lock the cluster's folder: %w", err)
	}
	if err := tryLock(lock); err != nil {
		fmt.Fprintln(os.Stderr, "another cluster runs on this machine; waiting for its end")
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for tryLock(lock) != nil {
			select {
			case <-ctx.Done():
				return errors.Join(ctx.Err(), lock.Close())
			case <-tick.C:
			}
		}
	}
	n.lock = lock
	err = errors.Join(n.disconnect(), removeControlGroups(), os.RemoveAll(base))
	for _, dir := range []string{"logs", "programs", "settings"} {
		err = errors.Join(err, os.MkdirAll(filepath.Join(base, dir), 0o700))
	}
	for _, dir := range controlGroups() {
		err = errors.Join(err, os.MkdirAll(dir, 0o755))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("clear the cluster's folder: %w", err), lock.Close())
	}
	return nil
}

func tryLock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }

// enter starts the first process in namespaces of its own.
func (n *Node) enter() error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("start the node: %w", err)
	}
	log, err := os.Create(n.file("logs/first.log"))
	if err != nil {
		return fmt.Errorf("start the node: %w", err)
	}
	defer func() { _ = log.Close() }() // the process has its own
	cmd := exec.Command(self, FirstCommand, n.base, n.machine)
	cmd.Stderr = log
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWNET | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS,
		Setpgid:    true, // an interrupt of the terminal reaches the command, which ends the node
	}
	if n.orders, err = cmd.StdinPipe(); err != nil {
		return fmt.Errorf("start the node: %w", err)
	}
	endings, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("start the node: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the node: %w", err)
	}
	n.first = cmd
	go n.listen(endings)
	return nil
}

// listen hands endings to those who wait for them. A program that nobody waits for should not have ended.
func (n *Node) listen(endings io.Reader) {
	for lines := bufio.NewScanner(endings); lines.Scan(); {
		var e ending
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			n.lose(fmt.Errorf("read the node's answer: %w", err))
			continue
		}
		n.mu.Lock()
		waiting, ok := n.waiting[e.Name]
		delete(n.waiting, e.Name)
		n.mu.Unlock()
		if ok {
			waiting <- e
		} else {
			n.lose(fmt.Errorf("%s ended: %s: see %s\n%s", e.Name, e.Why, n.log(e.Name), tail(n.log(e.Name))))
		}
	}
	err := n.first.Wait()
	n.lose(fmt.Errorf("the node ended: %w: see %s\n%s", errors.Join(err), n.log("first"), tail(n.log("first"))))
	n.gone <- err
}

// lose tells of the first loss; the others follow from it.
func (n *Node) lose(err error) {
	select {
	case n.lost <- err:
	default:
	}
}

func (n *Node) log(name string) string { return filepath.Join(n.Logs(), name+".log") }

func (n *Node) launch(programs []program) error {
	for _, p := range programs {
		if err := n.order(order{Name: p.name, Args: p.args, Log: n.log(p.name)}); err != nil {
			return err
		}
	}
	return nil
}

func (n *Node) order(o order) error {
	line, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("start %s: %w", o.Name, err)
	}
	if _, err := n.orders.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("start %s: %w", o.Name, err)
	}
	return nil
}

// command runs a command within the node to its end.
func (n *Node) command(ctx context.Context, args ...string) error {
	n.mu.Lock()
	n.commands++
	o := order{Name: fmt.Sprintf("command-%d", n.commands), Args: args}
	o.Log = n.log(o.Name)
	ended := make(chan ending, 1)
	n.waiting[o.Name] = ended
	n.mu.Unlock()
	if err := n.order(o); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", strings.Join(args, " "), ctx.Err())
	case err := <-n.lost:
		n.lose(err) // others may ask too
		return err
	case e := <-ended:
		if e.Code != 0 {
			return fmt.Errorf("%s: %s: %s", strings.Join(args, " "), e.Why, tail(o.Log))
		}
		return os.Remove(o.Log)
	}
}

// connect joins node and machine, and gives the node its routes. It has none outwards: pods reach the cluster only.
func (n *Node) connect(ctx context.Context) error {
	for _, args := range [][]string{
		{"link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", fmt.Sprint(n.first.Process.Pid)},
		{"address", "add", machineAddress + cableBits, "dev", cable},
		{"link", "set", cable, "up"},
	} {
		if err := machineCommand(ctx, "ip", args...); err != nil {
			return err
		}
	}
	for _, args := range [][]string{
		{"ip", "link", "set", "lo", "up"},
		{"ip", "address", "add", nodeAddress + cableBits, "dev", "eth0"},
		{"ip", "link", "set", "eth0", "up"},
		{"sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"},
		// The kernel wants a route before kube-proxy's rules see the packet and send it elsewhere.
		{"ip", "route", "add", serviceRange, "dev", "lo", "src", nodeAddress},
	} {
		if err := n.command(ctx, args...); err != nil {
			return err
		}
	}
	for _, to := range []string{podRange, serviceRange} {
		if err := machineCommand(ctx, "ip", "route", "add", to, "via", nodeAddress); err != nil {
			return err
		}
	}
	return nil
}

// disconnect takes the cable away where it is still there: the kernel does so too, but in its own time.
func (n *Node) disconnect() error {
	if _, err := os.Stat("/sys/class/net/" + cable); err != nil {
		return nil
	}
	err := machineCommand(context.Background(), "ip", "link", "delete", cable)
	if _, gone := os.Stat("/sys/class/net/" + cable); gone != nil {
		return nil // the kernel was quicker
	}
	return err
}

func machineCommand(ctx context.Context, program string, args ...string) error {
	if out, err := exec.CommandContext(ctx, program, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", program, strings.Join(args, " "), err, out)
	}
	return nil
}

// until runs kubectl until it succeeds, a program of the node is lost, or the context ends.
func (n *Node) until(ctx context.Context, what string, args ...string) error {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		cmd := exec.CommandContext(ctx, filepath.Join(n.machine, "kubectl"), append([]string{"--kubeconfig", n.Kubeconfig()}, args...)...)
		out, err := cmd.CombinedOutput()
		if err == nil {
			return nil
		}
		select {
		case lost := <-n.lost:
			n.lose(lost)
			return fmt.Errorf("wait until %s: %w", what, lost)
		case <-ctx.Done():
			return fmt.Errorf("wait until %s: %w: %s (logs are in %s)", what, ctx.Err(), out, n.Logs())
		case <-tick.C:
		}
	}
}

// controlGroups are the node's own group in each hierarchy of the machine.
func controlGroups() []string {
	const root = "/sys/fs/cgroup"
	if _, err := os.Stat(root + "/cgroup.controllers"); err == nil {
		return []string{filepath.Join(root, controlGroup)}
	}
	var groups []string
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil // the kubelet says what it misses
	}
	for _, e := range entries {
		if e.IsDir() {
			groups = append(groups, filepath.Join(root, e.Name(), controlGroup))
		}
	}
	return groups
}

// removeControlGroups takes away the node's groups, which hold no process any more. The kernel may need a moment to see
// that.
func removeControlGroups() error {
	deadline := time.Now().Add(10 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for ; ; <-tick.C {
		var failed error
		for _, group := range controlGroups() {
			failed = errors.Join(failed, removeFolders(group))
		}
		if failed == nil || time.Now().After(deadline) {
			return failed
		}
	}
}

// removeFolders removes empty folders, the deepest first: the files in a control group are not removed, they go with it.
func removeFolders(root string) error {
	var dirs []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && d.IsDir() {
			dirs = append(dirs, path)
		}
		return err
	})
	for _, dir := range slices.Backward(dirs) {
		if e := os.Remove(dir); e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// tail is the end of a log, for an error's message.
func tail(path string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(content[max(0, len(content)-2000):])
}

// findTools makes sure that the distribution's programs are there, and returns the folder of the CNI's.
func findTools() (cniPlugins string, err error) {
	packages := map[string]string{"etcd": "etcd-server", "containerd": "containerd", "ctr": "containerd", "runc": "runc",
		"nft": "nftables", "ip": "iproute2", "mount": "mount"}
	var missing []string
	for program, pkg := range packages {
		if _, err := exec.LookPath(program); err != nil && !slices.Contains(missing, pkg) {
			missing = append(missing, pkg)
		}
	}
	for _, dir := range []string{"/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"} {
		if _, err := os.Stat(filepath.Join(dir, "ptp")); err == nil {
			cniPlugins = dir
			break
		}
	}
	if cniPlugins == "" {
		missing = append(missing, "containernetworking-plugins")
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return "", fmt.Errorf("a cluster of our own needs more: apt-get install --no-install-recommends %s", strings.Join(missing, " "))
	}
	return cniPlugins, nil
}

package binaries

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// The versions that are built, as go.mod in the folders kubernetes and coredns beside this package require them.
const (
	KubernetesVersion = "v1.37.2"
	CoreDNSVersion    = "v1.14.7"
)

// The programs of Kubernetes that a node is made of, by name.
const (
	APIServer         = "kube-apiserver"
	ControllerManager = "kube-controller-manager"
	Scheduler         = "kube-scheduler"
	Kubelet           = "kubelet"
	Proxy             = "kube-proxy"
	Kubectl           = "kubectl"
)

// Cache is the folder under which all that is built is kept: liferooms in the user's cache folder.
func Cache() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache folder for Kubernetes' programs: %w", err)
	}
	return filepath.Join(dir, "liferooms"), nil
}

// Kubernetes builds those of the named programs that are not in the cache yet, and returns the folder that holds them.
// Cold, all of them take about five minutes on two cores.
func Kubernetes(ctx context.Context, names ...string) (string, error) {
	return build(ctx, "kubernetes-"+KubernetesVersion, names, func(ctx context.Context, into string, missing []string) error {
		modules, err := sibling(ctx, "kubernetes")
		if err != nil {
			return err
		}
		args := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags", versionFlags(), "-o", into + "/"}
		for _, name := range missing {
			args = append(args, "k8s.io/kubernetes/cmd/"+name)
		}
		return goCommand(ctx, modules, args...)
	})
}

// CoreDNS builds CoreDNS where it is not in the cache, and returns its path.
func CoreDNS(ctx context.Context) (string, error) {
	dir, err := build(ctx, "coredns-"+CoreDNSVersion, []string{"coredns"}, func(ctx context.Context, into string, _ []string) error {
		source, err := sibling(ctx, "coredns")
		if err != nil {
			return err
		}
		return goCommand(ctx, source, "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", into+"/", ".")
	})
	return filepath.Join(dir, "coredns"), err
}

// Assets returns a folder that holds kube-apiserver, etcd and kubectl, as envtest wants it: what KUBEBUILDER_ASSETS
// names, else what setup-envtest brings where somebody has installed that, else the build of this package.
func Assets(ctx context.Context) (string, error) {
	if dir := os.Getenv("KUBEBUILDER_ASSETS"); dir != "" {
		return dir, nil
	}
	if setup, err := exec.LookPath("setup-envtest"); err == nil {
		minor := strings.TrimPrefix(KubernetesVersion[:strings.LastIndex(KubernetesVersion, ".")], "v")
		out, err := exec.CommandContext(ctx, setup, "use", minor+".x", "--print", "path").Output()
		if dir := strings.TrimSpace(string(out)); err == nil && dir != "" {
			return dir, nil
		}
		fmt.Fprintln(os.Stderr, "setup-envtest brings nothing here; building kube-apiserver instead:", err)
	}
	etcd, err := exec.LookPath("etcd")
	if err != nil {
		return "", errors.New("no etcd found: install one (Debian and Ubuntu: apt-get install etcd-server)")
	}
	programs, err := Kubernetes(ctx, APIServer, Kubectl)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(programs, "assets")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make the folder of assets: %w", err)
	}
	for name, target := range map[string]string{
		APIServer: filepath.Join(programs, APIServer), Kubectl: filepath.Join(programs, Kubectl), "etcd": etcd,
	} {
		if err := link(target, filepath.Join(dir, name)); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// link points path at target. Two that do so at once end with the same link.
func link(target, path string) error {
	if now, err := os.Readlink(path); err == nil && now == target {
		return nil
	}
	temporary := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := os.Symlink(target, temporary); err != nil {
		return fmt.Errorf("link an asset: %w", err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return fmt.Errorf("link an asset: %w", err)
	}
	return nil
}

// build has the names that folder does not hold made in a temporary folder, and moves them in when they are whole. Others
// who want the same wait for it.
func build(ctx context.Context, folder string, names []string, make func(ctx context.Context, into string, missing []string) error) (string, error) {
	cache, err := Cache()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, folder)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make the folder of %s: %w", folder, err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return "", fmt.Errorf("lock %s: %w", folder, err)
	}
	defer func() { _ = lock.Close() }() // nothing was written; closing gives the lock up
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("lock %s: %w", folder, err)
	}
	missing := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return err == nil
	})
	if len(missing) == 0 {
		return dir, nil
	}
	into, err := os.MkdirTemp(dir, "build-")
	if err != nil {
		return "", fmt.Errorf("build %s: %w", folder, err)
	}
	defer func() { _ = os.RemoveAll(into) }() // what is left there is of no use, and in nobody's way
	fmt.Fprintf(os.Stderr, "building %s: %s (once; kept in %s)\n", folder, strings.Join(missing, ", "), dir)
	if err := make(ctx, into, missing); err != nil {
		return "", fmt.Errorf("build %s: %w", folder, err)
	}
	for _, name := range missing {
		if err := os.Rename(filepath.Join(into, name), filepath.Join(dir, name)); err != nil {
			return "", fmt.Errorf("keep what was built of %s: %w", folder, err)
		}
	}
	return dir, nil
}

// goCommand runs go in dir. What it says goes to stderr: stdout belongs to what a command was asked for.
func goCommand(ctx context.Context, dir string, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	// Static, so that no C compiler is needed and the programs run in an empty image. GOFLAGS may hold what these modules
	// do not know, such as a build tag of ours.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go %s: %w", args[0], err)
	}
	return nil
}

// sibling finds the folder beside this package that holds the module of what is built.
func sibling(ctx context.Context, name string) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", "liferooms.io/liferooms/test/cluster/binaries").Output()
	if err != nil {
		return "", fmt.Errorf("find the source tree (run this within it): %w", err)
	}
	return filepath.Join(filepath.Dir(strings.TrimSpace(string(out))), name), nil
}

// versionFlags tell the programs their version, as Kubernetes' own build does: without them clients take the server for
// an unknown one.
func versionFlags() string {
	parts := strings.Split(strings.TrimPrefix(KubernetesVersion, "v"), ".")
	flags := []string{"-s", "-w"}
	for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		flags = append(flags,
			fmt.Sprintf("-X %s.gitVersion=%s", pkg, KubernetesVersion),
			fmt.Sprintf("-X %s.gitMajor=%s", pkg, parts[0]),
			fmt.Sprintf("-X %s.gitMinor=%s", pkg, parts[1]),
			fmt.Sprintf("-X %s.gitTreeState=clean", pkg))
	}
	return strings.Join(flags, " ")
}

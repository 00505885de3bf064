package node

import (
	"fmt"
	"os"
	"path/filepath"
)

// The node's addresses. The machine and the node are the ends of one virtual cable.
const (
	machineAddress = "10.243.0.1"
	nodeAddress    = "10.243.0.2"
	cableBits      = "/30"
	podRange       = "10.244.0.0/24"
	serviceRange   = "10.96.0.0/16"
	firstService   = "10.96.0.1" // the API server's own
	dnsService     = "10.96.0.10"
	server         = "https://" + nodeAddress + ":6443"
	serverInside   = "https://127.0.0.1:6443"
	name           = "node" // the node's, in Kubernetes
	pauseImage     = "docker.io/library/liferooms-pause:cluster"
	dnsImage       = "docker.io/library/liferooms-coredns:cluster"
)

// containerdConfig: a snapshotter's folder is in memory and starts empty, so it is containerd's defaults but for the pause
// image, which comes from no registry, and the folders of the CNI. A process may lower its oom_score_adj only with a
// capability that a container around us may not have.
const containerdConfig = `version = 2
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "` + pauseImage + `"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = %q
    conf_dir = %q
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
`

// cniConfig gives each pod a cable of its own to the node, and a route. On a common bridge, answers of a pod to its
// neighbour pass by the kernel's address translation unless br_netfilter is there; routed ones never do.
const cniConfig = `{
  "cniVersion": "0.4.0", "name": "pods",
  "plugins": [{
    "type": "ptp",
    "ipam": {"type": "host-local", "ranges": [[{"subnet": "` + podRange + `"}]], "routes": [{"dst": "0.0.0.0/0"}]}
  }]
}
`

const kubeletConfig = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: %[1]q}}
authorization: {mode: Webhook}
tlsCertFile: %[2]q
tlsPrivateKeyFile: %[3]q
cgroupDriver: cgroupfs
cgroupRoot: /` + controlGroup + `
failCgroupV1: false
failSwapOn: false
clusterDNS: [` + dnsService + `]
clusterDomain: cluster.local
resolvConf: %[4]q
# The node's disk is memory that nobody else fills: evicting pods would only make tests fail in a way that says nothing.
evictionHard: {memory.available: 50Mi, nodefs.available: 1%%, imagefs.available: 1%%, nodefs.inodesFree: 1%%}
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
maxPods: 100
nodeStatusUpdateFrequency: 5s
syncFrequency: 10s
registryPullQPS: 0
`

const proxyConfig = `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
clusterCIDR: ` + podRange + `
clientConnection: {kubeconfig: %q}
# Zero leaves the kernel's own bounds, which only the machine's first network namespace may change.
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
`

// dnsManifest is CoreDNS with what it may read. Names outside the cluster do not exist: tests reach nothing else.
const dnsManifest = `apiVersion: v1
kind: ServiceAccount
metadata: {name: coredns, namespace: kube-system}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: system:coredns}
rules:
- {apiGroups: [""], resources: [services, namespaces, pods], verbs: [list, watch]}
- {apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: system:coredns}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: system:coredns}
subjects: [{kind: ServiceAccount, name: coredns, namespace: kube-system}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: coredns, namespace: kube-system}
data:
  Corefile: |
    cluster.local:5353 in-addr.arpa:5353 ip6.arpa:5353 {
      errors
      kubernetes cluster.local in-addr.arpa ip6.arpa {
        ttl 5
      }
    }
    .:5353 {
      health
      ready
      template ANY ANY . {
        rcode NXDOMAIN
      }
    }
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: coredns, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec:
  selector: {matchLabels: {k8s-app: kube-dns}}
  template:
    metadata: {labels: {k8s-app: kube-dns}}
    spec:
      serviceAccountName: coredns
      priorityClassName: system-cluster-critical
      dnsPolicy: Default
      containers:
      - name: coredns
        image: ` + dnsImage + `
        imagePullPolicy: Never
        args: [-conf, /etc/coredns/Corefile]
        securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
        readinessProbe: {httpGet: {path: /ready, port: 8181}, periodSeconds: 1}
        volumeMounts: [{name: config, mountPath: /etc/coredns}]
      volumes: [{name: config, configMap: {name: coredns}}]
---
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec:
  clusterIP: ` + dnsService + `
  selector: {k8s-app: kube-dns}
  ports: [{name: dns, port: 53, targetPort: 5353, protocol: UDP}, {name: dns-tcp, port: 53, targetPort: 5353, protocol: TCP}]
`

// programs are the node's, in the order of their start, with all that they are told.
type program struct {
	name string
	args []string
}

// storage must run before the API server, and containerd before the kubelet.
func (n *Node) foundation() []program {
	return []program{
		{"etcd", []string{"etcd", "--data-dir=/var/lib/etcd", "--listen-client-urls=http://127.0.0.1:2379", "--advertise-client-urls=http://127.0.0.1:2379",
			"--listen-peer-urls=http://127.0.0.1:2380", "--initial-advertise-peer-urls=http://127.0.0.1:2380", "--initial-cluster=default=http://127.0.0.1:2380",
			"--quota-backend-bytes=1073741824"}},
		{"containerd", []string{"containerd", "--config", n.file("containerd.toml")}},
		{"kube-apiserver", []string{n.program("kube-apiserver"), "--etcd-servers=http://127.0.0.1:2379", "--bind-address=0.0.0.0", "--secure-port=6443",
			"--advertise-address=" + nodeAddress, "--service-cluster-ip-range=" + serviceRange, "--client-ca-file=" + n.file("ca.crt"),
			"--tls-cert-file=" + n.file("apiserver.crt"), "--tls-private-key-file=" + n.file("apiserver.key"),
			"--kubelet-client-certificate=" + n.file("admin.crt"), "--kubelet-client-key=" + n.file("admin.key"), "--kubelet-certificate-authority=" + n.file("ca.crt"),
			"--kubelet-preferred-address-types=InternalIP",
			"--service-account-issuer=https://kubernetes.default.svc.cluster.local", "--service-account-key-file=" + n.file("tokens.pub"),
			"--service-account-signing-key-file=" + n.file("tokens.key"),
			"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction", "--allow-privileged"}},
	}
}

// rest is what needs an API server that answers: some end themselves where there is none yet.
func (n *Node) rest() []program {
	return []program{
		{"kube-controller-manager", []string{n.program("kube-controller-manager"), "--kubeconfig=" + n.file("controller-manager.conf"),
			"--authentication-kubeconfig=" + n.file("controller-manager.conf"), "--authorization-kubeconfig=" + n.file("controller-manager.conf"),
			"--service-account-private-key-file=" + n.file("tokens.key"), "--root-ca-file=" + n.file("ca.crt"),
			"--use-service-account-credentials", "--leader-elect=false", "--bind-address=127.0.0.1"}},
		{"kube-scheduler", []string{n.program("kube-scheduler"), "--kubeconfig=" + n.file("scheduler.conf"),
			"--authentication-kubeconfig=" + n.file("scheduler.conf"), "--authorization-kubeconfig=" + n.file("scheduler.conf"),
			"--leader-elect=false", "--bind-address=127.0.0.1"}},
		{"kube-proxy", []string{n.program("kube-proxy"), "--config=" + n.file("proxy.yaml"), "--hostname-override=" + name}},
		{"kubelet", []string{n.program("kubelet"), "--config=" + n.file("kubelet.yaml"), "--kubeconfig=" + n.file("kubelet.conf"),
			"--hostname-override=" + name, "--node-ip=" + nodeAddress}},
	}
}

func (n *Node) file(name string) string    { return filepath.Join(n.base, name) }
func (n *Node) program(name string) string { return filepath.Join(n.base, "programs", name) }

// configure writes keys, certificates and configuration into the base folder.
func (n *Node) configure(cniPlugins string) error {
	a, err := newAuthority(n.base)
	if err != nil {
		return err
	}
	if err := a.tokenKey("tokens"); err != nil {
		return err
	}
	for _, c := range []struct {
		name, user, group string
		hosts             []string
	}{
		{"apiserver", "kube-apiserver", "", []string{"127.0.0.1", nodeAddress, firstService, "localhost", "kubernetes", "kubernetes.default",
			"kubernetes.default.svc", "kubernetes.default.svc.cluster.local"}},
		{"admin", "admin", "system:masters", nil},
		{"controller-manager", "system:kube-controller-manager", "", nil},
		{"scheduler", "system:kube-scheduler", "", nil},
		{"proxy", "system:kube-proxy", "", nil},
		{"kubelet", "system:node:" + name, "system:nodes", []string{nodeAddress, name}},
	} {
		if err := a.issue(c.name, c.user, c.group, c.hosts...); err != nil {
			return err
		}
		from := serverInside
		if c.name == "admin" {
			from = server
		}
		if err := a.kubeconfig(c.name, from); err != nil {
			return err
		}
	}
	cni := n.file("cni")
	if err := os.MkdirAll(cni, 0o755); err != nil {
		return fmt.Errorf("make the folder of the pods' network: %w", err)
	}
	for path, text := range map[string]string{
		"containerd.toml":   fmt.Sprintf(containerdConfig, cniPlugins, cni),
		"cni/pods.conflist": cniConfig,
		"kubelet.yaml":      fmt.Sprintf(kubeletConfig, n.file("ca.crt"), n.file("kubelet.crt"), n.file("kubelet.key"), n.file("resolv.conf")),
		"proxy.yaml":        fmt.Sprintf(proxyConfig, n.file("proxy.conf")),
		"resolv.conf":       "# Nothing outside the cluster has a name.\n",
		"dns.yaml":          dnsManifest,
	} {
		if err := os.WriteFile(n.file(path), []byte(text), 0o600); err != nil {
			return fmt.Errorf("write the node's configuration: %w", err)
		}
	}
	return nil
}

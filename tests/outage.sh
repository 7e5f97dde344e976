#!/usr/bin/env bash
# The database is killed, frozen, full, and has no connection left, while tills sell with keys that were made over the API:
# does Prometheus, with the rules and the intervals of deploy/, page a person in time, and stop when all is well again?
# The four run side by side, each with a PostgreSQL, a node, six readers and a Prometheus of its own. Prints TAP.
set -euo pipefail
export LC_ALL=C.UTF-8

cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly server=artifacts/bin/Fleet.Server/debug/Fleet.Server.dll
readonly simulator=artifacts/bin/Fleet.Simulator/debug/Fleet.Simulator.dll
faults=(killed frozen full crowded) # those that can be made here
readonly ready_limit=120 answer_limit=60 # seconds
readonly page_limit=90 quiet_limit=180   # seconds from the fault, and from its end
readonly chain_key=head-office connections=40 disk=192m lanes=6

work=$(mktemp -d)
processes=()

main() {
  python=$(find_python) || {
    check 'there is a Python that reads YAML' complain 'Install the Debian package python3-yaml.'
    finish
  }
  local fault
  # Without the right to mount there is no small disk.
  can_mount || faults=(killed frozen crowded)
  for fault in "${faults[@]}"; do take_ports "$fault"; done
  need "for each of ${faults[*]} a PostgreSQL, a node and a Prometheus start" start
  need 'on each node readers are paired, and tills sell' start_load
  check 'no person is paged while all is well' all_quiet
  for fault in "${faults[@]}"; do begin "$fault"; done
  check "killed: a person is paged within $page_limit s" pages killed FleetDatabaseDown
  check "frozen: a person is paged within $page_limit s" pages frozen FleetDatabaseDown
  ! can_mount || check "full: a person is paged within $page_limit s" pages full 'FleetCommitsFail|FleetStartsFail|FleetDatabaseDown'
  check "crowded: a person is paged within $page_limit s" pages crowded FleetConnectionsUsedUp
  check 'the starts that failed were counted, although their keys could not be looked up' starts_counted
  check 'a checkout that is open is still told of, and how old that is' figures_stay
  check 'the node is ready, and says that it has no database' says_so
  for fault in "${faults[@]}"; do end "$fault"; done
  for fault in "${faults[@]}"; do check "$fault: when it is over the page is, too" quiet_again "$fault"; done
  finish
}

can_mount() { ((EUID == 0)) && unshare --mount mount -t tmpfs tmpfs /mnt 2>/dev/null; }

# What runs

take_ports() {
  local name
  declare -gA port database begun
  for name in postgres http grpc silo operations prometheus; do port[$1-$name]=$(free_port); done
}

at() { echo "http://127.0.0.1:${port[$1-$2]}"; }

# Begun all at once, and then waited for.
start() {
  local fault
  for fault in "${faults[@]}"; do mkdir "$work/$fault" && start_postgres "$fault" || return 1; done
  for fault in "${faults[@]}"; do start_node "$fault" && start_prometheus "$fault"; done
  for fault in "${faults[@]}"; do
    wait_for "$ready_limit" "the node" get "$(at "$fault" operations)/health/ready" &&
      wait_for "$ready_limit" 'Prometheus' get "$(at "$fault" prometheus)/-/ready" || return 1
  done
}

start_load() {
  local fault
  for fault in "${faults[@]}"; do start_readers "$fault"; done
  for fault in "${faults[@]}"; do
    wait_for "$answer_limit" 'the readers' are_paired "$fault" && start_tills "$fault" || return 1
  done
}

# One that may be full has a small disk of its own.
start_postgres() {
  local folder=$work/$1/postgres
  mkdir "$folder"
  [[ $1 != full ]] || mount -t tmpfs -o "size=$disk,mode=755" tmpfs "$folder" || return 1
  {
    deploy/local-postgres.sh up "$folder" "${port[$1-postgres]}" && deploy/local-postgres.sh down "$folder" &&
      printf '%s\n' "max_connections = $connections" 'shared_buffers = 32MB' 'max_wal_size = 64MB' \
        >>"$folder/data/postgresql.conf" &&
      deploy/local-postgres.sh up "$folder" "${port[$1-postgres]}"
  } >"$work/said" 2>&1 || complain "$(<"$work/said")" || return 1
  database[$1]=$(tail -n 1 "$work/said")
}

start_node() {
  Fleet__Postgres=${database[$1]} DOTNET_ENVIRONMENT=Production dotnet "$server" "--urls=$(at "$1" http)" \
    "--grpc-url=$(at "$1" grpc)" "--silo-port=${port[$1-silo]}" "--operations-url=$(at "$1" operations)" \
    "--data=$work/$1/data" --storage=postgres --sandbox-readers=false \
    "--Fleet:Keys:0:Sha256=$(printf %s "$chain_key" | sha256sum | cut -d ' ' -f 1)" \
    </dev/null >"$work/$1/node.log" 2>&1 &
  processes+=($!)
}

# With our configuration and its intervals, but for the addresses.
start_prometheus() {
  local folder=$work/$1/prometheus
  mkdir "$folder"
  cp -r deploy/prometheus/rules "$folder"
  sed -E -e "s/\[node1:9090, .*\]/['127.0.0.1:${port[$1-operations]}']/" -e '/^alerting:/,/^$/d' \
    -e "s/\[localhost:9090\]/['127.0.0.1:${port[$1-prometheus]}']/" deploy/prometheus/prometheus.yml >"$folder/prometheus.yml"
  prometheus --config.file="$folder/prometheus.yml" --storage.tsdb.path="$folder/data" \
    --web.listen-address="127.0.0.1:${port[$1-prometheus]}" </dev/null >"$work/$1/prometheus.log" 2>&1 &
  processes+=($!)
}

start_readers() {
  dotnet "$simulator" readers --count "$lanes" --serial-prefix LANE- --server "ws://127.0.0.1:${port[$1-http]}/link/v1" \
    --pair "$(at "$1" http)" --merchant MC0X0ABC --key sup_sk_sandbox --pace 0.1 </dev/null >"$work/$1/readers.log" 2>&1 &
  processes+=($!)
}

are_paired() {
  get "$(at "$1" http)/v0.1/merchants/MC0X0ABC/readers" -H 'Authorization: Bearer sup_sk_sandbox' &&
    [[ $(grep -o '"status":"paired"' "$work/answer" | wc -l) == "$lanes" ]]
}

start_tills() {
  "$python" tests/metrics/tills.py "$(at "$1" http)" "$chain_key" </dev/null >"$work/$1/tills.log" 2>&1 &
  processes+=($!)
  wait_for "$answer_limit" 'tills' grep -qs "$lanes readers" "$work/$1/tills.log" || complain "$(<"$work/$1/tills.log")"
}

# The faults

begin() {
  local folder=$work/$1/postgres number
  begun[$1]=$EPOCHREALTIME
  case $1 in
  killed) deploy/local-postgres.sh kill "$folder" ;;
  frozen) kill -STOP $(postgres_processes "$folder") ;; # words
  full) dd if=/dev/zero of="$folder/filler" bs=64k >/dev/null 2>&1 || true ;;
  crowded) # idle sessions, which PostgreSQL ends as soon as their programs end
    mkfifo "$work/crowded/nothing"
    exec 9<>"$work/crowded/nothing"
    for ((number = 0; number < connections; number++)); do
      PGPASSWORD=fleet psql --host=127.0.0.1 --port="${port[crowded-postgres]}" --username=fleet --dbname=fleet \
        <"$work/crowded/nothing" >/dev/null 2>&1 9<&- &
      crowd+=($!)
    done
    ;;
  esac
}

end() {
  local folder=$work/$1/postgres
  begun[$1]=$EPOCHREALTIME
  case $1 in
  frozen) kill -CONT $(postgres_processes "$folder") ;; # words
  full) rm "$folder/filler" ;;
  crowded) kill "${crowd[@]}" 2>/dev/null || true ;;
  esac
  # it may have ended by itself when it was full
  deploy/local-postgres.sh up "$folder" "${port[$1-postgres]}" >"$work/said" 2>&1 || complain "$(<"$work/said")"
}

crowd=()

# The first process and those that it has started.
postgres_processes() {
  local leader
  leader=$(head -n 1 "$1/data/postmaster.pid")
  echo "$leader" "$(<"/proc/$leader/task/$leader/children")"
}

# What is seen

all_quiet() {
  local fault
  for fault in "${faults[@]}"; do
    wait_for "$answer_limit" 'a first answer' asks value "$(at "$fault" prometheus)" 'sum(fleet_checkout_accepted_total) > 10' ||
      complain "$fault: $(<"$work/said")" || return 1
    asks quiet "$(at "$fault" prometheus)" || complain "$fault: $(<"$work/said")" || return 1
  done
}

pages() {
  local left=$((page_limit - $(milliseconds "${begun[$1]}") / 1000))
  wait_for "$((left > 0 ? left : 0))" "$2" asks firing "$(at "$1" prometheus)" "$2" || complain "$(<"$work/said")" || return 1
  echo "# $1: $2 is firing $(elapsed "${begun[$1]}") s after the fault, at most"
}

starts_counted() {
  asks value "$(at killed prometheus)" 'sum(increase(fleet_checkout_refused_total{code="UNKNOWN"}[1m])) > 10' ||
    complain "$(<"$work/said")"
}

figures_stay() {
  asks value "$(at killed prometheus)" 'max(fleet_storage_read_age_seconds{figures="backlog"}) > 20' &&
    asks value "$(at killed prometheus)" 'max(fleet_checkout_open) >= 0' || complain "$(<"$work/said")"
}

says_so() {
  get "$(at killed operations)/health/ready" && [[ $(<"$work/answer") == 'The database does not answer.' ]]
}

quiet_again() {
  wait_for "$quiet_limit" 'no page' asks quiet "$(at "$1" prometheus)" || complain "$(<"$work/said")" || return 1
  echo "# $1: no page is left $(elapsed "${begun[$1]}") s after its end, at most"
}

report() { tail -n 8 "$work"/*/{node,prometheus,readers,tills}.log 2>/dev/null | sed 's/^/# /' || true; }

clean_up() {
  local fault
  ((${#crowd[@]} == 0)) || kill "${crowd[@]}" 2>/dev/null || true
  # a node that has lost its database takes long to stop
  ((${#processes[@]} == 0)) || disown -a && kill -KILL "${processes[@]}" 2>/dev/null || true
  for fault in "${faults[@]}"; do
    [[ -e $work/$fault/postgres/data/postmaster.pid ]] || continue
    kill -CONT $(postgres_processes "$work/$fault/postgres") 2>/dev/null || true # words
    deploy/local-postgres.sh kill "$work/$fault/postgres" || true
  done
  ! mountpoint -q "$work/full/postgres" || umount --lazy "$work/full/postgres" || true
  rm -rf "$work"
}

source tests/tap.sh
source tests/prometheus.sh
source tests/wait.sh
source tests/ports.sh

main

#!/usr/bin/env bash
# Three nodes of Fleet on this machine, for development: plain processes on one PostgreSQL.
#
#   deploy/local-cluster.sh up            starts whatever does not run yet and waits until all nodes are ready
#   deploy/local-cluster.sh status        says what runs; its exit code is 0 when all nodes are ready
#   deploy/local-cluster.sh down          drains and stops all of it; the data stays
#   deploy/local-cluster.sh down --wipe   deletes the data too
#
# Its ports are not those of a node alone, so `dotnet run --project src/Fleet.Server` works beside it. While it is up,
# deploy/fleet asks it: `up` writes its addresses into a file, and `down` removes that file.
#
#   FLEET_POSTGRES   connection string of the PostgreSQL to use; without it one is started here, on port 54329
#   FLEET_CLUSTER    folder of data and logs, by default .local-cluster
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly nodes=(1 2 3) first_http_port=8181 first_grpc_port=8191
readonly first_operations_port=9191 first_silo_port=11191
readonly postgres_port=54329
readonly ready_limit=60 reader_limit=20 stop_limit=40 # seconds; a node gives itself 30 to stop
readonly sandbox=MC0X0ABC key=sup_sk_sandbox          # public, accepted on loopback addresses only

folder=$(realpath -m -- "${FLEET_CLUSTER:-.local-cluster}")
readonly folder program=$folder/program addresses=$folder/addresses # deploy/fleet reads the last

main() {
  case "$*" in
  up) up ;;
  status) status ;;
  down) down ;;
  'down --wipe')
    down
    wipe
    ;;
  *) die "Usage: ${0##*/} up | status | down [--wipe]" ;;
  esac
}

# up

up() {
  local node missing=()
  command -v dotnet >/dev/null || die 'Install the .NET 10 SDK.'
  command -v curl >/dev/null || die 'Install curl.'
  for node in "${nodes[@]}"; do
    is_running "$node" || missing+=("$node")
  done
  if ((${#missing[@]})); then start "${missing[@]}"; else echo 'The cluster runs already.'; fi
  tell
}

start() {
  local node
  for node in "$@"; do
    require_free "$(http_port "$node")"
    require_free "$(grpc_port "$node")"
    require_free "$(operations_port "$node")"
    require_free "$(silo_port "$node")"
  done
  mkdir -p -- "$folder"
  # Nodes that run keep the program they were started with, and so must those that join them.
  (($# < ${#nodes[@]})) || build
  trap 'give_up $? '"$*" EXIT
  Fleet__Postgres=$(give_postgres) || exit 1
  export Fleet__Postgres # not on the command line, where all users could read the password
  for node in "$@"; do launch "$node"; done
  for node in "$@"; do wait_until_ready "$node"; done
  for node in "${nodes[@]}"; do grpc_url "$node"; done >"$addresses"
  trap - EXIT
}

# Debug, because the tests and dotnet run have built that already. Copied, because the next build would write into the
# files that the nodes execute.
build() {
  echo 'Building.'
  MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false DOTNET_NOLOGO=1 \
    dotnet build src/Fleet.Server --nologo -v quiet </dev/null >"$folder/build.log" 2>&1 ||
    die 'Fleet cannot be built:' "$(tail -n 20 -- "$folder/build.log")"
  rm -rf -- "$program"
  cp -r artifacts/bin/Fleet.Server/debug "$program"
}

give_postgres() {
  if [[ ${FLEET_POSTGRES-} ]]; then
    echo "$FLEET_POSTGRES"
  else
    deploy/local-postgres.sh up "$folder/postgres" "$postgres_port"
  fi
}

# In a session of its own: it outlives this shell, and Ctrl-C in it.
launch() {
  local node=$1 readers=false
  ((node != nodes[0])) || readers=true
  env -u FLEET_POSTGRES DOTNET_ENVIRONMENT=Production setsid dotnet "$program/Fleet.Server.dll" "--urls=$(url "$node")" \
    "--grpc-url=$(grpc_url "$node")" "--operations-url=$(operations_url "$node")" \
    "--silo-port=$(silo_port "$node")" --storage=postgres --sandbox=true "--sandbox-readers=$readers" \
    "--data=$folder/readers" </dev/null >"$(log "$node")" 2>&1 &
  echo $! >"$folder/node$node.pid"
}

wait_until_ready() {
  local node=$1 since=$SECONDS
  until is_ready "$node"; do
    kill -0 "$(pid "$node")" 2>/dev/null || die "Node $node ended while it started:" "$(tail -n 10 -- "$(log "$node")")"
    ((SECONDS - since < ready_limit)) ||
      die "Node $node is not ready after $ready_limit s:" "$(tail -n 10 -- "$(log "$node")")"
    sleep 0.2
  done
}

# Stops what was started, because it would disturb the next try.
give_up() {
  local code=$1
  shift
  trap - EXIT
  stop_nodes "$@"
  (($# < ${#nodes[@]})) || stop_postgres
  exit "$code"
}

tell() {
  local node reader
  for node in "${nodes[@]}"; do
    echo "  node $node    REST $(url "$node")   gRPC $(grpc_url "$node")   operations $(operations_url "$node")"
    echo "            log $(log "$node")"
  done
  echo "  console   $(url 1)/console"
  echo "  merchant  $sandbox"
  echo "  key       $key"
  if [[ ! ${FLEET_POSTGRES-} ]]; then echo "  ledger    PostgreSQL on port $postgres_port   $folder/postgres"; fi
  reader=$(first_reader)
  cat <<END

Its readers are connected to node 1. Try a payment through node 2:
  curl $(url 2)/v0.1/merchants/$sandbox/readers/$reader/checkout \\
    -H 'Authorization: Bearer $key' -H 'Content-Type: application/json' \\
    -d '{"total_amount": {"currency": "EUR", "minor_unit": 2, "value": 1500} }'

While it is up, deploy/fleet asks it. See its readers live:
  deploy/fleet top

deploy/local-cluster.sh down stops all of it.
END
}

# The sandbox pairs its readers right after node 1 is ready, or waits until they have connected again.
first_reader() {
  local reader='' since=$SECONDS
  until [[ $reader && $(ask_sandbox "/$reader/status") == *'"ONLINE"'* ]]; do
    ((SECONDS - since < reader_limit)) || die "No reader is there after $reader_limit s: see $(log 1)."
    sleep 0.2
    [[ $(ask_sandbox '') =~ rdr_[0-9A-Z]+ ]] && reader=${BASH_REMATCH[0]}
  done
  echo "$reader"
}

ask_sandbox() { ask 2 "v0.1/merchants/$sandbox/readers$1" -H "Authorization: Bearer $key"; }

# status

status() {
  local node state ready=0
  for node in "${nodes[@]}"; do
    state='does not run'
    if is_running "$node"; then state="process $(pid "$node"), not ready"; fi
    if is_ready "$node"; then state="process $(pid "$node"), ready" ready=$((ready + 1)); fi
    echo "node $node   $(url "$node")   $state"
  done
  ((ready == ${#nodes[@]}))
}

# down

down() {
  rm -f -- "$addresses"
  stop_nodes "${nodes[@]}"
  stop_postgres
  echo 'The cluster is down.'
}

# All at once, because no node is left that could take over their readers.
stop_nodes() {
  local node running=() since=$SECONDS
  for node in "$@"; do
    is_running "$node" || continue
    running+=("$node")
    kill -TERM "$(pid "$node")"
  done
  for node in "${running[@]}"; do
    while is_running "$node"; do
      if ((SECONDS - since >= stop_limit)); then
        echo "Node $node did not stop within $stop_limit s and was killed: see $(log "$node")." >&2
        kill -KILL "$(pid "$node")" || true
      fi
      sleep 0.1
    done
  done
  for node in "$@"; do rm -f -- "$folder/node$node.pid"; done
}

# A PostgreSQL that FLEET_POSTGRES named was not started here, so it is not stopped.
stop_postgres() {
  [[ ! -d $folder/postgres ]] || deploy/local-postgres.sh down "$folder/postgres"
}

wipe() {
  rm -rf -- "$folder"/{postgres,readers,program} "$folder"/{build,node?}.log
  [[ ! -d $folder ]] || rmdir --ignore-fail-on-non-empty -- "$folder"
}

# Words of this file

http_port() { echo $((first_http_port + $1 - 1)); }

grpc_port() { echo $((first_grpc_port + $1 - 1)); }

operations_port() { echo $((first_operations_port + $1 - 1)); }

silo_port() { echo $((first_silo_port + $1 - 1)); }

url() { echo "http://127.0.0.1:$(http_port "$1")"; }

grpc_url() { echo "http://127.0.0.1:$(grpc_port "$1")"; }

operations_url() { echo "http://127.0.0.1:$(operations_port "$1")"; }

log() { echo "$folder/node$1.log"; }

pid() { cat -- "$folder/node$1.pid"; }

# Another process may have its number by now, so check that it is our program.
is_running() {
  [[ -f $folder/node$1.pid ]] && grep -qzxF -- "$program/Fleet.Server.dll" "/proc/$(pid "$1")/cmdline" 2>/dev/null
}

is_ready() {
  is_running "$1" &&
    curl --silent --fail --max-time 5 "$(operations_url "$1")/health/ready" >/dev/null
}

ask() {
  local node=$1 path=$2
  shift 2
  curl --silent --fail --max-time 5 "$(url "$node")/$path" "$@"
}

require_free() {
  ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null || die "A process listens on port $1 already: stop it first."
}

die() {
  printf '%s\n' "$@" >&2
  exit 1
}

main "$@"

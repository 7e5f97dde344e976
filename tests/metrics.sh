#!/usr/bin/env bash
# Prometheus itself, with the rules and dashboards of deploy/, beside two nodes that have some traffic: do
# all queries have an answer, and do all alerts fire and clear? The SQL of the documents is asked here too, as
# there is a PostgreSQL with some history. Prints TAP.
set -euo pipefail
export LC_ALL=C.UTF-8

cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly server=artifacts/bin/Fleet.Server/debug/Fleet.Server.dll
readonly simulator=artifacts/bin/Fleet.Simulator/debug/Fleet.Simulator.dll
readonly live=5 dark=DARK-01                  # readers: so many, and one that is switched off
readonly ready_limit=60 answer_limit=20       # seconds
readonly prometheus_files=deploy/prometheus

work=$(mktemp -d)
processes=()

main() {
  python=$(find_python) || {
    check 'there is a Python that reads YAML' complain 'Install the Debian package python3-yaml.'
    finish
  }
  need 'Prometheus is installed' has_prometheus
  check 'its configuration and rules are what promtool wants' promtool_agrees check config "$prometheus_files/prometheus.yml"
  check 'the example for the Alertmanager is what amtool wants' amtool_agrees
  check 'every alert fires and clears in its tests' promtool_agrees test rules "$prometheus_files"/tests/*.yml
  check 'dashboards, alerts, runbooks and the collector fit together' query files

  take_ports
  need 'PostgreSQL starts with deploy/postgresql.conf' start_postgres
  need 'two nodes start on it' start_nodes
  need 'Prometheus starts' start_prometheus
  need 'and reaches both, so that it sees what happens first' soon reached "$prometheus" 2
  need "$live readers are there, and one that is dark" start_readers
  check 'a small chain lives for a quarter of a minute' "$python" tests/metrics/traffic.py \
    "${port[receiver]}" "${port[nobody]}" "${port[cloud]}" "$dark" "$(node 1)" "$(node 2)"

  check 'PostgreSQL takes the SQL of the documents, as it stands' sql_is_taken
  check 'each column that the SQL of docs/runbooks.md shows has a value' sql_shows

  check 'what it did is what was counted' soon facts "$prometheus"
  check 'every panel of every dashboard has data' soon boards "$prometheus"
  check 'every alert and recording rule has data' soon rules "$prometheus"
  check 'names are those the nodes export, and none is without a use' query names "$prometheus" "$(operations 1)" "$(operations 2)"
  check 'Prometheus has raised the alerts that the traffic deserved' \
    soon firing "$prometheus" FleetPairingBruteForce FleetWrongKeys FleetWebhooksDead
  finish
}

has_prometheus() {
  command -v promtool >/dev/null && command -v prometheus >/dev/null || complain 'Install the Debian package prometheus.'
}

promtool_agrees() { promtool "$@" >"$work/said" 2>&1 || complain "$(<"$work/said")"; }

# Where it is not installed there is nothing to ask.
amtool_agrees() {
  ! command -v amtool >/dev/null ||
    amtool check-config "$prometheus_files/alertmanager.yml" >"$work/said" 2>&1 || complain "$(<"$work/said")"
}

query() { asks "$@" || complain "$(<"$work/said")"; }

# What Prometheus has fetched may be a second old, and what it computes from that another one.
soon() { wait_for "$answer_limit" 'an answer to all' asks "$@" || complain "$(<"$work/said")"; }

# The SQL of the documents

# The blocks, and the statements in sentences, where … is the id of a checkout.
sql_is_taken() {
  local statement bad=0 checkout=00000000-0000-0000-0000-000000000000
  grep -ohE '`SELECT [^`]+`' docs/*.md | sed "s/\`//g; s/…/'$checkout'/" >"$work/statements"
  [[ -s $work/statements ]] || complain 'No sentence has SQL.' || return 1
  split_blocks docs/runbooks.md "$work/blocks"
  while IFS= read -r statement; do
    ask_database "$statement" || bad=1
  done < <(cat "$work/statements" && for block in "$work/blocks"/*.sql; do tr '\n' ' ' <"$block" && echo; done)
  return "$bad"
}

# When all is well they find nothing: so each is asked about rows in any state. A member of the body that does not exist
# would be no error, and have no value.
sql_shows() {
  local block statement
  for block in "$work/blocks"/*.sql; do
    statement=$(sed -E "s/\bstate (= '[a-z]+'|IN \([^)]+\))/true/" "$block")
    ask_database "$statement" || return 1
    python3 - "$work/answer" <<'PYTHON' || complain "$(basename "$block")" "$(<"$work/answer")" || return 1
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1])))
sys.exit(not rows or any(not any(values) for values in zip(*(row.values() for row in rows))))
PYTHON
  done
}

# In a session that only reads, as docs/runbooks.md advises.
ask_database() {
  PGPASSWORD=fleet PGOPTIONS='-c default_transaction_read_only=on' psql --host=127.0.0.1 --port="${port[postgres]}" \
    --username=fleet --dbname=fleet --no-psqlrc --csv --command="$1" >"$work/answer" 2>"$work/said" </dev/null ||
    complain "$1" "$(<"$work/said")"
}

# What runs

take_ports() {
  local name
  declare -gA port
  for name in postgres http1 http2 grpc1 grpc2 silo1 silo2 operations1 operations2 prometheus receiver nobody cloud; do
    port[$name]=$(free_port)
  done
  prometheus=http://127.0.0.1:${port[prometheus]}
}

node() { echo "http://127.0.0.1:${port[http$1]}"; }

operations() { echo "http://127.0.0.1:${port[operations$1]}"; }

# One of its own, so that the settings are tried too. Made first, then started again with them.
start_postgres() {
  local folder=$work/postgres
  {
    deploy/local-postgres.sh up "$folder" "${port[postgres]}" && deploy/local-postgres.sh down "$folder" &&
      cat deploy/postgresql.conf - >>"$folder/data/postgresql.conf" <<<"listen_addresses = '127.0.0.1'" &&
      deploy/local-postgres.sh up "$folder" "${port[postgres]}"
  } >"$work/said" 2>&1 || complain "$(<"$work/said")" || return 1
  database=$(tail -n 1 "$work/said")
}

start_nodes() {
  local number hash linked
  hash=$(printf %s linked-key | sha256sum | cut -d ' ' -f 1)
  linked=(--Fleet:Merchants:0:Code=MLINKED1 "--Fleet:Merchants:0:Keys:0:Sha256=$hash"
    --Fleet:Merchants:0:SumUp:ApiKey=sup_sk_linked --Fleet:Merchants:0:SumUp:AffiliateAppId=com.example.fleet
    --Fleet:Merchants:0:SumUp:AffiliateKey=afk)
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=node \
    -keyout "$work/grpc.key" -out "$work/grpc.pem" >"$work/said" 2>&1 || complain "$(<"$work/said")" || return 1
  touch "$work/backup"
  hash=$(printf %s canary-key | sha256sum | cut -d ' ' -f 1)
  linked+=(--Fleet:Merchants:1:Code=MCANARY1 --Fleet:Merchants:1:Sandbox=true "--Fleet:Merchants:1:Keys:0:Sha256=$hash"
    --Fleet:Canary:Merchant=MCANARY1 --Fleet:Canary:Key=canary-key --Fleet:Canary:Seconds=3600
    "--Fleet:BackupMarker=$work/backup" "--Fleet:GrpcCertificate=$work/grpc.pem" "--Fleet:GrpcCertificateKey=$work/grpc.key")
  for number in 1 2; do
    Fleet__Postgres=$database DOTNET_ENVIRONMENT=Production dotnet "$server" "--urls=$(node "$number")" \
      "--grpc-url=https://127.0.0.1:${port[grpc$number]}" "--data=$work/data$number" "--silo-port=${port[silo$number]}" \
      "--operations-url=$(operations "$number")" --storage=postgres --sandbox-readers=false \
      --Fleet:Webhooks:AllowedNetworks:0=127.0.0.1/32 "--Fleet:Webhooks:AllowedPorts:0=${port[receiver]}" \
      "--Fleet:Webhooks:AllowedPorts:1=${port[nobody]}" --Fleet:Webhooks:RetrySeconds:0=1 \
      "--Fleet:Cloud:BaseUrl=http://127.0.0.1:${port[cloud]}" --Fleet:Cloud:TestBase=true "${linked[@]}" \
      </dev/null >"$work/node$number.log" 2>&1 &
    processes+=($!)
  done
  for number in 1 2; do
    wait_for "$ready_limit" "node $number" get "$(operations "$number")/health/ready" ||
      complain "$(tail -n 10 "$work/node$number.log")" || return 1
  done
}

# With our configuration, but for the addresses and the pace.
start_prometheus() {
  local folder=$work/prometheus
  mkdir "$folder"
  cp -r "$prometheus_files/rules" "$folder"
  sed -E -e "s/\[node1:9090, .*\]/['127.0.0.1:${port[operations1]}', '127.0.0.1:${port[operations2]}']/" \
    -e '/^alerting:/,/^$/d' -e "s/\[localhost:9090\]/['127.0.0.1:${port[prometheus]}']/" \
    -e 's/(scrape_interval|evaluation_interval): 15s/\1: 1s/' -e 's/scrape_timeout: 10s/scrape_timeout: 1s/' \
    "$prometheus_files/prometheus.yml" >"$folder/prometheus.yml"
  prometheus --config.file="$folder/prometheus.yml" --storage.tsdb.path="$folder/data" \
    --web.listen-address="127.0.0.1:${port[prometheus]}" </dev/null >"$work/prometheus.log" 2>&1 &
  processes+=($!)
  wait_for "$answer_limit" 'Prometheus' get "$prometheus/-/ready" || complain "$(tail -n 10 "$work/prometheus.log")"
}

start_readers() {
  local count
  readers --count "$live" --serial-prefix LIVE-
  readers --count 1 --serial-prefix "${dark%01}"
  wait_for "$answer_limit" 'all readers' are_paired $((live + 1)) || complain "$(tail -n 5 "$work"/readers-*.log)" || return 1
  kill "${processes[-1]}"
  unset 'processes[-1]'
}

readers() {
  dotnet "$simulator" readers "$@" --server "ws://127.0.0.1:${port[http1]}/link/v1" --pair "$(node 1)" \
    --merchant MC0X0ABC --key sup_sk_sandbox --pace 0.1 </dev/null >"$work/readers-${#processes[@]}.log" 2>&1 &
  processes+=($!)
}

are_paired() {
  get "$(node 1)/v0.1/merchants/MC0X0ABC/readers" -H 'Authorization: Bearer sup_sk_sandbox' || return 1
  [[ $(grep -o '"status":"paired"' "$work/answer" | wc -l) == "$1" ]]
}

report() { tail -n 15 "$work"/{node?,prometheus,readers-*}.log 2>/dev/null | sed 's/^/# /' || true; }

clean_up() {
  ((${#processes[@]} == 0)) || kill "${processes[@]}" 2>/dev/null || true
  wait || true
  [[ ! -d $work/postgres ]] || deploy/local-postgres.sh kill "$work/postgres" || true
  rm -rf "$work"
}

source tests/tap.sh
source tests/prometheus.sh
source tests/blocks.sh
source tests/wait.sh
source tests/ports.sh

main

#!/usr/bin/env bash
# Starts the three nodes of deploy/local-cluster.sh on their real ports, takes a payment, kills a node and takes
# another, as docs/deploy.md says. Prints TAP.
set -euo pipefail
export LC_ALL=C.UTF-8

cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly cluster=deploy/local-cluster.sh
readonly ports=(8181 8182 8183 8191 8192 8193 9191 9192 9193 11191 11192 11193 54329)
readonly up_limit=300 paid_limit=30 down_limit=60 # seconds; up may have to build first

work=$(mktemp -d)
export FLEET_CLUSTER=$work/cluster # never a developer's own data
unset FLEET_POSTGRES

main() {
  need 'the ports of the nodes are free' are_free "${ports[@]}"
  need 'up starts three nodes' up
  check 'their status is ready' status_is 'ready ready ready'
  check 'up again says that they run' runs_already
  check 'a second cluster is told which port is taken' refuses_a_second
  need 'the payment printed to be tried is taken by node 2' try_payment 2
  check 'and paid, as every node can tell' is_paid 1 2 3
  check 'up says all addresses of the nodes' addresses_are_told
  check 'deploy/fleet finds the cluster' command_line_finds

  check 'twelve stores are opened, and readers moved into four of them' move_readers
  check 'and every node knows the state of all of them' fleet_is_right 1 2 3

  kill -KILL "$(<"$FLEET_CLUSTER/node3.pid")"
  check 'a killed node is missed by status' status_is 'ready ready missing'
  need 'a payment is taken by node 1 without it' try_payment 1
  check 'and paid, as both that are left can tell' is_paid 1 2
  check 'the boards of all stores are right again, also of those that were on it' fleet_is_right 1 2
  check 'up starts it again' up
  check 'it knows what happened while it was away' is_paid 3

  check 'down stops all of it' down
  check 'and leaves no port open' are_free "${ports[@]}"
  check 'and no address for deploy/fleet' test ! -e "$FLEET_CLUSTER/addresses"
  finish
}

up() {
  local since=$EPOCHREALTIME
  # Into a file, not a pipe, as the nodes would keep that open if they had it.
  timeout "$up_limit" "$cluster" up >"$work/printed" 2>&1 || complain "$(<"$work/printed")" || return 1
  echo "# It took $(elapsed "$since") s"
}

down() {
  local since=$EPOCHREALTIME
  timeout "$down_limit" "$cluster" down >"$work/said" 2>&1 || complain "$(<"$work/said")" || return 1
  [[ $(<"$work/said") == 'The cluster is down.' ]] || complain "$(<"$work/said")" || return 1 # no process had to be killed
  echo "# It took $(elapsed "$since") s"
}

status_is() {
  local told
  told=$("$cluster" status | sed -E 's/.*, ready$/ready/; s/.*, not ready$/busy/; s/.*does not run$/missing/' | xargs)
  [[ $told == "$1" ]] || complain "$told"
}

runs_already() {
  "$cluster" up >"$work/said" 2>&1 || complain "$(<"$work/said")" || return 1
  grep -qxF 'The cluster runs already.' "$work/said" || complain "$(<"$work/said")"
}

refuses_a_second() {
  ! FLEET_CLUSTER=$work/second "$cluster" up >"$work/said" 2>&1 || complain 'It started.' || return 1
  [[ $(<"$work/said") == *' port 8181 '* && $(wc -l <"$work/said") == 1 ]] || complain "$(<"$work/said")"
}

addresses_are_told() {
  local port
  for port in "${ports[@]:0:9}"; do
    grep -qF "http://127.0.0.1:$port" "$work/printed" || complain "It does not say $port." "$(<"$work/printed")" || return 1
  done
}

# As the next line of README.md has it, without an address.
command_line_finds() {
  env -u FLEET_URL deploy/fleet status --json >"$work/said" 2>&1 || complain "$(<"$work/said")" || return 1
  python3 -c 'import json, sys; sys.exit(len(json.load(sys.stdin)["nodes"]) != 3)' <"$work/said" ||
    complain "$(<"$work/said")"
}

# Payments

# The command that up prints, through the node that is asked for.
try_payment() {
  command=$(awk '/^ +curl / { found = 1 } found { more = sub(/\\$/, ""); printf "%s", $0; if (!more) exit }' \
    "$work/printed" | sed "s/:818[0-9]/:$((8180 + $1))/")
  [[ $command ]] || complain 'Nothing was printed to be tried.' || return 1
  local since=$EPOCHREALTIME
  wait_for "$paid_limit" 'a reader that is not busy' is_taken || return 1
  [[ $status == 201 ]] || complain "$status $(<"$work/answer")" || return 1
  echo "# It took $(elapsed "$since") s"
  path=$(grep -oE '/v0.1/[^ ]+/checkout' <<<"$command")/$(sed -E 's/.*"checkout_id":"([^"]+)".*/\1/' "$work/answer")
}

# A reader that still has a payment is asked again, and so is a node that cannot tell: the key makes it one payment.
is_taken() {
  local quiet="--silent --show-error --max-time 20 --output '$work/answer' --write-out '%{http_code}'"
  status=$(bash -c "$command $quiet -H 'Idempotency-Key: cluster-$passed'") || return 1
  [[ $status != 422 && $status != 503 ]]
}

is_paid() {
  local node
  for node in "$@"; do
    wait_for "$paid_limit" "the payment to be over on node $node" is_over "$node" || return 1
    grep -q '"status":"successful"' "$work/answer" || complain "$(<"$work/answer")" || return 1
  done
}

is_over() {
  curl --silent --fail --max-time 20 --output "$work/answer" -H 'Authorization: Bearer sup_sk_sandbox' \
    "http://127.0.0.1:$((8180 + $1))$path" && ! grep -q '"status":"pending"' "$work/answer"
}

# Stores

fleet() {
  local node=$1 path=$2
  shift 2
  curl --silent --fail --max-time 20 --output "$work/answer" -H 'Authorization: Bearer sup_sk_sandbox' \
    -H 'Content-Type: application/json' "http://127.0.0.1:$((8180 + node))/fleet/v1/$path" "$@"
}

move_readers() {
  local i id
  for i in {1..12}; do fleet 1 stores -d "{\"store\":\"shop-$i\"}" || complain "shop-$i was not opened" || return 1; done
  fleet 2 'readers?presence=FREE' || complain 'There is no list of readers.' || return 1
  i=0
  for id in $(grep -oE 'rdr_[0-9A-Z]{26}' "$work/answer" | sort -u); do
    i=$((i + 1))
    fleet 3 "readers/$id/move" -d "{\"store\":\"shop-$i\"}" || complain "$id was not moved" || return 1
  done
  moved=$i
  ((moved >= 3)) || complain "Only $moved readers were free."
}

# Within 5 seconds; a payment under way is a busy reader, not a wrong board.
fleet_is_right() {
  local node since=$EPOCHREALTIME
  for node in "$@"; do wait_for 5 "the state of all stores on node $node" stores_answer "$node" || return 1; done
  echo "# It took $(elapsed "$since") s"
}

stores_answer() {
  fleet "$1" 'status?by_store=true' || return 1
  python3 - "$work/answer" <<'PYTHON'
import json, sys
told = json.load(open(sys.argv[1]))
counts = told["readers"]
right = (told["stores"], told["failed"], counts["silent"], counts["offline"]) == (15, 0, 0, 0) and counts["total"] == 4
sys.exit(not right)
PYTHON
}

report() { tail -n 15 "$FLEET_CLUSTER"/node?.log 2>/dev/null | sed 's/^/# /' || true; }

clean_up() {
  "$cluster" down >/dev/null 2>&1 || true
  rm -rf "$work"
}

source tests/tap.sh
source tests/wait.sh
source tests/ports.sh

main

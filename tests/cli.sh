#!/usr/bin/env bash
# The fleet command line as a person uses it: in a terminal, against a node in the sandbox. Prints TAP.
set -euo pipefail
export LC_ALL=C.UTF-8

cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly program=artifacts/bin/Fleet.Server/debug/Fleet.Server.dll
readonly ready_limit=60 stop_limit=5 # seconds
readonly size=30x170                 # of the terminal

work=$(mktemp -d)
node='' # its process
operations='' address='' # of the node

main() {
  export PATH=$PWD/deploy:$PATH
  export HTTP_PROXY=http://127.0.0.1:9 # leads nowhere, and must not be asked: what happens here is between neighbours
  need 'Fleet was built' test -e "$program"
  check 'help is there at once' help
  need 'a node takes its first payment' start_node
  check 'the doctor finds nothing wrong' prints 0 'ok +operations /metrics' fleet doctor --operations "$operations"
  check 'a payment is taken from the command line' pay
  check 'why tells what happened, when, where and to what end' why
  check 'a receipt as a PDF goes into a file' receipt_is_redirected
  check 'top shows the readers, filters, searches, and gives the screen back' top_is_used
  check 'top fits a small terminal' shows 12x60 'NAME +STATE +AMOUNT' q -- fleet top
  check 'Ctrl-C ends top too' shows "$size" 'Store 1 lane 1' '\x03' -- fleet top
  check 'Ctrl-C ends a watch' shows "$size" 'Store 1 lane 1' '\x03' -- fleet readers watch
  check 'many readers at once have a progress bar and a sum' rename_many
  check 'the Python of docs/keys.md agrees to an audit export, and refuses one that was changed' export_is_verified
  check 'without a terminal top writes lines' prints 0 '4 readers in [0-9]+ stores' fleet top --count 2 --every 1
  check 'Tab completes in bash' completes
  check 'top says so when the node goes away' node_goes_away
  finish
}

help() {
  local since=$EPOCHREALTIME
  prints 0 '^  fleet \[command\] \[options\]$' fleet --help || return 1
  echo "# fleet --help took $(milliseconds "$since") ms"
}

start_node() {
  local grpc silo
  address=http://127.0.0.1:$(free_port) grpc=$(free_port) silo=$(free_port) operations=http://127.0.0.1:$(free_port)
  export FLEET_URL=http://127.0.0.1:$grpc
  dotnet "$program" "--urls=$address" "--grpc-url=$FLEET_URL" "--operations-url=$operations" \
    "--silo-port=$silo" "--data=$work/data" \
    >"$work/node" 2>&1 </dev/null &
  node=$!
  disown
  wait_for "$ready_limit" 'the first payment' grep -q '^Ctrl-C' "$work/node" || complain "$(<"$work/node")"
}

# With a name for the order, so that the next one is another.
pay() {
  prints 0 'succeeded: successful, 15\.00 EUR' fleet checkout start 15.00 EUR --store store-1 --description Coffee --wait ||
    return 1
  checkout=$(grep -oE '[0-9a-f]{8}-[0-9a-f-]{27}' "$work/printed" | head -n 1)
}

why() {
  prints 0 '^15\.00 EUR, Coffee: successful$' fleet why "$checkout" || return 1
  local line
  for line in 'till +accepted the order' 'device +asked to start' 'device +charged the card' '^15\.00 EUR charged'; do
    grep -qE "$line" "$work/printed" || complain "It does not say: $line" "$(<"$work/printed")" || return 1
  done
  sed 's/^/# /' "$work/printed"
}

receipt_is_redirected() {
  fleet receipt "$checkout" --pdf >"$work/receipt.pdf" 2>"$work/printed" || complain "$(<"$work/printed")" || return 1
  [[ $(head -c 5 "$work/receipt.pdf") == %PDF- ]] || complain 'It is no PDF.'
}

top_is_used() {
  fleet checkout start 20.00 EUR --store store-1 >/dev/null
  shows "$size" '20\.00 EUR +[0-9.]+ s' f 'filter: busy' f 'filter: offline' '/lane 2\r' 'search: lane 2' '\x1b' \
    'filter: all' q -- fleet top || return 1
  grep -q '^restored$' "$work/printed" || complain 'The screen of before did not come back.' "$(<"$work/printed")" ||
    return 1
  sed '/^----$/,$d; s/^/# /' "$work/printed"
}

rename_many() {
  fleet readers list --json | python3 -c '
import json, sys
print("reader_id,name")
for reader in json.load(sys.stdin)["readers"]:
    print(reader["reader_id"], "\"" + reader["name"] + " (new)\"", sep=",")' >"$work/list.csv"
  echo 'rdr_00000000000000000000000000,Nobody' >>"$work/list.csv"
  python3 tests/screen.py "$size" -- fleet readers rename --from "$work/list.csv" >"$work/printed" || true
  local line
  for line in '100%|━' '6 +rdr_0+ +NOT_FOUND' '4 renamed, 1 not'; do
    grep -qE "$line" "$work/printed" || complain "It does not show: $line" "$(<"$work/printed")" || return 1
  done
}

export_is_verified() {
  the_block docs/keys.md python >"$work/verifier" || return 1
  curl --silent --show-error --fail --header 'Authorization: Bearer sup_sk_sandbox' \
    "$address/fleet/v1/audit?from=$(date --utc --date='1 hour ago' +%FT%TZ)&page_size=500" >"$work/audit" || return 1
  change_audit || complain 'It has no chain of three rows:' "$(<"$work/audit")" || return 1
  verify "$work/audit" >"$work/printed" 2>&1 || complain "$(<"$work/printed")" || return 1
  prints 1 'AssertionError: .* was changed$' verify "$work/changed" || return 1
  prints 1 'AssertionError: .* does not follow$' verify "$work/shorter"
}

verify() { python3 "$work/verifier" <"$1"; }

# The export once with another subject in a row, and once without a row in the middle of a chain.
change_audit() {
  python3 - "$work/audit" "$work/changed" "$work/shorter" <<'PYTHON'
import collections, json, sys
export, changed, shorter = sys.argv[1:]
rows = json.load(open(export))["rows"]
(chain, length), = collections.Counter(row["chain"] for row in rows).most_common(1)
assert length >= 3
middle = sorted((row for row in rows if row["chain"] == chain), key=lambda row: row["seq"])[length // 2]
json.dump({"rows": [row | {"subject": "another"} if row is middle else row for row in rows]}, open(changed, "w"))
json.dump({"rows": [row for row in rows if row is not middle]}, open(shorter, "w"))
PYTHON
}

completes() {
  # shellcheck disable=SC1090
  source <(fleet completion bash)
  COMP_WORDS=(fleet readers m) COMP_CWORD=2 COMPREPLY=()
  _fleet
  [[ ${COMPREPLY[*]} == move ]] || complain "${COMPREPLY[*]}"
}

node_goes_away() {
  local gone=$node
  node='' # that it ends is what is wanted
  : >"$work/printed"
  {
    wait_for "$ready_limit" top grep -q 'Store 1 lane 1' "$work/printed" || true
    kill -KILL "$gone"
  } &
  shows "$size" 'Store 1 lane 1' '' 'Fleet cannot be reached' q -- fleet top || return 1
  prints 3 'cannot be reached' fleet status
}

# Words of this file

# prints CODE TEXT COMMAND...
prints() {
  local code=0 wanted=$1 text=$2
  shift 2
  "$@" >"$work/printed" 2>&1 </dev/null || code=$?
  ((code == wanted)) || complain "$*: exit code $code" "$(<"$work/printed")" || return 1
  grep -qE "$text" "$work/printed" || complain "$* does not say: $text" "$(<"$work/printed")"
}

# shows SIZE TEXT KEYS [TEXT KEYS]... -- COMMAND...: what a terminal shows, until the command ends well
shows() {
  python3 tests/screen.py "$@" >"$work/printed" 2>&1 || complain "$(<"$work/printed")"
}

is_gone() { ! kill -0 "$1" 2>/dev/null; }

lives() { [[ -z $node ]] || ! is_gone "$node"; }

clean_up() {
  if [[ $node ]]; then
    local ending=$node
    node='' # that it ends is what is waited for
    kill -INT "$ending" 2>/dev/null || true
    wait_for "$stop_limit" 'its end' is_gone "$ending" || kill -KILL "$ending"
  fi
  rm -rf "$work"
}

source tests/tap.sh
source tests/blocks.sh
source tests/wait.sh
source tests/ports.sh

main

#!/usr/bin/env bash
# Walks docs/first-real-store.md: runs its blocks as they are printed, on a PostgreSQL of its own, from the program that is
# published to a payment over TLS that a device takes. Left out are the first block, which has the names of a real shop, and the one of
# systemd, whose unit is checked instead. Prints TAP.
set -euo pipefail
export LC_ALL=C.UTF-8

cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly page=docs/first-real-store.md unit=deploy/fleet.service
readonly ports=(8081 9090 11111) # gRPC, operations and the silo: the page names none of them
readonly walk_limit=600 ready_limit=60 stop_limit=40 # seconds; most of the walk is the build

work=$(mktemp -d)
walk='' # the process group of it

main() {
  need 'the ports of a node are free' are_free "${ports[@]}"
  need 'a PostgreSQL starts' start_postgres
  check 'the page has a step for each name that the test gives' has_names
  check 'its commands lead to a payment on a device' take_payment
  check 'the licence of the font is published with it' test -s "$work/program/DejaVuSansMono.LICENSE.txt"
  check 'the secret of webhooks is kept from others' is_private "$work/settings/webhook.secret"
  check 'the next start of the node warns of nothing' start_again
  check 'the unit of systemd is accepted' verify_unit
  check 'the unit runs what the page publishes' runs_program
  finish
}

start_postgres() {
  database=$(deploy/local-postgres.sh up "$work/postgres" "$(free_port)" | tail -n 1)
}

# The first block sets these and nothing else.
has_names() {
  local name
  split_blocks "$page" "$work/blocks"
  mapfile -t blocks < <(printf '%s\n' "$work/blocks"/*.sh | sort -t : -k 2 -n)
  for name in program settings host port database; do
    grep -qE "(^| )$name=" "${blocks[0]}" || complain "The first block does not set $name." || return 1
  done
}

take_payment() {
  write_walk >"$work/walk.sh"
  set -m
  timeout "$walk_limit" bash "$work/walk.sh" >"$work/printed" 2>&1 </dev/null &
  walk=$!
  set +m
  wait_for "$walk_limit" 'the end of the walk' is_over || return 1
  grep -qx 'walked' "$work/printed" || complain 'A command failed.' || return 1
  grep -qE '"status": ?"successful"' "$work/printed" || complain 'It was not paid.'
}

# The blocks in their order, with the names of this test, until the payment has its outcome.
write_walk() {
  local block
  cat <<BASH
set -euo pipefail
program=$work/program settings=$work/settings host=localhost port=$(free_port)
database='$database'
BASH
  for block in "${blocks[@]:1}"; do
    grep -q '^sudo ' "$block" || cat "$block"
  done
  printf '\necho walked\nwait\n' # the node and the device run until they are ended
}

is_private() { [[ $(<"$1") == whsec_* && $(stat --format %a "$1") == 600 ]] || complain "$(ls -l "$1")"; }

# With the settings of the page, when the node of the walk has ended.
start_again() {
  kill -TERM -- "-$walk"
  wait_for "$stop_limit" 'the end of the node' is_gone || return 1
  set -m
  (
    set -a
    source "$work/settings/fleet.env"
    exec dotnet "$work/program/Fleet.Server.dll" --urls "$LISTEN"
  ) >"$work/again" 2>&1 </dev/null &
  walk=$!
  set +m
  wait_for "$ready_limit" 'the node' grep -q '^Fleet is ready' "$work/again" || complain "$(<"$work/again")" || return 1
  ! grep -E '^(warn|fail|crit): ' --after-context=1 "$work/again" | sed 's/^/# /' | grep .
}

is_over() { grep -qx 'walked' "$work/printed" || ! kill -0 "$walk" 2>/dev/null; }

verify_unit() {
  command -v systemd-analyze >/dev/null || return 0
  local said
  said=$(systemd-analyze verify "$unit" 2>&1) && [[ -z $said ]] || complain "$said"
}

runs_program() {
  local program settings
  program=$(sed -nE 's/^program=([^ ]+) .*/\1/p' "${blocks[0]}")
  settings=$(sed -nE 's/.* settings=([^ ]+) .*/\1/p' "${blocks[0]}")
  grep -qF "ExecStart=/usr/bin/dotnet $program/Fleet.Server.dll" "$unit" || complain "$unit runs another program." || return 1
  grep -qF "EnvironmentFile=$settings/fleet.env" "$unit" || complain "$unit reads other settings."
}

report() { [[ ! -f $work/printed ]] || sed 's/^/# /' "$work/printed"; }

clean_up() {
  [[ -z $walk ]] || kill -TERM -- "-$walk" 2>/dev/null || true
  [[ -z $walk ]] || wait_for "$stop_limit" 'the end of the node' is_gone || kill -KILL -- "-$walk" 2>/dev/null || true
  deploy/local-postgres.sh kill "$work/postgres" >/dev/null 2>&1 || true
  rm -rf "$work"
}

is_gone() { ! kill -0 -- "-$walk" 2>/dev/null; }

source tests/tap.sh
source tests/blocks.sh
source tests/wait.sh
source tests/ports.sh

main

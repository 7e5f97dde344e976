#!/usr/bin/env bash
# Do nodes of another version and of this one share a cluster, and do they read each other's data? Prints TAP.
#
#   tests/upgrade.sh OTHER     the folder of the other program, with Fleet.Server.dll in it: that of a release, or
#                              artifacts/bin/Fleet.Server/debug of a worktree that stands on an older commit
#
# Builds this version, and needs about six minutes. Three nodes of the other version are replaced by this one, one after
# the other, and back again, while readers of both take payments: nothing is charged twice or lost, and each outcome is
# told. A folder of SQLite goes to this version and back.
set -euo pipefail
export LC_ALL=C.UTF-8

readonly other=$(realpath -m -- "${1:-}") limit=15m
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly torture=artifacts/bin/Fleet.Torture/debug/Fleet.Torture.dll

work=$(mktemp -d)

main() {
  need 'there is another program' is_program
  need 'this version is built' build
  check 'a folder of SQLite tells the same story to both versions, there and back' runs '*UpgradeFolderTests'
  check 'nodes are replaced one by one under load, there and back, and nothing is lost, repeated or misunderstood' \
    runs '*UpgradeTests'
  finish
}

is_program() {
  [[ -f $other/Fleet.Server.dll ]] || complain "Usage: ${0##*/} FOLDER, with Fleet.Server.dll in it." || return 1
  [[ $other != "$PWD/artifacts/bin/Fleet.Server/debug" ]] || complain 'That is this version itself.'
}

build() {
  MSBUILDDISABLENODEREUSE=1 DOTNET_NOLOGO=1 dotnet build tests/Fleet.Torture --nologo -v quiet >"$work/build" 2>&1 ||
    complain "$(tail -n 20 -- "$work/build")"
}

# What the tests saw is worth reading also when all is well.
runs() {
  local code=0
  FLEET_TEST_OTHER_PROGRAM=$other TMPDIR=$work timeout "$limit" dotnet "$torture" --progress off --no-ansi \
    --show-live-output on --filter-class "$1" >"$work/log" 2>&1 || code=$?
  sed 's/^/# /' -- "$work/log"
  return "$code"
}

clean_up() { rm -rf -- "$work"; }

source tests/tap.sh

main

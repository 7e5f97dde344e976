#!/usr/bin/env bash
# Is there a way to this version and back? Prints TAP. Needs a build, and sqlite3.
#
#   tests/upgrade.sh           from the release before, whose commit or tag stands in tests/previous-release
#   tests/upgrade.sh OTHER     from another program: a folder with Fleet.Server.dll in it
#
# Three nodes of the other version are replaced by this one, one after the other, and back again, on a schema to which
# a later version has added, while readers of both take payments: nothing is charged twice or lost, and each outcome is
# told. A folder of SQLite goes to this version and back in the same way.
#
# The release before is built once, from the commit in this clone, into artifacts/releases/COMMIT.
set -euo pipefail
export LC_ALL=C.UTF-8

cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly torture=artifacts/bin/Fleet.Torture/debug/Fleet.Torture.dll limit=8m
readonly there_and_back='from the release before to this version and back:'

work=$(mktemp -d)
other=${1:+$(realpath -m -- "$1")}

main() {
  need 'this version was built' test -e "$torture"
  if [[ ! $other ]]; then find_release; fi
  need 'there is another program' is_program
  check "$there_and_back a folder of SQLite tells the same story" runs '*UpgradeFolderTests'
  check "$there_and_back nodes are replaced one by one under load, and nothing is lost, repeated or misunderstood" \
    runs '*UpgradeTests'
  finish
}

# Without the commit, as in a clone of the last commits only, there is nothing to compare with.
find_release() {
  local release commit breaks
  release=$(<tests/previous-release)
  if ! commit=$(git rev-parse --verify --quiet "$release^{commit}"); then
    skip "$there_and_back" "this clone does not have $release, which tests/previous-release names: git fetch --unshallow"
    finish
  fi
  breaks=$(find_breaks "$commit")
  if [[ $breaks ]]; then
    skip "$there_and_back" "there is no way back. $breaks"
    finish
  fi
  other=$PWD/artifacts/releases/$commit
  [[ -f $other/Fleet.Server.dll ]] || need "the release before, $release, can be built" build_release "$commit"
}

# Scripts for the schema since then that the release before cannot live with.
find_breaks() {
  local script
  for script in src/Fleet.Server/Storage/*/*.sql; do
    git cat-file -e "$1:$script" 2>/dev/null || grep -H '^-- older programs: cannot' -- "$script" || true
  done
}

build_release() {
  mkdir -p "$work/source" artifacts/releases
  git archive "$1" | tar -x -C "$work/source"
  MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false DOTNET_NOLOGO=1 \
    dotnet build "$work/source/src/Fleet.Server" --nologo -v quiet -p:RestoreLockedMode=true -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false >"$work/log" 2>&1 ||
    complain "$(tail -n 20 -- "$work/log")" || return 1
  # The folder gets its name when all of it is there.
  rm -rf -- "$other" "$other.new"
  mv -- "$work/source/artifacts/bin/Fleet.Server/debug" "$other.new"
  mv -- "$other.new" "$other"
}

is_program() {
  [[ -f $other/Fleet.Server.dll ]] || complain "Usage: ${0##*/} FOLDER, with Fleet.Server.dll in it." || return 1
  [[ $other != "$PWD/artifacts/bin/Fleet.Server/debug" ]] || complain 'That is this version itself.'
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

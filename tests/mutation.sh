#!/usr/bin/env bash
# How many faults the specs of the rules notice: Stryker makes each of many small changes in Fleet.Core and runs the specs
# that reach it. Prints the score in percent and where the report is; fails below the least score. It takes about ten
# minutes on an idle machine, so it is no part of tests/run.sh.
#
#   tests/mutation.sh                          all of Fleet.Core
#   tests/mutation.sh --mutate '**/Ids.cs'     more options of Stryker
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly least=80 good=90 # percent; raise the first one with the score, and never lower it
readonly report=$PWD/artifacts/mutation

export MSBUILDDISABLENODEREUSE=1 DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
dotnet tool restore
cd tests/Fleet.Core.Tests
# The runner for Microsoft.Testing.Platform, the only one that runs these specs. It is in preview: what is computed once in a
# process, such as a list of currencies, counts as not noticed there although specs fail over it.
exec nice -n 19 dotnet stryker --test-runner mtp --project Fleet.Core.csproj --concurrency "${MUTATION_CORES:-1}" \
  --break-at "$least" --threshold-low "$least" --threshold-high "$good" \
  --reporter Html --reporter Progress --output "$report" --skip-version-check "$@"

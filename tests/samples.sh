#!/usr/bin/env bash
# The samples as a newcomer runs them: one node, and beside it a till, a receiver of webhooks and a device, each started as
# its README.md says; the tests of a till, which docs/testing-your-till.md shows; a program with the packages of the
# client; the C# of docs/simulator.md, which is a device too; and a short run of a benchmark. Prints TAP.
set -euo pipefail
export LC_ALL=C.UTF-8

cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly program=artifacts/bin/Fleet.Server/debug/Fleet.Server.dll
readonly simulator=artifacts/bin/Fleet.Simulator/debug/Fleet.Simulator.dll
readonly server='dotnet run --project src/Fleet.Server' # which was built, so $program is started
readonly ports=(8080 8081 9090 11111 5000)              # those of Fleet, of its silo and of the receiver: the samples name them
readonly ready_limit=60 pay_limit=60 command_limit=300 stop_limit=5 # seconds
readonly receiver=http://127.0.0.1:5000/ device='My own device'

work=$(mktemp -d)
clone=$work/clone samples=$work/clone/samples # a copy, because the samples write beside themselves
declare -A running # processes by what they are: node, receiver, device

main() {
  need 'Fleet was built' test -e "$program"
  need 'the ports of Fleet and the receiver are free' are_free "${ports[@]}"
  copy_clone
  need 'a node starts that may send webhooks to this machine' start_node

  need 'the packages of the till are installed' run 01-first-payment 1
  check 'a till takes its first payment' prints '^12\.50 EUR: successful$' run 01-first-payment 2
  check 'it says in one line what is refused' tells_refusal

  need 'a receiver of webhooks starts' start_receiver
  check 'it verifies what Fleet tells of a payment' hears
  check 'it refuses what is not signed' refuses_forgery

  need 'a device of your own shows a pairing code' start_device 'pairing code'
  need 'it is paired at a till' pair
  check 'it takes a payment' pay_on_device
  check 'killed and started again, it knows who it is' restart_device
  check 'it takes a payment after that too' pay_on_device
  check 'unpaired, it shows another code' unpair

  check 'the blocks of docs/testing-your-till.md are in the sample' shows_till_tests
  check 'the tests of a till in Python pass' run 04-test-your-till 1
  need 'the packages of the tests in JavaScript are installed' run 04-test-your-till 2
  check 'the tests of a till in JavaScript pass' run 04-test-your-till 3
  check 'the tests of a till in C# pass' run 04-test-your-till 4

  check 'the block of src/Fleet.Client/README.md is in the sample' shows_client
  need 'the packages of the client are made' pack_client
  check 'the protos in the package compile in a folder without anything else' compile_protos
  check 'a program that uses them starts a payment once' prints '^again: the same checkout$' run_client

  need 'the C# of docs/simulator.md compiles' build_library
  check 'it is a device until it is cancelled' run_library

  check 'the benchmark of the layers runs' run_layers
  finish
}

# Whether it runs, not how fast: other tests run beside it.
run_layers() {
  dotnet artifacts/bin/Fleet.Benchmarks/debug/Fleet.Benchmarks.dll layers --rounds 2 --readers 10 --out "$work/layers.json" \
    >"$work/printed" 2>&1 </dev/null || complain "$(tail -n 5 "$work/printed")" || return 1
  [[ $(grep -c '"median"' "$work/layers.json") == 4 ]] || complain 'It does not measure four layers.'
}

copy_clone() {
  mkdir "$clone"
  cp -r samples "$clone"
  ln -s "$PWD/deploy" "$PWD/artifacts" "$clone"
}

# The commands of a README.md, one a line.
commands() { shell_of "$samples/$1/README.md"; }

# run SAMPLE NUMBER [CHANGE]: one of them, as it is printed but for what a reader fills in, at the top of the clone.
run() {
  local command
  command=$(commands "$1" | sed -n "$2p" | sed "${3-}")
  [[ $command ]] || complain "$1 has no command $2." || return 1
  timeout "$command_limit" env -C "$clone" bash -c "exec env $command" >"$work/printed" 2>&1 </dev/null ||
    complain "$command" "$(<"$work/printed")"
}

prints() {
  local text=$1
  shift
  "$@" || return 1
  grep -qE "$text" "$work/printed" || complain "It does not print: $text" "$(<"$work/printed")"
}

# launch NAME COMMAND: at the top of the clone until clean_up, printing into a file of its name.
launch() {
  env -C "$clone" bash -c "exec env $2" >"$work/$1" 2>&1 </dev/null &
  running[$1]=$!
  disown
}

start_node() {
  local command
  command=$(commands 02-webhook-receiver | sed -n 1p)
  [[ $command == "$server -- "* ]] || complain "It starts with another command: $command" || return 1
  launch node "dotnet $program ${command#"$server -- "} --data=$work/data"
  wait_for "$ready_limit" 'the first payment' grep -q '^Ctrl-C' "$work/node" || complain "$(<"$work/node")"
}

# A payment on the first reader, while another one is on it.
tells_refusal() {
  launch busy "$(commands 01-first-payment | sed -n 2p)"
  wait_for "$pay_limit" 'the payment before' grep -q ' shows ' "$work/busy" || complain "$(<"$work/busy")" || return 1
  ! run 01-first-payment 2 >"$work/complaint" && [[ $(<"$work/printed") == 'There is a pending checkout for the device.' ]] ||
    complain "$(<"$work/printed")" || return 1
  wait_for "$pay_limit" 'its end' is_gone "${running[busy]}" || return 1
  unset 'running[busy]'
}

start_receiver() {
  launch receiver "$(commands 02-webhook-receiver | sed -n 2p)"
  wait_for "$ready_limit" 'the receiver' listens 5000 || complain "$(<"$work/receiver")"
}

hears() {
  run 02-webhook-receiver 4 || return 1
  local checkout
  checkout=$(sed -nE 's/.*, checkout (.+)$/\1/p' "$work/printed")
  wait_for "$pay_limit" 'the webhook' grep -q "^verified .* successful$" "$work/receiver" ||
    complain "$(<"$work/receiver")" || return 1
  grep -q "^verified $checkout " "$work/receiver" || complain "Not about $checkout:" "$(<"$work/receiver")"
}

refuses_forgery() {
  local before status
  before=$(<"$work/receiver")
  status=$(curl --silent --output /dev/null --write-out '%{http_code}' --data '{"id":"1","payload":{"status":"successful"}}' \
    --header 'webhook-id: 1' --header "webhook-timestamp: $EPOCHSECONDS" --header 'webhook-signature: v1,AAAA' "$receiver")
  [[ $status == 401 && $(<"$work/receiver") == "$before" ]] || complain "$status" "$(<"$work/receiver")"
}

start_device() {
  launch device "$(commands 03-your-own-device | sed -n 1p)"
  wait_for "$ready_limit" "$1" grep -q "^$1 " "$work/device" || complain "$(<"$work/device")"
}

pair() {
  local code
  code=$(sed -nE 's/^pairing code (.+)$/\1/p' "$work/device" | tail -n 1)
  run 03-your-own-device 2 "s/CODE/$code/" || return 1
  wait_for "$ready_limit" 'the device' grep -q "^paired as $device$" "$work/device" || complain "$(<"$work/device")"
}

pay_on_device() {
  run 03-your-own-device 4 || return 1
  wait_for "$stop_limit" 'what the device says' grep -q '^approved ' "$work/device" || complain "$(<"$work/device")"
}

restart_device() {
  kill -KILL "${running[device]}"
  wait_for "$stop_limit" 'its end' is_gone "${running[device]}" || return 1
  start_device "paired as"
}

unpair() {
  local id
  id=$(deploy/fleet readers list --json | python3 -c '
import json, sys
print(*(one["reader_id"] for one in json.load(sys.stdin)["readers"] if one["name"] == sys.argv[1]))' "$device")
  deploy/fleet readers unpair "$id" >"$work/printed" 2>&1 || complain "$(<"$work/printed")" || return 1
  wait_for "$ready_limit" 'a code' grep -q '^pairing code ' "$work/device" || complain "$(<"$work/device")"
}

# Each block of a program stands in the program, word for word.
shows_till_tests() {
  local page=docs/testing-your-till.md language file
  while read -r language file; do
    the_block "$page" "$language" >"$work/block" || return 1
    python3 -c 'import sys; sys.exit(open(sys.argv[1]).read().strip() not in open(sys.argv[2]).read())' \
      "$work/block" "samples/04-test-your-till/$file" || complain "$page shows another $file." || return 1
  done <<<$'python till_test.py\njs till.test.mjs\ncsharp csharp/till.cs'
}

# Line by line, without its indentation.
shows_client() {
  the_block src/Fleet.Client/README.md csharp >"$work/block" || return 1
  python3 -c '
import sys
block, program = ("\n".join(line.strip() for line in open(name).read().strip().splitlines()) for name in sys.argv[1:])
sys.exit(block not in program)' "$work/block" samples/05-dotnet-client/Program.cs || complain 'The sample has other lines.'
}

# From what was built already, into the folder of the sample.
pack_client() {
  local number command
  for number in 1 2; do
    command=$(commands 05-dotnet-client | sed -n "${number}p")
    [[ $command == 'dotnet pack src/'*' --output samples/05-dotnet-client/packages' ]] ||
      complain "Another command: $command" || return 1
    ${command/samples/"$samples"} --no-build --configuration Debug --nologo \
      >"$work/printed" 2>&1 </dev/null || complain "$(<"$work/printed")" || return 1
  done
}

# With the compiler of Grpc.Tools, whose package the build unpacked. google/protobuf comes with it.
compile_protos() {
  local folder=$work/protos tools protoc
  tools=$(grep -oP '(?<="Grpc.Tools" Version=")[^"]+' Directory.Packages.props)
  tools=${NUGET_PACKAGES:-$HOME/.nuget/packages}/grpc.tools/$tools
  protoc=$(find "$tools/tools" -path "*linux_$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')/protoc")
  python3 -m zipfile -e "$samples"/05-dotnet-client/packages/Fleet.Protocol.*.nupkg "$folder" || return 1
  (cd "$folder/protos" && "$protoc" -I. "-I$tools/build/native/include" --descriptor_set_out=fleet.pb fleet/v1/*.proto) \
    >"$work/printed" 2>&1 || complain "$(<"$work/printed")"
}

# All other packages are on this machine already, where the build unpacked them.
run_client() (
  export RestoreFallbackFolders=${NUGET_PACKAGES:-$HOME/.nuget/packages}
  run 05-dotnet-client 3
)

# In a project of its own, with what the document leaves to its reader: where cancel comes from, here from SIGTERM.
build_library() {
  local folder=$work/library.project
  mkdir "$folder"
  cat >"$folder/library.csproj" <<XML
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <Nullable>enable</Nullable>
    <ImplicitUsings>enable</ImplicitUsings>
    <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
  </PropertyGroup>
  <ItemGroup><Reference Include="$PWD/$simulator" /></ItemGroup>
</Project>
XML
  {
    cat <<'CSHARP'
using System.Runtime.InteropServices;
using Fleet.Simulator;

using var stop = new CancellationTokenSource();
using var signals = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
{
    signal.Cancel = true;
    stop.Cancel();
});
var cancel = stop.Token;
CSHARP
    the_block docs/simulator.md csharp
  } >"$folder/Program.cs" || return 1
  dotnet build "$folder" --output "$folder/out" --nologo -v quiet --disable-build-servers >"$work/printed" 2>&1 </dev/null ||
    complain "$(<"$work/printed")"
}

# It prints what changes, and at its end how many cards it has charged.
run_library() {
  launch library "dotnet $work/library.project/out/library.dll"
  wait_for "$ready_limit" 'its pairing code' grep -qE 'Serial = SIMULATED-01, .*PairingCode = [^ ,]' "$work/library" ||
    complain "$(<"$work/library")" || return 1
  kill -TERM "${running[library]}"
  wait_for "$stop_limit" 'its end' is_gone "${running[library]}" || return 1
  unset 'running[library]'
  [[ $(tail -n 1 "$work/library") == 0 ]] || complain "$(<"$work/library")"
}

is_gone() { ! kill -0 "$1" 2>/dev/null; }

lives() { [[ -z ${running[node]-} ]] || ! is_gone "${running[node]}"; }

report() { [[ ! -f $work/node ]] || sed 's/^/# /' "$work/node"; }

clean_up() {
  local ending=("${running[@]}") pid
  running=() # that they end is what is waited for
  for pid in "${ending[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${ending[@]}"; do wait_for "$stop_limit" 'its end' is_gone "$pid" || kill -KILL "$pid" || true; done
  rm -rf "$work"
}

source tests/tap.sh
source tests/blocks.sh
source tests/wait.sh
source tests/ports.sh

main

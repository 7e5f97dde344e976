#!/usr/bin/env bash
# `Fleet.Simulator check` against devices: those that come with Fleet keep every rule, and each copy of the sample that was
# broken on purpose is found. Prints TAP. Needs a build, and no node.
set -euo pipefail
export LC_ALL=C.UTF-8

cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly simulator=artifacts/bin/Fleet.Simulator/debug/Fleet.Simulator.dll
readonly sample=samples/03-your-own-device
readonly limit=120 # seconds for one examination

work=$(mktemp -d)

main() {
  need 'Fleet was built' test -e "$simulator"
  check 'the simulator keeps every rule' \
    keeps "dotnet $simulator readers --count 1 --server {server} --serial-prefix {serial}- --journal {journal} --pace 0.05"
  check 'the Virtual Solo of the browser keeps every rule' \
    keeps 'node tests/solo/run.mjs --server {server} --serial {serial} --journal {journal} --pace 0.05'
  check 'the sample keeps every rule' keeps "python3 $sample/device.py {server} {journal}/journal.json" 5 # it takes no settings
  check 'a person is told when to switch a device off and on' tells_person
  check 'its document in JSON has the same rules' writes_json
  check 'a rule that no rule is called is refused' refuses_unknown_rule
  check 'a device that does not start breaks every rule at once' notices_end

  finds 'keeps no credential' 'The credential is on disk' device.py \
    'self.journal.write(reader_id=frame["reader_id"], credential=frame["credential"])' \
    'self.journal.now |= {"reader_id": frame["reader_id"], "credential": frame["credential"]}'
  finds 'lets others read its credential' 'The files of the journal' journal.py 0o600 0o644
  finds 'keeps no result' 'Killed between result and ack' journal.py \
    'self.write(results={**self.now["results"], checkout: result})' 'self.now["results"][checkout] = result'
  finds 'repeats no result' 'Killed between terminated and ack' device.py \
    'for checkout in self.journal.waiting():' 'for checkout in []:'
  finds 'obeys other epochs' 'A frame of another epoch' device.py 'frame["epoch"] != self.epoch' False
  finds 'takes a card before it may' 'No card is taken before granted' device.py \
    'print("shows", ' 'self.on_granted({"checkout_id": checkout}) or print("shows", '
  finds 'takes a card after the window' 'No card is taken before granted' device.py \
    ' or time.monotonic() > self.until' ''
  finds 'asks for a start after the window' 'whose window is over' device.py \
    'if order["remaining_ms"] <= 0 and not order["started"]:' 'if False:'
  finds 'pays twice' 'was paid is answered with its result' device.py \
    $'        if self.journal.result(checkout):\n            self.send_result(checkout)\n            return\n' ''
  finds 'pays what another life was granted' 'started checkout that it does not know' device.py \
    'if order["started"] and not known:' 'if False:'
  finds 'says terminated of all' 'terminate of another checkout' device.py \
    'elif self.order and self.order["checkout_id"] == checkout:' 'else:'
  finds 'says terminated and a result' 'Swept over a payment' device.py \
    '    def on_terminate(self, frame):' \
    $'    def on_terminate(self, frame):\n        return self.finish(frame["checkout_id"], "terminated")'
  finds 'is silent about pings' 'A ping is answered' device.py 'self.send("pong")' pass
  finds 'dials without back-off' 'random back-off' device.py 'time.sleep(random.uniform(' 'time.sleep(0 * random.uniform('
  finds 'is unpaired by any frame' 'unpaired of another reader' device.py \
    'if frame["reader_id"] == self.journal.now["reader_id"]:' 'if True:'
  finds 'sends frames without a limit' 'its status and its state' device.py 'connection_type="usb"' 'connection_type="usb" * 8192'
  finish
}

# examine COMMAND OPTION...: what is printed goes into a file.
examine() {
  local command=$1
  shift
  timeout "$limit" dotnet "$simulator" check --run "$command" "$@" >"$work/printed" 2>&1 </dev/null
}

keeps() {
  examine "$1" || complain "$(<"$work/printed")" || return 1
  grep -q " passed, 0 failed, ${2:-1} skipped$" "$work/printed" || complain "$(grep -v '^pass' "$work/printed")"
}

# A device that is not started by the examination: this script is the person.
tells_person() {
  local port line said pid device='' code=0
  port=$(free_port)
  mkdir "$work/held"
  coproc examination {
    timeout "$limit" dotnet "$simulator" check --port "$port" --only Killed 2>&1 >"$work/printed" </dev/null
  }
  pid=$examination_PID
  exec {said}<&"${examination[0]}" # bash forgets both at its end
  while read -r line <&"$said"; do
    [[ -z $device ]] || kill -KILL "$device"
    python3 "$sample/device.py" "ws://127.0.0.1:$port/link/v1" "$work/held/journal.json" >"$work/device" 2>&1 &
    device=$!
    disown
  done
  exec {said}<&-
  wait "$pid" || code=$?
  kill -KILL "$device" || true
  # the sample takes no settings, so that rule is skipped
  [[ $code == 0 && $(tail -n 1 "$work/printed") == '4 passed, 0 failed, 1 skipped' ]] || complain "$code" "$(<"$work/printed")"
}

writes_json() {
  examine "python3 $sample/device.py {server} {journal}/journal.json" --json --only 'hello' || complain "$(<"$work/printed")" ||
    return 1
  python3 -c '
import json, sys
report = json.load(open(sys.argv[1]))
assert report["passed"] == len(report["rules"]) > 3 and report["failed"] == 0, report
assert all(one["verdict"] == "pass" for one in report["rules"])' "$work/printed" || complain "$(<"$work/printed")"
}

refuses_unknown_rule() {
  local code=0
  examine true --only 'no such rule' || code=$?
  [[ $code == 2 && $(<"$work/printed") == *'No rule has'* ]] || complain "$code" "$(<"$work/printed")"
}

notices_end() {
  local code=0
  examine 'echo no such device; exit 3' || code=$?
  [[ $code == 1 && $(<"$work/printed") == *'The device ended by itself.'*'printed  no such device'*'0 passed, '*' failed, 1 skipped' ]] ||
    complain "$code" "$(<"$work/printed")"
}

# finds WHAT RULE FILE OLD NEW: the sample with that change in that file breaks that rule.
finds() { check "it finds a device that $1" is_found "${@:2}"; }

is_found() {
  local rule=$1 copy=$work/copy code=0
  rm -rf "$copy"
  cp -r "$sample" "$copy"
  python3 -c '
import sys
path, old, new = sys.argv[1:]
text = open(path).read()
assert text.count(old) >= 1, f"{path} does not have: {old}"
open(path, "w").write(text.replace(old, new))' "$copy/$2" "$3" "$4" 2>"$work/printed" ||
    complain "$(<"$work/printed")" || return 1
  examine "python3 $copy/device.py {server} {journal}/journal.json" --only "$rule" || code=$?
  [[ $code == 1 ]] && grep -q "^FAIL .*$rule" "$work/printed" || complain "exit code $code" "$(<"$work/printed")"
}

clean_up() { rm -rf "$work"; }

source tests/tap.sh
source tests/ports.sh

main

#!/usr/bin/env bash
# `Fleet.Simulator check` against devices: those that come with Fleet keep every rule, and each copy of the sample that was
# broken on purpose is found. Prints TAP. Needs a build, and no node.
set -euo pipefail
export LC_ALL=C.UTF-8

cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly simulator=artifacts/bin/Fleet.Simulator/debug/Fleet.Simulator.dll
readonly sample=samples/03-your-own-device
readonly solo=src/Fleet.Server/VirtualSolo/device
readonly limit=300 # seconds for one examination, also on a busy machine
readonly at_once=4 # broken devices that are examined at the same time

broken=() broken_rules=
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

  break_sample
  break_settings
  wait
  for ((number = 0; number < ${#broken[@]}; number++)); do
    check "it finds a device that ${broken[number]}" was_found "$number"
  done
  check 'each rule is broken by one of them' breaks_each_rule
  finish
}

# Connections, pairing and unpairing; payments and results; terminate, welcomes and power.
break_sample() {
  finds 'offers no sub-protocol' 1.1 websocket.py 'f"Sec-WebSocket-Protocol: {protocol}\r\n\r\n"' 'f"\r\n"'
  finds 'has a firmware that Fleet does not take' 1.2 device.py 'firmware="1.0.0"' 'firmware="1  0"'
  finds 'sends frames without a limit' 1.3 device.py 'connection_type="usb"' 'connection_type="usb" * 8192'
  finds 'is silent about pings' 1.4 device.py 'self.send("pong")' pass
  finds 'obeys other epochs' 1.5 device.py 'frame["epoch"] != self.epoch' False
  finds 'keeps its first epoch' 1.6 device.py 'self.epoch = frame["epoch"]' 'self.epoch = self.epoch or frame["epoch"]'
  finds 'takes no large frames' 1.7 websocket.py 'if length > 125:' 'if length > 126:'
  finds 'keeps 32 bits of an epoch' 1.8 device.py 'self.epoch = frame["epoch"]' 'self.epoch = frame["epoch"] & 0xFFFFFFFF'
  finds 'talks to any server' 2.1 websocket.py \
    ' or f"sec-websocket-protocol: {protocol}".encode() not in headers' ''
  finds 'closes without the code' 2.2 websocket.py 'self.close(4002' 'self.close(1000'
  finds 'dials without back-off' 2.3 device.py 'time.sleep(random.uniform(' 'time.sleep(0 * random.uniform('
  finds 'is late after 1012' 2.4 device.py 'random.uniform(0, 2 if stopping else wait)' '9 if stopping else 0'
  finds 'does not notice silence' 2.5 device.py 'LEAVE_WITHIN = 35' 'LEAVE_WITHIN = 3500'
  finds 'does not confirm its pairing' 3.1 device.py $'        self.code = None\n        self.hello()' '        self.code = None'
  finds 'keeps no credential' 3.2,3.5 device.py \
    'self.journal.write(reader_id=frame["reader_id"], credential=frame["credential"])' \
    'self.journal.now |= {"reader_id": frame["reader_id"], "credential": frame["credential"]}'
  finds 'lets others read its credential' 3.3 journal.py 0o600 0o644
  finds 'forgets which code it showed' 3.4 device.py '{"shown_code": self.code} if self.code else {}' '{}'
  finds 'is unpaired by any frame' 4.1 device.py 'if frame["reader_id"] == self.journal.now["reader_id"]:' 'if True:'
  finds 'leaves a payment as it is' 4.2 device.py 'self.finish(self.order["checkout_id"], "terminated")' pass
  finds 'leaves at once' 4.3 device.py 'elif now > self.leave_at or not self.journal.waiting():' 'else:'
  finds 'works after the pairing is over' 4.4 device.py 'and self.leave_at is not None:' 'and False:'
  finds 'leaves without a word' 4.5 device.py $'LEAVE_WITHIN  # what is not acknowledged until then is kept\n            self.repeat_results()' \
    'LEAVE_WITHIN'
  finds 'forgets results with the pairing' 4.6 device.py \
    'reader_id=None, credential=None)' 'reader_id=None, credential=None, results={})'
  finds 'keeps the credential on disk' 4.7 device.py 'self.journal.write(reader_id=None, credential=None)' \
    'self.journal.now |= {"reader_id": None, "credential": None}'

  finds 'charges another amount' 5.1,5.9 device.py 'amount=order["amount"]' 'amount=order["amount"] + 1'
  finds 'charges a tip of its own' 5.2 device.py 'tip=0, card=card' 'tip=7 if order.get("tip_rates") else 0, card=card'
  finds 'takes a card before it may' 5.3 device.py \
    'print("shows", ' 'self.on_granted({"checkout_id": checkout}) or print("shows", '
  finds 'takes a card after the window' 5.3 device.py ' or time.monotonic() > self.until' ''
  finds 'asks for a start after the window' 5.4 device.py 'if order["remaining_ms"] <= 0 and not order["started"]:' 'if False:'
  finds 'asks once' 5.5,5.11 device.py '= 35, 5,' '= 35, 3600,'
  finds 'takes the second checkout for a permission' 5.6 device.py $'        checkout = order["checkout_id"]\n        if self.journal' \
    $'        checkout = order["checkout_id"]\n        if self.order and self.order["checkout_id"] == checkout:
            return self.on_granted({"checkout_id": checkout})\n        if self.journal'
  finds 'is silent about a permission that it does not need' 5.7 device.py 'elif order is None or' \
    $'elif order is None:\n            pass\n        elif'
  finds 'keeps a checkout that was refused' 5.8 device.py \
    $'elif self.order and self.order["checkout_id"] == frame["checkout_id"]:\n            self.order = None' \
    $'else:\n            pass'
  finds 'keeps the checkout in hand' 5.10 device.py $'        if order["remaining_ms"] <= 0' \
    $'        if self.order:\n            return\n        if order["remaining_ms"] <= 0'
  finds 'pays twice' 6.1 device.py \
    $'        if self.journal.result(checkout):\n            self.send_result(checkout)\n            return\n' ''
  finds 'says a result once' 6.2 device.py '= 35, 5, 10,' '= 35, 5, 3600,'
  finds 'repeats for ever' 6.3 device.py 'self.journal.acknowledge(frame["checkout_id"])' pass
  finds 'repeats what was refused' 6.4 device.py 'self.on_ack(frame)' pass
  finds 'is silent about a late permission' 6.5 device.py \
    $'            self.send_result(checkout)\n        elif order is None' $'            pass\n        elif order is None'

  finds 'ends a checkout without a word' 7.1,7.2,7.3,7.4 device.py 'self.finish(checkout, "terminated")' 'self.order = None'
  finds 'says terminated of all' 7.5 device.py 'elif self.order and self.order["checkout_id"] == checkout:' 'else:'
  finds 'is silent about what has crossed' 7.6 device.py \
    $'            self.send_result(checkout)\n        elif self.order' $'            pass\n        elif self.order'
  finds 'says terminated and a result' 7.7 device.py '    def on_terminate(self, frame):' \
    $'    def on_terminate(self, frame):\n        return self.finish(frame["checkout_id"], "terminated")'
  finds 'shows nothing after a welcome' 8.1,8.3,8.4,9.1 device.py '            self.on_checkout(frame)' '            pass'
  finds 'keeps what a welcome has not' 8.2 device.py 'before, self.order = frame.get("checkout"), self.order, None' \
    'before = frame.get("checkout"), self.order'
  finds 'pays what another life was granted' 8.5 device.py 'if order["started"] and not known:' 'if False:'
  finds 'forgets a payment without a connection' 8.6 device.py '                print("offline:"' \
    $'                self.journal.write(results={})\n                print("offline:"'
  finds 'forgets what was acknowledged' 9.5 journal.py 'results[checkout] = {**results[checkout], "acknowledged": True}' \
    'del results[checkout]'
  finds 'keeps no result' 9.2,9.3 journal.py 'self.write(results={**self.now["results"], checkout: result})' \
    'self.now["results"][checkout] = result'
  finds 'repeats no result' 9.4 device.py 'for checkout in self.journal.waiting():' 'for checkout in []:'
}

# The sample takes no settings; the Virtual Solo does.
break_settings() {
  finds 'does not tell new settings' 10.1 "$solo/device.js" $'answer();\n    this.#tellStatus();' 'answer();'
  finds 'forgets what was not said' 10.2 "$solo/menu-lock.js" '{ ...now, ...change }' '{ ...change }'
  finds 'locks without a passcode' 10.3 "$solo/menu-lock.js" 'return next.enabled ? ' 'return false ? '
  finds 'keeps no settings' 10.4 "$solo/journal.js" 'this.#change({ menu_lock });' 'this.#page = { ...this.#page, menu_lock };'
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
  [[ $code == 0 && $(tail -n 1 "$work/printed") == '5 passed, 0 failed, 1 skipped' ]] || complain "$code" "$(<"$work/printed")"
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
  examine true --only '5.3,no such rule' || code=$?
  [[ $code == 2 && $(<"$work/printed") == *"No rule has 'no such rule'"* ]] || complain "$code" "$(<"$work/printed")"
}

notices_end() {
  local code=0
  examine 'echo no such device; exit 3' || code=$?
  [[ $code == 1 && $(<"$work/printed") == *'The device ended by itself.'*'printed  no such device'*'0 passed, '*' failed, 1 skipped' ]] ||
    complain "$code" "$(<"$work/printed")"
}

# finds WHAT RULES FILE OLD NEW: the device with that change in that file breaks each of these rules. Some are examined at
# once, because an examination mostly waits; was_found tells how it went.
finds() {
  local number=${#broken[@]}
  broken+=("$1")
  broken_rules+=" ${2//,/ }"
  while (($(jobs -rp | wc -l) >= at_once)); do wait -n || true; done
  mkdir "$work/$number"
  { is_found "$work/$number" "${@:2}" >"$work/$number/said" && touch "$work/$number/found"; } &
}

was_found() { [[ -e $work/$1/found ]] || complain "$(<"$work/$1/said")"; }

is_found() {
  local copy=$1/copy rules=$2 rule code=0 command
  mkdir "$copy"
  if [[ $3 == "$solo"/* ]]; then
    mkdir -p "$copy/$solo" "$copy/tests"
    cp -r "$solo/." "$copy/$solo"
    cp -r tests/solo "$copy/tests"
    command="node $copy/tests/solo/run.mjs --server {server} --serial {serial} --journal {journal} --pace 0.05"
  else
    cp -r "$sample/." "$copy"
    command="python3 $copy/device.py {server} {journal}/journal.json"
  fi
  python3 -c '
import sys
path, old, new = sys.argv[1:]
text = open(path).read()
assert text.count(old) >= 1, f"{path} does not have: {old}"
open(path, "w").write(text.replace(old, new))' "$copy/$3" "$4" "$5" 2>&1 || return 1
  timeout "$limit" dotnet "$simulator" check --run "$command" --slow --only "$rules" >"$1/printed" 2>&1 </dev/null || code=$?
  for rule in ${rules//,/ }; do
    [[ $code == 1 ]] && grep -q "^FAIL     $rule " "$1/printed" || {
      echo "$rule, exit code $code"
      cat "$1/printed"
      return 1
    }
  done
}

breaks_each_rule() {
  local listed
  listed=$(dotnet "$simulator" check --list | cut -d ' ' -f 1 | sort)
  [[ $(tr ' ' '\n' <<<"$broken_rules" | sed '/^$/d' | sort -u) == "$listed" ]] || complain "$broken_rules" "$listed"
}

clean_up() { rm -rf "$work"; }

source tests/tap.sh
source tests/ports.sh

main

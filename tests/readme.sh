#!/usr/bin/env bash
# Does what README.md tells a newcomer to do, in a copy of the repository, and checks what comes of it. Prints TAP.
set -euo pipefail
export LC_ALL=C.UTF-8

cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly start='dotnet run --project src/Fleet.Server'
readonly ports=(8080 8081 9090 11111) # the defaults of Fleet and its silo: a newcomer names none
readonly build_limit=600 ready_limit=120 stop_limit=5 busy_limit=60 # seconds

# README.md promises the first payment in a minute, and the build is all that may be added to that. Machines that run tests
# may be a third as fast as the one of a newcomer.
readonly promise='First payment in a minute' promised=60 # seconds
readonly slack=3
readonly paid_limit=$((promised * slack))

work=$(mktemp -d)
copy=$work/fleet
fleet='' # the process group it runs in

main() {
  need 'README.md is there' test -f README.md
  read_commands
  check "README.md says $start" says "$start"
  check "README.md says: $promise" grep -qxF "## $promise" README.md
  check 'README.md says tests/run.sh' says tests/run.sh
  check 'this test runs every command of README.md' knows_all
  need 'the ports of Fleet are free' are_free "${ports[@]}"

  copy_repository
  need 'a newcomer sees a payment succeed' first_start
  check 'nothing is printed that would worry a newcomer' no_warning
  check 'its data is where README.md says' has_data
  check 'what is printed to be tried pays, says why, and pairs the fifth reader' try_printed
  local command before
  for command in "${commands[@]}"; do
    [[ $command != curl* ]] || check 'the request of README.md is answered' try_request "$command"
  done
  check 'the JavaScript of README.md takes a payment' takes_payment
  check 'an amount of 11.00 is declined there, and one of 42.76 cancelled' ends_otherwise
  before=$(reader_ids)
  check "Ctrl-C ends it within $stop_limit s" stop
  need 'the next start is ready' second_start
  check 'the next start finds the same readers' same_readers "$before"
  check "Ctrl-C ends that within $stop_limit s too" stop
  finish
}

# README.md

# One line for each command of the sh and bash blocks: continued lines joined, comments dropped.
read_commands() {
  mapfile -t commands < <(shell_of README.md | awk '
    /^ *(#.*)?$/ { next }
    { sub(/^ *(\$ )?/, "") }
    sub(/\\$/, "") { held = held $0; next }
    { sub(/ +# .*$/, ""); sub(/ +$/, ""); print held $0; held = "" }')
}

says() {
  local command
  for command in "${commands[@]}"; do
    [[ $command != "$1" ]] || return 0
  done
  complain "It has these commands:" "${commands[@]}"
}

knows_all() {
  local command unknown=()
  for command in "${commands[@]}"; do
    case $command in
    "$start" | tests/run.sh) ;;
    tests/run.sh\ *) ;;       # a choice of what CI runs
    'curl '*) ;;              # run below
    'git clone '* | 'cd '*) ;; # how the copy of the repository comes about
    'npm init -y' | 'npm pkg set '* | 'npm install '*) ;; # run by takes_payment
    *) unknown+=("$command") ;;
    esac
  done
  ((${#unknown[@]} == 0)) || complain 'CI does not run:' "${unknown[@]}"
}

# Fleet

# What a commit of the work tree would hold.
copy_repository() {
  mkdir "$copy"
  git ls-files -z --cached --others --exclude-standard --deduplicate | while IFS= read -r -d '' file; do
    [[ ! -e $file ]] || printf '%s\0' "$file"
  done | tar --create --null --files-from=- | tar --extract --directory="$copy"
}

first_start() {
  local since=$EPOCHREALTIME built
  launch
  wait_for "$build_limit" 'the build' test -e "$copy/artifacts/bin/Fleet.Server/debug/Fleet.Server.dll" || return 1
  built=$EPOCHREALTIME
  wait_for "$paid_limit" 'the first payment after the build' is_paid || return 1
  echo "# From $start to \"successful\": $(elapsed "$since") s, of which $(elapsed "$built") s after the build"
}

second_start() {
  local since=$EPOCHREALTIME
  launch
  wait_for "$ready_limit" 'the readers' is_ready || return 1
  ! grep -q 'First payment' "$work/printed" || complain 'The second start sold something.' || return 1
  echo "# From the second start to \"successful\": $(elapsed "$since") s"
}

no_warning() { ! grep -E '^(warn|fail|crit): ' --after-context=1 "$work/printed" | sed 's/^/# /' | grep .; }

has_data() {
  local folder
  folder=$(sed -nE 's/.*data in `([^`]+)`.*/\1/p' README.md)
  [[ $folder && -d $copy/$folder ]] || complain "README.md says: $folder"
}

# In a process group of its own, where SIGINT means what it means at a terminal.
launch() {
  : >"$work/printed"
  set -m
  env -C "$copy" --default-signal=INT bash -c "exec $start" </dev/null >"$work/printed" 2>&1 &
  fleet=$!
  set +m
}

# All of it: from the first line to the last.
is_ready() { grep -q '^Fleet is ready\.$' "$work/printed" && grep -q '^Ctrl-C' "$work/printed"; }

is_paid() { is_ready && grep -q 'First payment .* successful' "$work/printed"; }

stop() {
  local since=$EPOCHREALTIME ending=$fleet
  fleet='' # that it ends is what is waited for
  kill -INT -- "-$ending"
  wait_for "$stop_limit" 'its end' is_gone "$ending" || {
    fleet=$ending
    end
    return 1
  }
  echo "# It ended $(elapsed "$since") s after Ctrl-C"
}

end() {
  [[ $fleet ]] || return 0
  kill -KILL -- "-$fleet" 2>/dev/null || true
  wait "$fleet" 2>/dev/null || true # quietly
  fleet=''
}

is_gone() { ! kill -0 -- "-$1" 2>/dev/null; }

lives() { [[ -z $fleet ]] || ! is_gone "$fleet"; }

reader_ids() { sed -nE 's/^ +VIRTUAL-SOLO-[0-9]+ .* (rdr_[0-9A-Z]{26})$/\1/p' "$work/printed"; }

same_readers() {
  local now
  now=$(reader_ids)
  # the fifth was paired by what was printed to be tried
  [[ $(wc -l <<<"$now") == 5 && $(head -n 4 <<<"$now") == "$1" ]] || complain 'Before:' "$1" 'Now:' "$now"
}

# Requests

# The indented lines of the banner after its first paragraph, as somebody would copy them.
try_printed() {
  awk '/^Pay, / { found = 1 } /^Then / { exit } found && /^ /' "$work/printed" >"$work/try"
  grep -q 'curl ' "$work/try" || complain 'Nothing was printed to be tried.' || return 1
  env -C "$copy" bash -e "$work/try" >"$work/answer" 2>&1 || complain "$(<"$work/answer")" || return 1
  local part
  for part in '"status":"successful"' '15.00 EUR charged' '1 paired, 0 not'; do
    grep -qF "$part" "$work/answer" || complain "It does not say: $part" "$(<"$work/answer")" || return 1
  done
}

# A reader is taken by the id that README.md cannot know, and while it is busy there is nothing to do but wait.
try_request() {
  local command
  command=$(sed -E "s/rdr_[0-9A-Za-z]+/$(reader_ids | head -n 1)/" <<<"$1")
  wait_for "$busy_limit" 'an answer of the reader' answers "$command" || return 1
  [[ $status == 2?? ]] || complain "$command" "$status $(<"$work/answer")"
}

answers() {
  local quiet="--silent --show-error --max-time 20 --output '$work/answer' --write-out '%{http_code}'"
  status=$(bash -c "$1 $quiet") || return 0
  [[ $status != 422 ]] || ! grep -q READER_BUSY "$work/answer"
}

# In a folder of its own, by the commands and the program that README.md prints.
takes_payment() {
  local folder=$work/till command printed
  mkdir "$folder"
  the_block README.md js >"$folder/pay.js" || return 1
  printed=$(sed -nE 's/^Save this as `pay\.js` and run `node pay\.js`; it prints `(.+)` after.*/\1/p' README.md)
  [[ $printed ]] || complain 'README.md does not say what its program prints.' || return 1
  for command in "${commands[@]}"; do
    [[ $command != npm* ]] || in_folder "$command" || return 1
  done
  in_folder 'node pay.js' && grep -qxF "$printed" "$work/answer" || complain "$(<"$work/answer")"
}

ends_otherwise() {
  in_folder "sed 's/value: 1500/value: 1100/' pay.js >declined.js && node declined.js" || return 1
  grep -q ': failed$' "$work/answer" || complain "$(<"$work/answer")" || return 1
  in_folder "sed 's/value: 1500/value: 4276/' pay.js >cancelled.js && node cancelled.js" || return 1
  grep -q ': cancelled$' "$work/answer" || complain "$(<"$work/answer")"
}

# in_folder COMMAND: runs it beside pay.js.
in_folder() {
  timeout "$busy_limit" env -C "$work/till" bash -c "$1" >"$work/answer" 2>&1 </dev/null || complain "$1" "$(<"$work/answer")"
}

report() { [[ ! -f $work/printed ]] || sed 's/^/# /' "$work/printed"; }

clean_up() {
  end
  rm -rf "$work"
}

source tests/tap.sh
source tests/blocks.sh
source tests/wait.sh
source tests/ports.sh

main

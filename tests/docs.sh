#!/usr/bin/env bash
# Checks what a reader copies out of the documents: shell, JSON and YAML in fenced blocks can be read, and blocks in any other
# language are run by a test. Prints TAP. Needs neither a build nor a node. The verbs and options of the command line are read by
# DocumentedCommandTests, and what the blocks of JSON are is known to DocumentedBodyTests.
set -euo pipefail
export LC_ALL=C.UTF-8

cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Blocks that are only read here, and those that another test runs, with that test.
readonly read_here=' sh bash json yaml text '
declare -Ar runners=(
  ['README.md js']=tests/readme.sh
  ['docs/keys.md python']=tests/cli.sh
  ['docs/runbooks.md sql']=tests/metrics.sh
  ['docs/simulator.md csharp']=tests/samples.sh
  ['docs/testing-your-till.md csharp']=tests/samples.sh
  ['docs/testing-your-till.md js']=tests/samples.sh
  ['docs/testing-your-till.md python']=tests/samples.sh
  ['docs/webhooks.md csharp']=tests/sdk/webhooks.test.mjs
  ['docs/webhooks.md js']=tests/sdk/webhooks.test.mjs
  ['docs/webhooks.md python']=tests/sdk/webhooks.test.mjs
  ['src/Fleet.Client/README.md csharp']=tests/samples.sh
)

work=$(mktemp -d)
documents=()

main() {
  need 'the documents are found, and each block ends' split_documents
  need 'the documents have blocks of sh, json and yaml' has_blocks sh json yaml
  check 'bash can read each block of sh and bash' can_read_shell
  check 'each block of json is JSON' can_read_json
  check 'each block of yaml is YAML' can_read_yaml
  check 'each block of another language is run by a test' have_runners
  finish
}

# All that a commit of the work tree would hold.
split_documents() {
  local document
  while IFS= read -r document; do
    [[ ! -e $document ]] || documents+=("$document")
  done < <(git ls-files --cached --others --exclude-standard --deduplicate '*.md')
  for document in README.md SECURITY.md docs/decisions/README.md samples/01-first-payment/README.md; do
    [[ " ${documents[*]} " == *" $document "* ]] || complain "$document is not among the documents." || return 1
  done
  for document in "${documents[@]}"; do
    split_blocks "$document" "$work/blocks" || complain "$document has a block without an end." || return 1
  done
}

has_blocks() {
  local kind
  for kind in "$@"; do
    compgen -G "$work/blocks/*.$kind" >/dev/null || complain "There is no block of $kind." || return 1
  done
}

can_read_shell() { can_read 'sh bash' bash -n; }

# One document, or several, as frames stand below each other.
can_read_json() {
  can_read json python3 -c '
import json, sys
text = open(sys.argv[1]).read().strip()
while text:
    text = text[json.JSONDecoder().raw_decode(text)[1]:].lstrip()'
}

can_read_yaml() { can_read yaml python3 -c 'import sys, yaml; list(yaml.safe_load_all(open(sys.argv[1])))'; }

# can_read KINDS COMMAND...: runs the command with each block of these kinds.
can_read() {
  local kind block problem bad=0
  local -a kinds
  read -ra kinds <<<"$1"
  shift
  for kind in "${kinds[@]}"; do
    for block in "$work/blocks"/*."$kind"; do
      [[ -e $block ]] || continue
      problem=$("$@" "$block" 2>&1) || { complain "$(basename "$block"): $(tail -n 1 <<<"$problem")" || bad=1; }
    done
  done
  return "$bad"
}

# A test that runs a block names the document that it takes the block from.
have_runners() {
  local document block place bad=0
  declare -A found
  for document in "${documents[@]}"; do
    for block in "$work/blocks/${document//\//_}:"*; do
      place="$document ${block##*.}"
      [[ -e $block && $read_here != *" ${block##*.} "* ]] || continue
      found[$place]=1
      [[ -v runners[$place] ]] || complain "$(basename "$block"): no test reads or runs it." || bad=1
    done
  done
  for place in "${!runners[@]}"; do
    [[ -v found[$place] ]] || complain "There is no block any more: $place" || bad=1
    grep -qF "${place% *}" "${runners[$place]}" || complain "${runners[$place]} does not name ${place% *}." || bad=1
  done
  return "$bad"
}

clean_up() { rm -rf "$work"; }

source tests/tap.sh
source tests/blocks.sh

main

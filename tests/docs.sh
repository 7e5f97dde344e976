#!/usr/bin/env bash
# Checks what a reader copies out of the documents: shell, JSON and YAML in fenced blocks can be read, and each verb of the
# command line exists. Prints TAP. Needs a build, and no node.
set -euo pipefail
export LC_ALL=C.UTF-8

cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly documents=(README.md CONTRIBUTING.md ARCHITECTURE.md docs/*.md)

work=$(mktemp -d)

main() {
  local document
  for document in "${documents[@]}"; do split_blocks "$document"; done
  need 'the documents have blocks of sh, json and yaml' has_blocks sh json yaml
  check 'bash can read each block of sh and bash' can_read_shell
  check 'each block of json is JSON' can_read_json
  check 'each block of yaml is YAML' can_read_yaml
  need 'the command line lists its verbs' test "$(list_words)"
  list_uses >"$work/uses"
  need 'the documents have commands of fleet' test -s "$work/uses"
  check 'each command of fleet in the documents exists' knows_verbs
  finish
}

# Each block becomes a file, FOLDER_NAME.md:LINE.KIND, without the block's own indentation.
split_blocks() {
  awk -v start="$work/${1//\//_}:" '
    !inside && match($0, /^ *```/) {
      indent = index($0, "`") - 1
      kind = substr($0, RLENGTH + 1)
      sub(/[^a-z].*/, "", kind)
      inside = 1
      to = start NR "." (kind ? kind : "plain")
      printf "" >to
      next
    }
    inside && /^ *```$/ { inside = 0; close(to); next }
    inside { sub("^ {0," indent "}", ""); print >to }
    END { if (inside) { print start NR " is not closed" >"/dev/stderr"; exit 1 } }' "$1"
}

has_blocks() {
  local kind
  for kind in "$@"; do
    compgen -G "$work/*.$kind" >/dev/null || complain "There is no block of $kind." || return 1
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
    for block in "$work"/*."$kind"; do
      [[ -e $block ]] || continue
      problem=$("$@" "$block" 2>&1) || { complain "$(basename "$block"): $(tail -n 1 <<<"$problem")" || bad=1; }
    done
  done
  return "$bad"
}

# What may follow these words, one a line.
list_words() { deploy/fleet completion suggest -- "$@" ''; }

# Commands of fleet with their first two words, each with the documents that have it: at the start of a command in a block of
# shell, or of code in a sentence.
list_uses() {
  {
    grep -oE '(^|[|;&(] *|\$ )(deploy/)?fleet +[a-z-]+( +[a-z-]+)?' "$work"/*.sh "$work"/*.bash 2>/dev/null || true
    grep -oE '`(deploy/)?fleet +[a-z-]+( +[a-z-]+)?' "${documents[@]}" | sed 's/`//' || true
  } | sed -E "s|^$work/||; s|^([^:]*(:[0-9]+\.[a-z]+)?):.*fleet +|\1 |" | sort -u
}

# The second word counts where the first one is a group of verbs.
knows_verbs() {
  local place first second bad=0 verbs
  declare -A words_of
  verbs=$(list_words)
  while read -r place first second; do
    [[ $first != -* ]] || continue
    grep -qxF -- "$first" <<<"$verbs" || { complain "$place: fleet $first" || bad=1; continue; }
    [[ $second && $second != -* ]] || continue
    [[ -v words_of[$first] ]] || words_of[$first]=$(list_words "$first" | grep -v '^-' || true)
    [[ -z ${words_of[$first]} ]] || grep -qxF -- "$second" <<<"${words_of[$first]}" ||
      { complain "$place: fleet $first $second" || bad=1; }
  done <"$work/uses"
  return "$bad"
}

clean_up() { rm -rf "$work"; }

source tests/tap.sh

main

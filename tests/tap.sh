# Sourced by the tests that are scripts: notes checks as TAP, and cleans up whatever the end. The script has a clean_up, and
# may have a report, which prints what helps to understand a failure.

passed=0 failed=0 skipped=0 result=''

# Notes how a check went. The script goes on either way.
check() {
  local sentence=$1 since=${EPOCHREALTIME/./}
  shift
  if "$@"; then
    passed=$((passed + 1)) result=ok
  else
    failed=$((failed + 1)) result='not ok'
  fi
  echo "$result $((passed + failed + skipped)) - $sentence # time=$(((${EPOCHREALTIME/./} - since) / 1000))ms"
}

# Notes that a check could not be made here, and why.
skip() {
  skipped=$((skipped + 1))
  echo "ok $((passed + failed + skipped)) - $1 # SKIP $2"
}

# A check without which the next ones mean nothing.
need() {
  check "$@"
  [[ $result == ok ]] || finish
}

complain() {
  printf '%s\n' "$@" | sed 's/^/# /'
  return 1
}

finish() {
  if ((failed)) && declare -F report >/dev/null; then report; fi
  printf '# tests %d\n# pass %d\n# fail %d\n# skipped %d\n' "$((passed + failed + skipped))" "$passed" \
    "$failed" "$skipped"
  exit "$((failed > 0))"
}

trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

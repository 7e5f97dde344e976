# Sourced by the tests of metrics and alerts, below tests/tap.sh: asking Prometheus and the nodes. The script has a folder
# $work, the list `processes`, and in $python what find_python prints.

# The one of pyenv and the one of Debian have different libraries.
find_python() {
  local one
  for one in python3 /usr/bin/python3; do
    if "$one" -c 'import yaml' 2>/dev/null; then
      echo "$one"
      return
    fi
  done
  return 1
}

asks() { "$python" tests/metrics/queries.py "$@" >"$work/said" 2>&1; }

get() {
  local url=$1
  shift
  curl --silent --fail --max-time 5 --output "$work/answer" "$url" "$@"
}

# What wait_for looks at while it waits.
lives() {
  local one
  for one in "${processes[@]}"; do kill -0 "$one" 2>/dev/null || return 1; done
}

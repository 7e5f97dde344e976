# Sourced by the tests that are scripts, below tests/tap.sh: waiting for a condition, and for nothing longer than it takes.

readonly look_every=0.1 # seconds

# wait_for SECONDS WHAT COMMAND...: runs the command until it succeeds. A script that has a word `lives` waits no longer than
# that holds: what died will not get ready.
wait_for() {
  local limit=$1 what=$2 since=$EPOCHREALTIME
  shift 2
  until "$@"; do
    (($(milliseconds "$since") < limit * 1000)) || complain "Waited $limit s for $what." || return 1
    ! declare -F lives >/dev/null || lives || complain "Fleet ended while waiting for $what." || return 1
    sleep "$look_every"
  done
}

# Since a moment that EPOCHREALTIME told.
milliseconds() { echo $(((${EPOCHREALTIME/./} - ${1/./}) / 1000)); }

# The same in seconds, to be read.
elapsed() { awk -v since="$1" -v now="$EPOCHREALTIME" 'BEGIN { printf "%.1f", now - since }'; }

# Sourced by run.sh and the tests that are scripts. The script has a work folder, $work, or run.sh has made one for all,
# $FLEET_TEST_PORTS: there it is written down which ports were handed out, so that tests that run side by side get others.

# A free port: below those that the system hands out by itself, and not one of Fleet.Torture's.
free_port() {
  local port folder=${FLEET_TEST_PORTS:-$work/ports}
  mkdir -p "$folder"
  until port=$((24000 + RANDOM % 6000)) && ! listens "$port" && mkdir "$folder/$port" 2>/dev/null; do :; done
  echo "$port"
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# For a test that has no choice.
are_free() {
  local port taken=()
  for port in "$@"; do
    if listens "$port"; then taken+=("$port"); fi
  done
  ((${#taken[@]} == 0)) || complain "A process listens on 127.0.0.1, port ${taken[*]}: stop it to run this test."
}

#!/usr/bin/env bash
# A private PostgreSQL for development and tests: durable like a real one, reachable from this machine only.
#
#   deploy/local-postgres.sh up FOLDER PORT [USER]   makes it in FOLDER if need be, starts it, prints a connection string
#   deploy/local-postgres.sh down FOLDER             stops it cleanly; the data stays
#   deploy/local-postgres.sh kill FOLDER             ends it as a power failure would: without a checkpoint
#
# USER is fleet, which owns the database fleet and has no other right; tests, which may also create databases; or admin,
# which may do everything. Without it: fleet. The password is the name.
set -euo pipefail
export LC_ALL=C

readonly name=${0##*/}
readonly start_limit=60 stop_limit=30 # seconds; a start may have to recover first
readonly max_connections=200
readonly shared_buffers=512MB max_wal_size=4GB
readonly account=postgres # the account to use when root calls, because PostgreSQL refuses to run as root

as_account=() # empty when it runs as the calling user

main() {
  case "${1-} $#" in
  'up 3' | 'up 4') locate "$2"; up "$3" "${4-fleet}" ;;
  'down 2') locate "$2"; down ;;
  'kill 2') locate "$2"; end ;;
  *) die "Usage: $name up FOLDER PORT [fleet | tests | admin] | down FOLDER | kill FOLDER" ;;
  esac
}

locate() {
  folder=$(realpath -m -- "$1")
  data=$folder/data
  log=$folder/log
  find_binaries
}

# Debian keeps them off PATH, one folder for each major version.
find_binaries() {
  local newest
  if ! command -v initdb >/dev/null || ! command -v postgres >/dev/null || ! command -v pg_ctl >/dev/null; then
    newest=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    [[ -x $newest/initdb ]] || die 'There is no PostgreSQL server here: install the Debian package postgresql.'
    PATH=$newest:$PATH
  fi
  cd /
}

up() {
  local port=$1 user=$2
  [[ $user == fleet || $user == tests || $user == admin ]] || die "$user is no user: fleet, tests or admin."
  if [[ ! $port =~ ^[1-9][0-9]{0,4}$ ]] || ((port > 65535)); then die "$port is no port."; fi
  mkdir -p -- "$folder" || die "$folder cannot be made."
  become_account
  if is_running; then
    [[ $(running_port) == "$port" ]] || die "The PostgreSQL in $folder runs already, on port $(running_port)."
  else
    [[ -d $data ]] || make
    start "$port"
  fi
  echo "Host=127.0.0.1;Port=$port;Username=$user;Password=$user;Database=${user/admin/postgres}"
}

# The folder may lie below one that only root may enter, as those of mktemp -d are.
become_account() {
  ((EUID == 0)) || return 0
  id "$account" >/dev/null 2>&1 ||
    die "Root may not run PostgreSQL and there is no user $account: install the Debian package postgresql."
  [[ ! -d $folder || -e $data ]] || chown "$account" -- "$folder"
  as_account=(setpriv "--reuid=$account" "--regid=$account" --init-groups)
  can_enter && return 0
  as_account+=(--inh-caps=+dac_override --ambient-caps=+dac_override)
  can_enter || die "The user $account cannot enter $folder: choose a folder whose parents all may enter."
}

can_enter() { "${as_account[@]}" env -C "$folder" true 2>/dev/null; }

# Made in another folder and then renamed, so that an interrupted creation does not look complete.
make() {
  local new=$folder/new password=$folder/password
  rm -rf -- "$new"
  echo admin | "${as_account[@]}" tee -- "$password" >/dev/null
  {
    "${as_account[@]}" initdb --pgdata="$new" --username=admin --pwfile="$password" --auth=scram-sha-256 \
      --encoding=UTF8 --locale=C &&
      "${as_account[@]}" tee -a "$new/postgresql.conf" <<<"$(settings)" &&
      make_users &&
      "${as_account[@]}" mv -- "$new" "$data" &&
      rm -- "$password"
  } >"$log" 2>&1 || die "PostgreSQL could not be made in $folder:" "$(tail -n 5 -- "$log")"
  ((EUID != 0)) || chown "$account" -- "$log"
}

# The second right of tests is for DROP DATABASE (FORCE) while autovacuum is there. A statement in a line. PostgreSQL's single-user mode goes on after an error and ends with 0, so its words are read.
make_users() {
  local said
  said=$("${as_account[@]}" postgres --single -D "$new" postgres 2>&1 <<'SQL'
CREATE ROLE fleet LOGIN PASSWORD 'fleet'
CREATE ROLE tests LOGIN CREATEDB PASSWORD 'tests'
GRANT pg_checkpoint, pg_signal_backend TO tests
CREATE DATABASE fleet OWNER fleet
CREATE DATABASE tests OWNER tests
REVOKE ALL ON DATABASE fleet, tests, postgres, template1 FROM PUBLIC
SQL
  ) && [[ $said != *ERROR:* ]] || {
    echo "$said"
    return 1
  }
}

# fsync, full_page_writes and synchronous_commit keep their default: on. The memory and the distance between checkpoints
# are those of a small server, because the defaults are meant for any machine: after each checkpoint every page is
# written to the log as a whole, and with a small cache the waiting statements write pages back. The socket is in
# FOLDER, by a relative path, because its name may have only 107 characters.
settings() {
  echo "listen_addresses = '127.0.0.1'"
  echo "unix_socket_directories = '..'"
  echo "max_connections = $max_connections"
  echo "shared_buffers = $shared_buffers"
  echo "max_wal_size = $max_wal_size"
}

start() {
  local port=$1
  "${as_account[@]}" pg_ctl start --pgdata="$data" --log="$log" --options="-p $port" --wait --timeout="$start_limit" \
    </dev/null >/dev/null 2>&1 || die "PostgreSQL did not start on port $port:" "$(tail -n 5 -- "$log")"
}

down() {
  is_running || return 0
  become_account
  "${as_account[@]}" pg_ctl stop --pgdata="$data" --mode=fast --wait --timeout="$stop_limit" \
    </dev/null >/dev/null 2>&1 || die "PostgreSQL did not stop:" "$(tail -n 5 -- "$log")"
}

# Stopped first, so that it starts no other process while they are counted. Its lock files are deleted, too: they name a
# process that stays a zombie where no init process collects orphans, and PostgreSQL would take it for a running server.
end() {
  local leader all tries
  is_running || return 0
  leader=$(head -n 1 -- "$data/postmaster.pid")
  kill -STOP "$leader"
  read -ra all <"/proc/$leader/task/$leader/children" || true
  kill -KILL "$leader" "${all[@]}" 2>/dev/null || true
  for ((tries = 0; tries < stop_limit * 50; tries++)); do
    any_alive "$leader" "${all[@]}" || break
    sleep 0.02
  done
  ! any_alive "$leader" "${all[@]}" || die "PostgreSQL did not end within $stop_limit s: process $leader."
  rm -f -- "$data/postmaster.pid" "$folder"/.s.PGSQL.*
}

any_alive() {
  local process
  for process in "$@"; do
    [[ $(sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$process/status" 2>/dev/null) != [!Z] ]] || return 0
  done
  return 1
}

# By its lock file, which is left after a crash: the process that it names must be a PostgreSQL in this folder.
is_running() {
  local leader
  leader=$(head -n 1 -- "$data/postmaster.pid" 2>/dev/null) || return 1
  [[ $(readlink "/proc/$leader/cwd" 2>/dev/null) == "$data" ]] && any_alive "$leader"
}

running_port() { sed -n 4p -- "$data/postmaster.pid"; }

die() {
  printf '%s\n' "$@" >&2
  exit 1
}

main "$@"

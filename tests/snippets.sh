#!/usr/bin/env bash
# Runs the shell of README.md and docs/ as it is printed: each block of sh, and in sentences each `ask …`,
# `curl node1:…` and `SELECT …`; page by page, in one shell for each page, against a node in the
# sandbox, and for the pages about PostgreSQL against one on a PostgreSQL that keeps an archive. Prints TAP. Needs a
# build, sqlite3, jq, and Debian's package postgresql.
#
# A page is run from its top to its bottom, so what one block sets, the next one has. Only addresses are changed, in
# as_printed, because tests that run side by side cannot all listen on 8080. What a reader has before the page begins is
# in `world`. A block that is not run here says why, or where it is run, in a comment of the page just before it:
#
#   <!-- not run: needs Docker -->
#   <!-- run by tests/readme.sh -->
set -euo pipefail
export LC_ALL=C.UTF-8

cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly program=artifacts/bin/Fleet.Server/debug/Fleet.Server.dll
readonly ready_limit=60 page_limit=60 # seconds
readonly chain_key=sup_sk_4e1f0c6d2b7a9385

work=$(mktemp -d)
node='' cluster_node='' # their processes
key_id=''
declare -A port

main() {
  need 'Fleet was built' test -e "$program"
  need 'each block of shell of the pages is found' split_pages
  need 'a node takes its first payment' start_node
  need 'the key of the whole chain makes a key that may be revoked' make_key
  need 'a node on a PostgreSQL that archives its log takes its first payment' start_postgres
  local page
  for page in README.md docs/*.md; do
    [[ ! -s $work/pages/${page//\//_} ]] || check "$page runs as printed" run_page "$page"
  done
  check 'a comment for a block stands before a block, and names what there is' comments_hold
  finish
}

# Of each page one program: its blocks and commands in their order, each with its line; and of all pages the comments.
split_pages() {
  mkdir "$work/pages"
  local page
  for page in README.md docs/*.md; do split_blocks "$page" "$work/blocks" || return 1; done
  python3 - "$work/pages" "$work/blocks" README.md docs/*.md <<'PYTHON' || return 1
import os, re, sys
to, blocks, *pages = sys.argv[1:]
comments = open(f"{to}/comments", "w")
for page in pages:
    program, comment = [], ""
    name = f"{blocks}/{page.replace('/', '_')}"
    for number, line in enumerate(open(f"{name}.outside"), 1):
        text = line.strip()
        if text == "```":
            shell = next(filter(os.path.exists, (f"{name}:{number}.sh", f"{name}:{number}.bash")), None)
            if comment and not shell: sys.exit(f"# {page}:{number}: the comment is for a block of shell, and this is none")
            if shell and not comment: program.append((number, open(shell).read()))
            comment = ""
        elif found := re.fullmatch(r"<!-- (not run: .+|run by \S+) -->", text):
            comment = found[1]
            print(f"{page}:{number} {comment}", file=comments)
        elif text:
            if comment: sys.exit(f"# {page}:{number}: the comment before this is for a block of shell")
            program += [(number, command) for command in re.findall(r"`((?:ask |curl node1:)[^`]+)`", line)]
            program += [(number, f"sql <<'SQL'\n{query}\nSQL") for query in re.findall(r"`(SELECT [^`]+)`", line)]
            if page == "docs/runbooks.md":
                program += [(number, command) for command in re.findall(r"`(fleet (?:status|retention show))`", line)]
    with open(f"{to}/{page.replace('/', '_')}", "w") as file:
        for number, text in program: file.write(f"at={page}:{number}\n{text}\n")
PYTHON
  [[ -s $work/pages/docs_stores.md && -s $work/pages/comments ]] || complain 'stores.md has no shell, or no page a comment.'
}

start_node() {
  local name
  mkdir "$work/export"
  for name in api grpc silo operations; do port[$name]=$(free_port); done
  local hash
  hash=$(printf %s "$chain_key" | sha256sum | cut -d ' ' -f 1)
  dotnet "$program" "--urls=http://127.0.0.1:${port[api]}" "--grpc-url=http://127.0.0.1:${port[grpc]}" \
    "--operations-url=http://127.0.0.1:${port[operations]}" "--silo-port=${port[silo]}" "--data=$work/data" \
    "--Fleet:Keys:0:Sha256=$hash" '--Fleet:Keys:0:Name=head office' \
    "--Fleet:Retention:ExportFolder=$work/export" >"$work/node" 2>&1 </dev/null &
  node=$!
  disown
  wait_for "$ready_limit" 'the first payment' grep -q '^Ctrl-C' "$work/node" || complain "$(<"$work/node")"
}

# The folder of PostgreSQL is that of docs/backup.md, which stops it, moves it away and restores it.
start_postgres() {
  local connection name
  for name in postgres pg-api pg-grpc pg-silo pg-operations; do port[$name]=$(free_port); done
  chmod 711 "$work"
  mkdir -p "$work/here" "$work/backups" "$work/archive"
  printf '*:*:*:%s\n' fleet:fleet backup:backup admin:admin >"$work/passwords"
  chmod 600 "$work/passwords"
  connection=$(deploy/local-postgres.sh up "$work/postgres" "${port[postgres]}") || complain "$connection" || return 1
  deploy/local-postgres.sh down "$work/postgres"
  mv "$work/postgres/data" "$work/here/pgdata"
  {
    echo 'archive_mode = on'
    sed -n "s|^# \(archive_command = .*\)|\1|p" deploy/postgresql.conf | sed "s|/archive|$work/archive|g"
  } >>"$work/here/pgdata/postgresql.conf"
  ! id postgres >/dev/null 2>&1 || ((EUID != 0)) || chown postgres "$work/here" "$work/archive" "$work/postgres"
  {
    world
    echo 'pg_ctl start --pgdata=pgdata --log=pgdata.log --wait'
    echo "psql --quiet --username=admin --command=\"CREATE ROLE backup LOGIN REPLICATION PASSWORD 'backup'\""
  } >"$work/program"
  in_world >"$work/printed" 2>&1 || complain "$(tail -n 5 "$work/printed")" || return 1
  dotnet "$program" --storage=postgres "--postgres=$connection" "--urls=http://127.0.0.1:${port[pg-api]}" \
    "--grpc-url=http://127.0.0.1:${port[pg-grpc]}" "--operations-url=http://127.0.0.1:${port[pg-operations]}" \
    "--silo-port=${port[pg-silo]}" "--data=$work/pg-node" >"$work/cluster-node" 2>&1 </dev/null &
  cluster_node=$!
  disown
  wait_for "$ready_limit" 'the first payment' grep -q '^Ctrl-C' "$work/cluster-node" ||
    complain "$(<"$work/cluster-node")"
}

# docs/runbooks.md finds its id in the audit.
make_key() {
  key_id=$(curl --silent --fail-with-body "http://127.0.0.1:${port[api]}/fleet/v1/keys" --json \
    '{"name": "guesses codes", "merchant_code": "MC0X0ABC", "scopes": ["readers.read"]}' \
    --header "Authorization: Bearer $chain_key" | jq -er .about.key_id)
}

# The addresses of the pages are those of this node, and the first key that a page makes is the one that is in its settings.
as_printed() {
  sed -e "s|https://fleet\.example|http://127.0.0.1:${port[api]}|g" -e "s|127\.0\.0\.1:8080|127.0.0.1:${port[api]}|g" \
    -e "s|sup_sk_\$(openssl rand -hex 24)|$chain_key|" -e "s|/backups|$work/backups|g" \
    -e "s|/archive|$work/archive|g" -e "s|--host=db|--host=127.0.0.1|; s|host=…|host=127.0.0.1|" \
    -e 's|--username=postgres|--username=admin|' -e "s|127\.0\.0\.1:8081|127.0.0.1:${port[grpc]}|g" -e "s|node1:9090|127.0.0.1:${port[operations]}|g" "$1"
}

# What each page is run with: the command line, the key of the chain, and a curl that fails where the server refuses. A watch
# has no end, so after a second it is enough. PostgreSQL does not run as root, and its folder may lie below one that only
# root may enter.
world() {
  cat <<'SHELL'
set -euo pipefail
trap 'echo "$at: exit code $?" >&2' ERR
set -E
curl() {
  local limit=20 code=0
  [[ "$*" != */changes* ]] || limit=1
  command curl --fail-with-body --show-error --max-time "$limit" "$@" || code=$?
  ((code == 28 && limit == 1)) || return "$code"
}
sql() { PGOPTIONS='-c default_transaction_read_only=on' psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1; }
pg_ctl() {
  local as=()
  if ((EUID == 0)); then
    chown --recursive postgres pgdata
    as=(setpriv --reuid=postgres --regid=postgres --init-groups --inh-caps=+dac_override --ambient-caps=+dac_override)
  fi
  if [[ $1 == start ]]; then set -- "$@" --options="-p $PGPORT"; fi
  "${as[@]}" "$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)/pg_ctl" "$@" </dev/null >/dev/null 2>&1
}
SHELL
}

# Runs $work/program where the pages are run.
in_world() {
  env -C "$work/here" PATH="$PWD/deploy:$PATH" key="$chain_key" key_id="$key_id" \
    FLEET_URL="http://127.0.0.1:${port[grpc]}" PGHOST=127.0.0.1 "PGPORT=${port[postgres]}" \
    PGUSER=fleet PGPASSFILE="$work/passwords" PGDATABASE=fleet timeout "$page_limit" bash "$work/program" </dev/null
}

run_page() {
  local page=$1 file
  file=$work/pages/${page//\//_}
  mkdir -p "$work/here" "$work/backups"
  ln -sfn "$work/data" "$work/here/data"
  ln -sfn "$work/pg-node/readers" "$work/here/journals"
  {
    world
    [[ $page != docs/runbooks.md ]] || echo 'export FLEET_KEY=$key' # as that page says
    as_printed "$file"
  } >"$work/program"
  in_world >"$work/printed" 2>&1 ||
    complain "$(tail -n 12 "$work/printed" | cut -c 1-500)" || return 1
  echo "# $page: $(grep -c '^at=' "$file") blocks and commands"
}

# A test that runs a block exists and names the page.
comments_hold() {
  local place what test bad=0
  while read -r place what test; do
    [[ $what == 'run' ]] || continue
    test=${test#by }
    grep -qF "${place%:*}" "$test" 2>/dev/null || complain "$place: $test does not name the page." || bad=1
  done <"$work/pages/comments"
  echo "# $(grep -c ' not run: ' "$work/pages/comments") blocks are not run"
  return "$bad"
}

lives() { [[ -z $node ]] || kill -0 "$node" 2>/dev/null; }

report() { [[ ! -f $work/node ]] || tail -n 20 "$work/node" | sed 's/^/# /'; }

clean_up() {
  local process
  for process in $node $cluster_node; do kill -KILL "$process" 2>/dev/null || true; done
  for process in "$work"/here/{pgdata,lost}/postmaster.pid; do
    [[ ! -f $process ]] || kill -QUIT "$(head -n 1 "$process")" 2>/dev/null || true
  done
  rm -rf "$work"
}

source tests/tap.sh
source tests/blocks.sh
source tests/wait.sh
source tests/ports.sh

main

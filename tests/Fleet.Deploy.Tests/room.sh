#!/usr/bin/env bash
# What docker build and docker run do with deploy/Dockerfile, as far as mount namespaces go. Called by ImageTests, as
# root, below unshare --mount: whatever is mounted here is gone with the process.
#
#   room.sh build STEPS FOLDER PROGRAM            carries out STEPS, a file of COPY and RUN lines, in FOLDER of a root
#                                                 that has this machine's tools; what is in /program then is in PROGRAM
#   room.sh run PROGRAM DATA USER NAME=VALUE… -- COMMAND…
#                                                 becomes COMMAND, in /program of a file system on which USER can write only to
#                                                 /data, as USER and without any rights
set -euo pipefail
export LC_ALL=C

main() {
  local verb=$1 root
  shift
  mount --make-rprivate /
  root=$(mktemp -d)
  unset TMPDIR # it is not in there
  mount -t tmpfs -o mode=755 room "$root"
  "$verb" "$@"
}

build() {
  local steps=$1 folder=$2 program=$3 entry word text
  for entry in /*; do
    [[ " $folder /program /data /tmp " == *" $entry "* ]] || share "$entry"
  done
  mkdir -p "$root$folder" "$root/program"
  mkdir -m 1777 "$root/tmp"
  mount --bind "$program" "$root/program"
  while read -r word text; do
    case $word in
    COPY) copy "$root$folder" $text ;; # words, as Docker sees them
    RUN) chroot "$root" sh -c "cd $folder && $text" ;;
    esac
  done <"$steps"
}

# COPY FROM… TO: files go into a folder, the contents of a folder into one that may have another name.
copy() {
  local into=$1 to=${*: -1} from
  shift
  for from in "${@:1:$#-1}"; do
    mkdir -p "$into/$to"
    if [[ -d $from ]]; then cp -r "$from/." "$into/$to"; else cp "$from" "$into/$to"; fi
  done
}

run() {
  local program=$1 data=$2 user=$3 entry variables=()
  shift 3
  while [[ $1 != -- ]]; do
    variables+=("$1")
    shift
  done
  shift
  for entry in /usr /bin /sbin /lib* /etc "$(dirname "$(realpath "$(command -v dotnet)")")"; do
    if [[ -e $root$entry ]]; then continue; fi # of /usr, as the runtime may be
    share "$entry"
    if [[ ! -L $entry ]]; then mount -o remount,bind,ro "$root$entry"; fi
  done
  share /proc
  share /sys
  share /dev
  mkdir "$root/tmp" "$root/program" "$root/data"
  mount --bind "$program" "$root/program"
  mount -o remount,bind,ro "$root/program"
  chown "$user:$user" "$data"
  mount --bind "$data" "$root/data"
  mount -o remount,ro "$root"
  local who=(setpriv "--reuid=$user" "--regid=$user" --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs)
  local place
  for place in / /tmp /program /etc /usr; do
    if chroot "$root" touch "$place/written" 2>/dev/null; then
      echo "$place can be written to." >&2
      exit 1
    fi
  done
  exec chroot "$root" "${who[@]}" env -i "PATH=$PATH" "${variables[@]}" sh -c 'cd /program && exec "$@"' sh "$@"
}

# A folder of this machine, or a link to one.
share() {
  if [[ -L $1 ]]; then
    cp -P "$1" "$root$1"
  elif [[ -d $1 ]]; then
    mkdir -p "$root$1"
    mount --rbind "$1" "$root$1"
  fi
}

main "$@"

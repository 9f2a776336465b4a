#!/usr/bin/env bash
# run.sh [SUITE...]
#
# Tries the README's two commands as a new user would: in a fresh root of each Debian release (bookworm and trixie, if
# none is named), made by debootstrap from the machine's own mirror, as root and as an ordinary user. The user gets what
# run_matrix.sh says that root must type, and nothing else. Prints a table of times, disk and exit statuses, and exits 1
# if any of these is not 0. It must be run as root, and may be run every night.
#   FRESH_ROOTS  where roots and logs are kept (default: /var/tmp/ticket-interop-roots)
#   FRESH_RUN    arguments of the first command, in place of none
#   FRESH_TEST   those of the second, which are ctest's
#   FRESH_CCACHE not empty: with ccache, whose cache one try leaves to the next; then the times are no new user's
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
say() { printf 'fresh: %s\n' "$*" >&2; }
[ "$(id -u)" = 0 ] || { say "needs root: it makes roots"; exit 2; }
command -v debootstrap >/dev/null || { say "needs debootstrap: apt-get install debootstrap"; exit 2; }
roots=${FRESH_ROOTS:-/var/tmp/ticket-interop-roots}
[ $# -gt 0 ] || set -- bookworm trixie
mkdir -p -m 1777 "$roots/ccache"
rows=()
failed=

# The mirror from which this machine's apt takes its own release.
mirror() {
  local codename
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $codename" | sed -n 1p
}

# mounted ROOT COMMAND...: runs it with what a running system has mounted.
mounted() {
  local root=$1
  shift
  unshare --mount --fork bash -euc '
    root=$1; ccache=$2; shift 2
    mount --make-rprivate /
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mkdir -p "$root/ccache"
    mount --bind "$ccache" "$root/ccache"
    exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
      CCACHE_DIR=/ccache CCACHE_UMASK=000 "$@"
  ' - "$root" "$roots/ccache" "$@"
}

make_root() {
  local suite=$1 root=$2
  [ ! -e "$root" ] || rm -rf --one-file-system "$root"
  say "$suite: making the root"
  debootstrap --variant=minbase --include="ca-certificates${FRESH_CCACHE:+,ccache}" "$suite" "$root" "$(mirror)" \
    >"$roots/$suite.debootstrap.log" 2>&1 || { say "debootstrap failed: $roots/$suite.debootstrap.log"; return 1; }
  mounted "$root" useradd --create-home user
}

megabytes() { du -sxm "$1" | sed 's/\t.*/ MB/'; }

# try SUITE USER NAME COMMAND: one command in that user's clone, timed. A user is told what root must type, once.
try() {
  local suite=$1 user=$2 name=$3 command=$4
  local root=$roots/$suite log=$roots/$suite.$user.$name.log status=0 started=$SECONDS home=/home/user order
  [ "$user" = user ] || home=/root
  run() {
    mounted "$root" HOME="$home" setpriv --reuid="$user" --regid="$user" --init-groups \
      bash -c "cd ~/ticket-interop && $command"
  }
  run >"$log" 2>&1 || status=$?
  order=$(sed -n 's/.*needs root; run this once: //p' "$log" | sed -n 1p)
  if [ -n "$order" ]; then
    say "$suite: root types: $order"
    mounted "$root" HOME=/root DEBIAN_FRONTEND=noninteractive bash -c "${order/install -y/install -y -q}" >>"$log" 2>&1
    status=0
    run >>"$log" 2>&1 || status=$?
  fi
  local took=$((SECONDS - started))
  rows+=("$suite|$user|$name|$((took / 60)) min $((took % 60)) s|$(megabytes "$root$home")|$(megabytes "$root")|$status")
  [ $status = 0 ] || { failed=yes; say "$suite, $user, $name: exit status $status, see $log"; }
}

for suite in "$@"; do
  for user in user root; do
    make_root "$suite" "$roots/$suite" || { failed=yes; continue; }
    home=/home/user
    [ "$user" = user ] || home=/root
    git clone --quiet --no-hardlinks . "$roots/$suite$home/ticket-interop"
    mounted "$roots/$suite" chown -R "$user:$user" "$home/ticket-interop"
    try "$suite" "$user" run "./run_matrix.sh ${FRESH_RUN:-}"
    try "$suite" "$user" test "./run_matrix.sh --test ${FRESH_TEST:-}"
  done
done

printf '%-10s %-6s %-6s %-14s %-10s %-10s %s\n' suite user command time home root status
for row in "${rows[@]}"; do
  IFS='|' read -r suite user name took home all status <<<"$row"
  printf '%-10s %-6s %-6s %-14s %-10s %-10s %s\n' "$suite" "$user" "$name" "$took" "$home" "$all" "$status"
done
[ -z "$failed" ]

#!/usr/bin/env bash
# build.sh DEST
#
# There is nothing to compile: DEST gets a link to the Node that the adapter is to drive, the first of PATH.

set -euo pipefail

die() { printf 'error: %s\n' "$*" >&2; exit 1; }

[ $# -eq 1 ] || die "usage: $0 DEST"
dest=$1
command -v node >/dev/null || die "node is not installed: apt-get install nodejs"
found=$(node -p 'process.execPath + " " + process.version') || die "node does not run"
[ "$(cat "$dest/.stamp" 2>/dev/null)" != "$found" ] || exit 0
mkdir -p "$dest"
ln -sfn "$(node -p process.execPath)" "$dest/node"
printf '%s\n' "$found" >"$dest/.stamp"
printf 'node: ready in %s\n' "$dest" >&2

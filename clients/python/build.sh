#!/usr/bin/env bash
# build.sh DEST
#
# There is nothing to compile: DEST gets a link to the Python that the adapter is to drive, the first of PATH.

set -euo pipefail

die() { printf 'error: %s\n' "$*" >&2; exit 1; }

[ $# -eq 1 ] || die "usage: $0 DEST"
dest=$1
command -v python3 >/dev/null || die "python3 is not installed: apt-get install python3"
found=$(python3 -c 'import ssl, sys; sys.version_info >= (3, 10) and print(sys.executable, sys.version, ssl.OPENSSL_VERSION)') ||
    die "this python3 has no ssl module: apt-get install python3"
[ -n "$found" ] || die "Python 3.10 or newer is needed: apt-get install python3"
[ "$(cat "$dest/.stamp" 2>/dev/null)" != "$found" ] || exit 0
mkdir -p "$dest"
ln -sfn "$(python3 -c 'import sys; print(sys.executable)')" "$dest/python3"
printf '%s\n' "$found" >"$dest/.stamp"
printf 'python: ready in %s\n' "$dest" >&2

#!/usr/bin/env bash
# build.sh DEST
#
# Compiles the adapter into DEST/classes.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

die() { printf 'error: %s\n' "$*" >&2; exit 1; }

[ $# -eq 1 ] || die "usage: $0 DEST"
dest=$1
for tool in java javac; do
    command -v "$tool" >/dev/null || die "$tool is not installed: apt-get install default-jdk-headless"
done
stamp=$({ javac -version; cat "$here"/*.java "$here/build.sh"; } | sha256sum | cut -d' ' -f1)
[ "$(cat "$dest/.stamp" 2>/dev/null)" != "$stamp" ] || exit 0
rm -rf "$dest/.stamp" "$dest/classes"
mkdir -p "$dest"
javac -Xlint:all,-serial --release 17 -d "$dest/classes" "$here"/*.java ||
    die "the adapter does not compile with $(javac -version); it needs Java 17 or newer"
printf '%s\n' "$stamp" >"$dest/.stamp"
printf 'java: ready in %s\n' "$dest" >&2

#!/usr/bin/env bash
# build.sh DEST
#
# Compiles the adapter into DEST. It needs nothing but Go's standard library.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

die() { printf 'error: %s\n' "$*" >&2; exit 1; }

[ $# -eq 1 ] || die "usage: $0 DEST"
mkdir -p "$1"
dest=$(cd "$1" && pwd)
needs="Go 1.21 or newer is needed: apt-get install golang-go, which on Debian 12 takes it from bookworm-backports (add \
that to apt's sources, as the line of bookworm main with that name; then apt-get update and -t bookworm-backports)"
command -v go >/dev/null || die "go is not installed: $needs"
case $(go env GOVERSION) in
    go1.[0-9] | go1.[0-9].* | go1.1[0-9]* | go1.20*) die "this is $(go env GOVERSION): $needs" ;;
esac
stamp=$(cd "$here" && { go version; cat ./*.go go.mod build.sh; } | sha256sum | cut -d' ' -f1)
[ "$(cat "$dest/.stamp" 2>/dev/null)" != "$stamp" ] || exit 0
rm -f "$dest/.stamp"
(cd "$here" && GOTOOLCHAIN=local GOFLAGS=-buildvcs=false go build -trimpath -o "$dest/adapter" .) ||
    die "the adapter does not compile with $(go version)"
printf '%s\n' "$stamp" >"$dest/.stamp"
printf 'go: ready in %s\n' "$dest" >&2

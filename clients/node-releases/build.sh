#!/usr/bin/env bash
# build.sh DEST
#
# Fetches the releases of Node that package.json names with npm, as the machine has it configured, and puts the program
# of each into DEST/<version>/node. A release that does not run here is left out, and its clients are not built.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

[ $# -eq 1 ] || die "usage: $0 DEST"
dest=$1
command -v npm >/dev/null || die "npm is not installed: apt-get install npm"
[ "$(uname -sm)" = "Linux x86_64" ] || die "these releases are built for Linux on x86_64 only"
stamp=$(cat "$here/build.sh" "$here/package.json" | sha256sum | cut -d' ' -f1)
[ "$(cat "$dest/.stamp" 2>/dev/null)" != "$stamp" ] || exit 0

mkdir -p "$(dirname "$dest")"
work=$(mktemp -d "$dest.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/fetched" "$work/out"
cp "$here/package.json" "$work/fetched/"
say "node-releases: fetching (half a minute or more, 0.7 GB)"
(cd "$work/fetched" && npm install --no-package-lock --ignore-scripts --no-bin-links --no-audit --no-fund) >"$work/log" 2>&1 ||
    die "npm cannot fetch the releases: $(grep -i '^npm err' "$work/log" | head -n 8)"

for package in "$work"/fetched/node_modules/node-*; do
    version=${package##*/node-}
    for archive in "$package"/*.tar.gz; do
        [ ! -f "$archive" ] || tar -xzf "$archive" -C "$package"
    done
    program=$(find "$package" -type f -path '*/bin/node')
    if "$program" -e 'require("tls")'; then
        install -D "$program" "$work/out/$version/node"
    else
        say "node-releases: $version does not run on this machine and is left out"
    fi
done

chmod 755 "$work/out"
printf '%s\n' "$stamp" >"$work/out/.stamp"
rm -rf "$dest"
mv -T "$work/out" "$dest"
say "node-releases: ready in $dest"

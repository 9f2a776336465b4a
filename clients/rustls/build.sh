#!/usr/bin/env bash
# build.sh DEST
#
# Compiles the adapter into DEST with cargo, which fetches the crates from where the machine is configured to.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

[ $# -eq 1 ] || die "usage: $0 DEST"
mkdir -p "$1"
dest=$(cd "$1" && pwd)
needs="Rust 1.71 or newer is needed (apt-get install cargo gcc; on Debian 12 cargo-web; or rustup.rs)"
command -v cargo >/dev/null || die "cargo is not installed: $needs"
case $(cargo --version) in
    "cargo 0."* | "cargo 1."[0-9].* | "cargo 1."[1-6][0-9].* | "cargo 1.70."*) die "this is $(cargo --version): $needs" ;;
esac
command -v cc >/dev/null || die "cc is not installed: apt-get install gcc"
stamp=$({ cargo --version; getconf GNU_LIBC_VERSION; cat "$here"/src/*.rs "$here/Cargo.toml" "$here/build.sh"; } | sha256sum | cut -d' ' -f1)
[ "$(cat "$dest/.stamp" 2>/dev/null)" != "$stamp" ] || exit 0
rm -rf "$dest/.stamp" "$dest/tree/src"
mkdir -p "$dest/tree"
cp -r "$here/Cargo.toml" "$here/src" "$dest/tree/"
say "rustls: compiling (a minute or two the first time)"
(cd "$dest/tree" && cargo build --release --quiet --target-dir "$dest/target") >"$dest/log" 2>&1 ||
    die "the adapter cannot be built with $(cargo --version): $(tail -n 20 "$dest/log")"
cp "$dest/target/release/adapter" "$dest/adapter"
printf '%s\n' "$stamp" >"$dest/.stamp"
say "rustls: ready in $dest"

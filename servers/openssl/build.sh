#!/usr/bin/env bash
# build.sh DEST [NAME PATCHES]
#
# Builds OpenSSL with the patches of this folder and puts its program into DEST. With NAME and PATCHES it builds
# NAME, a server or a client: the same tree with the patches of one more folder. All of them share the compiled tree.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../common/source.sh"

version=3.0.20
sha256=c80a01dfc70ece4dc21168932c37739042d404d46ccc81a5986dd75314ecda6f
options=(no-shared no-module no-tests enable-ssl-trace)

[ $# -eq 1 ] || [ $# -eq 3 ] || die "usage: $0 DEST [NAME PATCHES]"
dest=$1 name=${2:-openssl} extra=${3:-}

apply() {
    local patch
    for patch in "$@"; do
        step "applying ${patch##*/}" patch -p1 --no-backup-if-mismatch -i "$patch"
    done
}

compile() {
    step "making the headers" make -s -j"$(nproc)" build_generated
    step "compiling (a minute or two the first time)" make -s -j"$(nproc)" apps/openssl
}

compiled_tree() {
    local out=$1 tarball compiler=cc
    tarball=$(fetch_source openssl "$version" "openssl_$version.orig.tar.gz" "$sha256" \
        "https://github.com/openssl/openssl/releases/download/openssl-$version/openssl-$version.tar.gz") || exit 1
    ! command -v ccache >/dev/null || compiler="ccache cc"
    step "unpacking ${tarball##*/}" tar -xf "$tarball" --strip-components=1
    apply "$here"/patches/*.patch
    step "configuring" ./Configure "${options[@]}" CC="$compiler"
    compile
    cp -al . "$out/"
}

program() {
    local out=$1 tree
    tree=$(cached_build openssl-tree "$tree_stamp" - compiled_tree) || exit 1
    if [ -n "$extra" ]; then
        step "copying the compiled tree" cp -a --reflink=auto "$tree/." .
        apply "$extra"/*.patch
        compile
        tree=.
    fi
    step "installing" strip -o "$out/openssl" "$tree/apps/openssl"
}

for tool in make perl patch cc strip; do
    command -v "$tool" >/dev/null || die "building $name needs $tool, which is not installed"
done
tree_stamp=$(build_stamp "$sha256" "$here/patches" "$here/build.sh")
cached_build "$name" "$(build_stamp "$tree_stamp" ${extra:+"$extra"})" "$dest" program

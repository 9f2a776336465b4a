#!/usr/bin/env bash
# build.sh DEST
#
# Compiles the server in this folder into DEST, against the system's libssl or, where $TICKET_INTEROP_INCLUDE and
# $TICKET_INTEROP_LIBRARIES say so, any other (servers/CONTRACT.md).

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../common/source.sh"
. "$here/../common/libssl.sh"

compat=$here/../../clients/common/libssl_compat.hpp
keys=("$here"/../common/ticket_keys.[ch])

program() {
    local out=$1
    step "compiling the keys" cc -std=c11 -O2 -c -o ticket_keys.o "$here/../common/ticket_keys.c"
    step "compiling" c++ -std=c++20 -O2 -w -I "$here/../common" -I "$here/../../clients" "${libssl_cflags[@]}" \
        -o "$out/libssl" "$here"/*.cpp ticket_keys.o "${libssl_ldflags[@]}" "${libssl_libs[@]}" -pthread
}

for tool in cc c++; do
    command -v "$tool" >/dev/null || die "building the server on libssl needs $tool, which is not installed"
done
find_libssl
stamp=$(build_stamp "$libssl_stamp" "$compat" "${keys[@]}" "$here/build.sh" "$here/../common/libssl.sh" "$here"/*.?pp)
cached_build libssl "$stamp" "$1" program

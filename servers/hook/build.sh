#!/usr/bin/env bash
# build.sh DEST
#
# Compiles ticket_hook.so into DEST. It needs no header of a TLS library.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../common/source.sh"

hook() {
    step "compiling" cc -std=c11 -O2 -Wall -Wextra -fPIC -fvisibility=default -shared -pthread \
        -Wl,--version-script="$here/exports" -o "$1/ticket_hook.so" "$here"/*.c "$here/../common/ticket_keys.c" -ldl
}

command -v cc >/dev/null || die "building the ticket hook needs cc, which is not installed"
cached_build hook "$(build_stamp "$here" "$here/../common/ticket_keys.c" "$here/../common/ticket_keys.h")" "$1" hook

#!/usr/bin/env bash
# build.sh DEST: nothing is compiled but Python to its byte code; what it runs on must be there.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../common/source.sh"

copy() {
    step "looking for python3-cryptography (apt-get install python3-cryptography)" \
        /usr/bin/python3 -c "import cryptography.hazmat"
    step "copying" cp -r "$here/server.py" "$here/../common/peers" "$1/"
    step "compiling to byte code" /usr/bin/python3 -m compileall -q --invalidation-mode unchecked-hash "$1"
}

[ $# -eq 1 ] || die "usage: $0 DEST"
cached_build scripted "$(build_stamp "$here/server.py" "$here/../common/peers" "$here/build.sh")" "$1" copy

#!/usr/bin/env bash
# build.sh DEST: the program of the server openssl, whose s_client this is, with the patches of this folder on top.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ $# -eq 1 ] || { echo "usage: $0 DEST" >&2; exit 1; }
exec "$here/../../servers/openssl/build.sh" "$1" s_client-rejects-renewal "$here/patches"

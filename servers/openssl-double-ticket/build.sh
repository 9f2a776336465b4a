#!/usr/bin/env bash
# build.sh DEST: the server openssl with the patches of this folder on top.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ $# -eq 1 ] || { echo "usage: $0 DEST" >&2; exit 1; }
exec "$here/../openssl/build.sh" "$1" openssl-double-ticket "$here/patches"

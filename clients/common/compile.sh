#!/usr/bin/env bash
# compile.sh DEST NAME SOURCE...
#
# Compiles the adapter of the client folder NAME into DEST/adapter, for a build of its library that lies somewhere: with
# its headers ($TICKET_INTEROP_INCLUDE, folders with ":" between them) and its files ($TICKET_INTEROP_LIBRARIES,
# likewise: shared objects, or archives, which are linked in). Sources are below clients/. Keeps what it made as the
# servers' builds are kept (servers/common/source.sh).

set -euo pipefail
clients=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$clients/../servers/common/source.sh"

[ $# -ge 3 ] || die "usage: $0 DEST NAME SOURCE..."
dest=$1 name=$2
shift 2
sources=("$@")
common=(common/{key_log,protocol,serve,tcp,text}.cpp)
IFS=: read -r -a include <<<"${TICKET_INTEROP_INCLUDE:-}"
IFS=: read -r -a libraries <<<"${TICKET_INTEROP_LIBRARIES:-}"

compile_one() {
    "${compiler[@]}" -std=c++20 -O1 -w -I "$clients" "${system[@]}" -c "$clients/$1" -o "${1//\//_}.o"
}

compile_all() {
    local source job failed=0 jobs=()
    for source in "$@"; do
        compile_one "$source" &
        jobs+=($!)
    done
    for job in "${jobs[@]}"; do wait "$job" || failed=1; done
    return $failed
}

adapter() {
    local out=$1 folder compiler=(c++) system=()
    ! command -v ccache >/dev/null || compiler=(ccache c++)
    for folder in "${include[@]}"; do system+=(-isystem "$folder"); done
    step "compiling" compile_all "${sources[@]}" "${common[@]}"
    # An archive says nothing of what it needs itself; a shared object finds the rest when it is loaded.
    step "linking" c++ -o "$out/adapter" ./*.o "${libraries[@]}" -Wl,--allow-shlib-undefined -pthread -ldl
}

command -v c++ >/dev/null || die "compiling the adapter of $name needs c++, which is not installed"
stamp=$(build_stamp "$clients/$name" "$clients/common" "headers ${include[*]}" "files ${libraries[*]}" "${libraries[@]}")
cached_build "adapter-$name" "$stamp" "$dest" adapter

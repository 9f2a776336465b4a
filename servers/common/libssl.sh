# Which libssl a server is built against. To be sourced by bash, after source.sh.
#
#   find_libssl
#       Sets libssl_cflags, libssl_ldflags and libssl_libs, arrays of arguments for compiler and linker, and libssl_stamp,
#       a text that is another one for another libssl. $TICKET_INTEROP_INCLUDE names the folders of its headers and
#       $TICKET_INTEROP_LIBRARIES its files, shared objects or archives, libssl before libcrypto, both with ":" between
#       them. Where they are not set, it is the system's.
#
#   link_libssl FOLDER
#       Makes FOLDER with links by which the linker finds them as -lssl and -lcrypto, and has libssl_ldflags say so. For what
#       cannot be told the files themselves.
#
# What is built looks for shared objects where they were found, whatever $LD_LIBRARY_PATH says of it first.

find_libssl() {
    local folder file include libraries
    libssl_cflags=() libssl_ldflags=() libssl_libs=(-lssl -lcrypto)
    libssl_stamp="libssl $(dpkg-query -W -f '${Version}' libssl-dev 2>/dev/null || true)"
    [ -n "${TICKET_INTEROP_LIBRARIES:-}" ] || return 0
    libssl_libs=()
    IFS=: read -r -a include <<<"${TICKET_INTEROP_INCLUDE:-}"
    IFS=: read -r -a libraries <<<"$TICKET_INTEROP_LIBRARIES"
    for folder in "${include[@]}"; do libssl_cflags+=(-isystem "$folder"); done
    libssl_stamp="$TICKET_INTEROP_INCLUDE $TICKET_INTEROP_LIBRARIES"
    for file in "${libraries[@]}"; do
        [ -f "$file" ] || die "there is no library $file"
        libssl_libs+=("$file")
        libssl_stamp+=" $(sha256_of "$file")"
        case $file in *.so*) libssl_ldflags+=("-Wl,-rpath,$(cd "$(dirname "$file")" && pwd)") ;; esac
    done
    # an archive names nothing of what it needs itself
    libssl_ldflags+=(-Wl,--allow-shlib-undefined)
    libssl_libs+=(-ldl -lpthread)
}

link_libssl() {
    local file name
    [ -n "${TICKET_INTEROP_LIBRARIES:-}" ] || return 0
    mkdir -p "$1"
    for file in "${libssl_libs[@]}"; do
        case $file in -*) continue ;; esac
        name=${file##*/}
        case $name in libssl*) name=libssl ;; *) name=libcrypto ;; esac
        case $file in *.so*) name+=.so ;; *) name+=.a ;; esac
        ln -sfn "$(realpath "$file")" "$1/$name"
    done
    libssl_ldflags+=("-L$(cd "$1" && pwd)")
}

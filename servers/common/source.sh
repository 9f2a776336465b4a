# Pinned sources and cached builds, for the build.sh of a server. To be sourced by bash.
#
#   path=$(fetch_source NAME VERSION ORIG SHA256 URL)
#       Prints the path of the verified tarball. NAME is the Debian source package, ORIG Debian's file name
#       for its tarball, URL the project's own. Looks in $TICKET_INTEROP_SOURCES (that file, or a folder
#       that holds it), the cache, the machine's Debian mirror, and at URL, in this order. What the user
#       named must be right; elsewhere a file with another checksum is reported and the next place tried.
#
#   stamp=$(build_stamp INPUT...)
#       Prints a hash of the inputs, of this script and of the toolchain: architecture, compiler and C library, without
#       which a build may not run. An INPUT is a file, a folder (all files in it) or, if neither exists by that name,
#       the text itself.
#
#   cached_build NAME STAMP DEST FUNCTION [ARG...]
#       Makes DEST a copy of the build of NAME with this stamp (DEST/.stamp holds it), or does nothing if it
#       is one already. If the cache has none, FUNCTION OUT ARG... is called in an empty working folder and must
#       put the finished build into the folder OUT. Only one process builds one NAME at a time.
#       DEST - prints the path of the build in the cache instead, which must not be changed. A build that nobody
#       asked for in a month goes when a new one of that name is made.
#
#   step TEXT COMMAND [ARG...]
#       For use in FUNCTION: says TEXT and runs the command, whose output goes to the build's log. The build
#       ends if it fails.
#
# Anything that fails ends the calling script with status 1 and says what failed and where the log is.

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

cache_folder() {
    local folder=${TICKET_INTEROP_CACHE:-${HOME:-/tmp}/.cache/ticket-interop}
    mkdir -p "$folder"/{sources,builds,work,locks,logs} || die "cannot write to the cache $folder"
    (cd "$folder" && pwd -P)
}

sha256_of() { sha256sum -- "$1" | cut -d' ' -f1; }

has_sha256() {
    local found
    found=$(sha256_of "$1")
    [ "$found" = "$2" ] && return 0
    say "checksum mismatch: $1"
    say "  expected sha256 $2"
    say "  found    sha256 $found"
    return 1
}

debian_mirrors() {
    local codename lists
    [ -x /usr/lib/apt/apt-helper ] || return 0
    codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
    lists=$(mktemp -d)
    apt-get --print-uris update -o Dir::State::lists="$lists" 2>/dev/null |
        sed -nE "s,^'([^']+/)dists/$codename[^/]*/(updates/)?main/.*,\\1,p" | sort -u
    rm -rf "$lists"
}

fetch_from_mirrors() {
    local name=$1 orig=$2 sha256=$3 target=$4 mirror area initial=${1:0:1}
    case $name in lib*) initial=${name:0:4} ;; esac
    for mirror in $(debian_mirrors); do
        for area in main updates/main; do
            rm -f "$target"
            /usr/lib/apt/apt-helper -o APT::Sandbox::User= -o Acquire::Retries=1 download-file \
                "${mirror}pool/$area/$initial/$name/$orig" "$target" >/dev/null 2>&1 || continue
            has_sha256 "$target" "$sha256" && return 0
        done
    done
    return 1
}

fetch_from_project() {
    local url=$1 sha256=$2 target=$3
    rm -f "$target"
    curl -fsSL --connect-timeout 20 --retry 1 -o "$target" "$url" && has_sha256 "$target" "$sha256"
}

fetch_source() {
    local name=$1 version=$2 orig=$3 sha256=$4 url=$5
    local named=${TICKET_INTEROP_SOURCES:-} cache kept fresh file
    if [ -n "$named" ]; then
        [ -e "$named" ] || die "TICKET_INTEROP_SOURCES names $named, which does not exist"
        for file in "$named" "$named/$orig" "$named/${url##*/}"; do
            [ -f "$file" ] || continue
            case ${file##*/} in "$orig" | "${url##*/}") ;; *) continue ;; esac
            has_sha256 "$file" "$sha256" || die "TICKET_INTEROP_SOURCES does not hold $name $version"
            realpath -- "$file"
            return
        done
    fi

    cache=$(cache_folder) || exit 1
    kept=$cache/sources/$orig
    if [ -f "$kept" ]; then
        has_sha256 "$kept" "$sha256" && { printf '%s\n' "$kept"; return; }
        say "removing it and fetching it anew"
        rm -f "$kept"
    fi

    fresh=$(mktemp -d "$cache/work/fetch.XXXXXX") || die "cannot write to $cache/work"
    say "$name $version: fetching $orig from the machine's Debian mirror"
    if ! fetch_from_mirrors "$name" "$orig" "$sha256" "$fresh/$orig"; then
        say "$name $version: not there; fetching $url"
        if ! fetch_from_project "$url" "$sha256" "$fresh/$orig"; then
            rm -rf "$fresh"
            die "no place has $name $version with sha256 $sha256:" \
                "put $orig or ${url##*/} into a folder and name it in TICKET_INTEROP_SOURCES"
        fi
    fi
    mv -f "$fresh/$orig" "$kept"
    rm -rf "$fresh"
    printf '%s\n' "$kept"
}

hash_input() {
    if [ -d "$1" ]; then
        (cd "$1" && find . -type f | LC_ALL=C sort | xargs -r -d '\n' sha256sum)
    elif [ -f "$1" ]; then
        sha256sum <"$1"
    else
        printf '%s' "$1" | sha256sum
    fi
}

toolchain() {
    uname -m
    cc --version 2>/dev/null | head -n 1
    getconf GNU_LIBC_VERSION 2>/dev/null || ldd --version 2>&1 | head -n 1
}

build_stamp() {
    local input
    for input in "${BASH_SOURCE[0]}" "$(toolchain)" "$@"; do hash_input "$input"; done | sha256sum | cut -d' ' -f1
}

step() {
    say "$build_name: $1"
    shift
    printf '+ %s\n' "$*" >>"$build_log"
    "$@" >>"$build_log" 2>&1 || exit 1
}

build_into_cache() {
    local build_name=$1 build=$2 lock=$3 build_log=$cache/logs/$1.log work
    shift 3
    rm -rf "$cache/work/$build_name".*
    find "$cache/builds" -mindepth 1 -maxdepth 1 -name "$build_name-*" -mtime +30 -exec rm -rf {} +
    work=$(mktemp -d "$cache/work/$build_name.XXXXXX") || die "cannot write to $cache/work"
    mkdir "$work/out" "$work/tree"
    : >"$build_log"
    if ! (exec {lock}>&-; cd "$work/tree" && "$1" "$work/out" "${@:2}"); then
        rm -rf "$work"
        say "$(tail -n 5 "$build_log")"
        die "building $build_name failed; its log is $build_log"
    fi
    mv "$work/out" "$build"
    rm -rf "$work"
}

install_build() {
    local build=$1 stamp=$2 dest=$3 fresh
    if [ -e "$dest" ] && [ ! -f "$dest/.stamp" ]; then
        rmdir "$dest" 2>/dev/null || die "$dest holds something that is not a build; remove it"
    fi
    mkdir -p "$(dirname "$dest")"
    fresh=$(mktemp -d "$dest.XXXXXX") || die "cannot write to $dest"
    chmod 755 "$fresh"
    cp -a --reflink=auto "$build/." "$fresh/"
    printf '%s\n' "$stamp" >"$fresh/.stamp"
    rm -rf "$dest"
    mv -T "$fresh" "$dest"
}

cached_build() {
    local name=$1 stamp=$2 dest=$3 cache build lock
    shift 3
    [ "$dest" != - ] && [ "$(cat "$dest/.stamp" 2>/dev/null)" = "$stamp" ] && return
    cache=$(cache_folder) || exit 1
    build=$cache/builds/$name-$stamp
    exec {lock}>"$cache/locks/$name"
    flock -n "$lock" || { say "$name: waiting for another build of it"; flock "$lock"; }
    [ -d "$build" ] || build_into_cache "$name" "$build" "$lock" "$@"
    touch "$build"
    [ "$dest" = - ] || install_build "$build" "$stamp" "$dest"
    exec {lock}>&-
    if [ "$dest" = - ]; then printf '%s\n' "$build"; else say "$name: ready in $dest"; fi
}

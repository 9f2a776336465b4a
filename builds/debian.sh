#!/usr/bin/env bash
# debian.sh SUITE [--update]
#
# Unpacks what Debian's SUITE (bullseye, trixie, sid, ...) has of our libraries and servers, with all that they need, into
# a folder of the cache, beside this system and without touching it. Prints, a line each,
#     place FOLDER
#     client GLOB      which clients, and
#     server GLOB      which servers there is a build for in it
#
# apt resolves and checks signatures as usual, by a configuration of its own, from the mirror that this machine uses.
# What was resolved is pinned in SUITE.lock beside this script: package, version, SHA-256, file in the mirror's pool. As
# long as that is there, nothing else is taken; --update resolves anew and says what moved.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../servers/common/source.sh"

# For whom, and the names of the packages that bring it in one suite or another (regular expressions).
wanted='
client openssl* libssl[0-9.]+(t64)?
client s_client openssl
client gnutls* libgnutls30(t64)?
client nss* libnss3
client wolfssl* libwolfssl[0-9]+(t64)?
client mbedtls* libmbedtls[0-9]+(t64)?
client botan* libbotan-2-[0-9]+(t64)?
client libcurl libcurl4(t64)?
client node-* nodejs
server nginx nginx(-light)?
headers - libssl-dev
headers - libgnutls28-dev
headers - libwolfssl-dev
headers - libmbedtls-dev
'

[[ ${1:-} =~ ^[a-z][a-z-]*$ ]] && [ $# -le 2 ] && [ "${2:---update}" = --update ] || die "usage: $0 SUITE [--update]"
suite=$1
lock_file=$here/$suite.lock
for tool in apt-get apt-cache dpkg-deb; do
    command -v "$tool" >/dev/null || die "Debian's suites need $tool, which is not here"
done
cache=$(cache_folder) || exit 1
base=$cache/debian/$suite
place=$base/root
mkdir -p "$base"/{lists/partial,archives/partial,etc}
: >"$base/etc/status"

apt() {
    local program=$1
    shift
    "$program" -o Dir::Etc::sourcelist="$base/etc/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::Etc::preferencesparts=/dev/null -o Dir::State::lists="$base/lists" \
        -o Dir::State::status="$base/etc/status" -o Dir::Cache::archives="$base/archives" \
        -o Dir::Cache="$base" -o APT::Sandbox::User= -o Debug::NoLocking=1 "$@"
}

update() {
    local mirror log=$base/apt.log
    mirror=$(debian_mirrors | grep -v security | head -n 1)
    [ -n "$mirror" ] || die "this machine's apt knows no mirror of Debian"
    printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$mirror" "$suite" \
        >"$base/etc/sources.list"
    say "debian $suite: asking the machine's mirror what there is"
    apt apt-get -q update >"$log" 2>&1 || die "the machine's Debian mirror has no suite $suite: $(grep -m 1 '^E:' "$log")"
}

# Those of our packages that the suite has.
ours() {
    local names pattern
    names=$(apt apt-cache pkgnames)
    awk 'NF { print $3 }' <<<"$wanted" | while read -r pattern; do grep -xE -m 1 "$pattern" <<<"$names" || true; done
}

# What they need, with them: package, version, SHA-256, file.
resolve() {
    local all
    all=$(apt apt-get -q -y --no-install-recommends -s install $(ours) 2>"$base/apt.log" |
        sed -nE 's/^Inst ([^ ]+) \(([^ ]+) .*/\1=\2/p')
    [ -n "$all" ] || return 0
    apt apt-cache show $all | awk '
        /^Package: / { package = $2 } /^Version: / { version = $2 } /^Filename: / { file = $2 } /^SHA256: / { sum = $2 }
        /^$/ { print package, version, sum, file }' | LC_ALL=C sort -u
}

# What the lock pins and the cache has not yet; a file counts by its SHA-256 alone.
missing() {
    local package version sum file
    while read -r package version sum file; do
        [ -f "$base/archives/$sum.deb" ] || printf '%s=%s\n' "$package" "$version"
    done <"$lock_file"
}

fetch() {
    local wanted deb fresh=$base/fresh
    wanted=$(missing)
    [ -n "$wanted" ] || return 0
    say "debian $suite: fetching $(wc -l <<<"$wanted") packages"
    rm -rf "$fresh"
    mkdir "$fresh"
    (cd "$fresh" && apt apt-get -q download $wanted >"$base/apt.log" 2>&1) || true
    for deb in "$fresh"/*.deb; do [ ! -f "$deb" ] || mv "$deb" "$base/archives/$(sha256_of "$deb").deb"; done
    wanted=$(missing)
    [ -z "$wanted" ] || die "what $lock_file pins is not to be had any more ($(tr '\n' ' ' <<<"$wanted")):" \
        "--update takes what there is now. apt says: $(grep -m 1 '^E:' "$base/apt.log")"
}

unpack() {
    local sum fresh
    [ "$(cat "$place/.lock" 2>/dev/null)" = "$(sha256_of "$lock_file")" ] && return
    fresh=$(mktemp -d "$base/root.XXXXXX")
    # In a folder without the links of a merged /usr a package that still says /lib goes beside one that says /usr/lib.
    mkdir -p "$fresh"/usr/{lib,lib64,bin,sbin}
    for link in lib lib64 bin sbin; do ln -s "usr/$link" "$fresh/$link"; done
    while read -r _ _ sum _; do
        dpkg-deb --fsys-tarfile "$base/archives/$sum.deb" | tar -x -C "$fresh" --keep-directory-symlink --no-same-owner
    done <"$lock_file"
    sha256_of "$lock_file" >"$fresh/.lock"
    rm -rf "$place"
    chmod 755 "$fresh"
    mv -T "$fresh" "$place"
}

moved() {
    local old=$1 package version sum file before
    while read -r package version sum file; do
        before=$(awk -v package="$package" '$1 == package { print $2 }' "$old")
        [ "$before" = "$version" ] || say "debian $suite: $package ${before:-(new)} -> $version"
    done <"$lock_file"
}

exec {one_at_a_time}>"$cache/locks/debian-$suite"
flock "$one_at_a_time"
if [ ! -f "$lock_file" ] || [ $# -eq 2 ]; then
    update
    resolve >"$base/lock.new"
    [ -s "$base/lock.new" ] || die "nothing of ours could be resolved in $suite: $(tail -n 3 "$base/apt.log")"
    [ ! -f "$lock_file" ] || cp "$lock_file" "$base/lock.old"
    mv "$base/lock.new" "$lock_file"
    [ $# -lt 2 ] || [ ! -f "$base/lock.old" ] || moved "$base/lock.old"
elif [ ! -s "$base/etc/sources.list" ]; then
    update
fi
fetch
unpack

printf 'place %s\n' "$place"
while read -r side glob pattern; do
    [ -n "$side" ] && [ "$side" != headers ] || continue
    cut -d' ' -f1 "$lock_file" | grep -qxE "$pattern" && printf '%s %s\n' "$side" "$glob"
done <<<"$wanted"

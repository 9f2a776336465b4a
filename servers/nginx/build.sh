#!/usr/bin/env bash
# build.sh DEST
#
# Builds nginx with the patches of this folder, against the system's libssl, and puts the program into DEST.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../common/source.sh"

version=1.22.1
sha256=9ebb333a9e82b952acd3e2b4aeb1d4ff6406f72491bab6cd9fe69f0dea737f31
options=(
    --build=ticket-interop --prefix=. --error-log-path=stderr --with-cc-opt=-O2
    --with-http_ssl_module --with-stream --with-stream_ssl_module
    --without-http-cache
    --without-http_{access,auth_basic,autoindex,browser,charset,empty_gif,fastcgi,geo,grpc,gzip,limit_conn}_module
    --without-http_{limit_req,map,memcached,mirror,proxy,referer,rewrite,scgi,split_clients,ssi,userid,uwsgi}_module
    --without-http_upstream_{hash,ip_hash,keepalive,least_conn,random,zone}_module
    --without-stream_{access,geo,limit_conn,map,return,set,split_clients}_module
    --without-stream_upstream_{hash,least_conn,random,zone}_module
)

server() {
    local out=$1 tarball compiler=cc patch
    tarball=$(fetch_source nginx "$version" "nginx_$version.orig.tar.gz" "$sha256" \
        "https://nginx.org/download/nginx-$version.tar.gz") || exit 1
    ! command -v ccache >/dev/null || compiler="ccache cc"
    step "unpacking ${tarball##*/}" tar -xf "$tarball" --strip-components=1
    for patch in "$here"/patches/*.patch; do
        step "applying ${patch##*/}" patch -p1 --no-backup-if-mismatch -i "$patch"
    done
    step "configuring" ./configure --with-cc="$compiler" "${options[@]}"
    step "compiling (half a minute the first time)" make -j"$(nproc)"
    step "installing" strip -o "$out/nginx" objs/nginx
}

for tool in make patch cc strip; do
    command -v "$tool" >/dev/null || die "building nginx needs $tool, which is not installed"
done
libssl=$(dpkg-query -W -f '${Version}' libssl-dev 2>/dev/null || true)
cached_build nginx "$(build_stamp "$sha256" "$here/patches" "$here/build.sh" "libssl $libssl")" "$1" server

#!/usr/bin/env bash
# build.sh DEST
#
# Builds nginx with the patches of this folder and puts the program into DEST. It is built against the system's libssl or,
# where $TICKET_INTEROP_INCLUDE and $TICKET_INTEROP_LIBRARIES say so, any other (../common/libssl.sh), from OpenSSL 1.0.0 on;
# and from the pinned source or, where $TICKET_INTEROP_NGINX names a tree or tarball, that one: nginx 1.22 to 1.28.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../common/source.sh"
. "$here/../common/libssl.sh"

version=1.22.1
sha256=9ebb333a9e82b952acd3e2b4aeb1d4ff6406f72491bab6cd9fe69f0dea737f31
options=(
    --build=ticket-interop --prefix=. --error-log-path=stderr
    --with-http_ssl_module --with-stream --with-stream_ssl_module
    --without-http-cache
    --without-http_{access,auth_basic,autoindex,browser,charset,empty_gif,fastcgi,geo,grpc,gzip,limit_conn}_module
    --without-http_{limit_req,map,memcached,mirror,proxy,referer,rewrite,scgi,split_clients,ssi,userid,uwsgi}_module
    --without-http_upstream_{hash,ip_hash,keepalive,least_conn,random,zone}_module
    --without-stream_{access,geo,limit_conn,map,return,set,split_clients}_module
    --without-stream_upstream_{hash,least_conn,random,zone}_module
)

unpack() {
    local tarball=${TICKET_INTEROP_NGINX:-}
    if [ -d "$tarball" ]; then
        step "copying ${tarball##*/}" cp -a "$tarball/." .
        return
    fi
    [ -n "$tarball" ] || tarball=$(fetch_source nginx "$version" "nginx_$version.orig.tar.gz" "$sha256" \
        "https://nginx.org/download/nginx-$version.tar.gz") || exit 1
    step "unpacking ${tarball##*/}" tar -xf "$tarball" --strip-components=1
}

# The patches are made for the pinned version. Later ones call two things of the stream module otherwise.
apply() {
    local names=()
    ! grep -q ngx_stream_ssl_srv_conf_t src/stream/ngx_stream_ssl_module.h ||
        names=(-e s/ngx_stream_ssl_conf_t/ngx_stream_ssl_srv_conf_t/ -e 's/\bscf->/sscf->/')
    sed "${names[@]}" -e '' "$1" | patch -p1 -l --fuzz=1 --no-backup-if-mismatch
}

server() {
    local out=$1 compiler=cc patch configure=./configure
    ! command -v ccache >/dev/null || compiler="ccache cc"
    unpack
    for patch in "$here"/patches/*.patch; do
        step "applying ${patch##*/}" apply "$patch"
    done
    [ -e $configure ] || configure=auto/configure
    link_libssl links
    step "configuring" "$configure" --with-cc="$compiler" --with-cc-opt="-O2 ${libssl_cflags[*]}" \
        --with-ld-opt="${libssl_ldflags[*]}" "${options[@]}"
    step "compiling (half a minute the first time)" make -j"$(nproc)"
    step "installing" strip -o "$out/nginx" objs/nginx
}

for tool in make patch cc strip; do
    command -v "$tool" >/dev/null || die "building nginx needs $tool, which is not installed"
done
find_libssl
# Nobody staples here, and that part of nginx 1.22 does not know OpenSSL 4.0; other headers give other warnings.
[ -z "${TICKET_INTEROP_LIBRARIES:-}" ] || libssl_cflags+=(-Wno-error -DOPENSSL_NO_OCSP)
stamp=$(build_stamp "$sha256" "${TICKET_INTEROP_NGINX:-}" "$here/patches" "$here/build.sh" "$libssl_stamp")
cached_build nginx "$stamp" "$1" server

#!/usr/bin/env bash
# The naive way, as the report of 2012 did it: one cell by hand, with true sleeps, and a glance at what s_client prints.
#   naive.sh OPENSSL     the patched s_server's binary; prints the seconds that the cell took
set -euo pipefail
openssl=$(realpath "$1")
folder=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
export OPENSSL_CONF=/dev/null
printf '[req]\ndistinguished_name=dn\n[dn]\n' >req.cnf
"$openssl" req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -keyout key.pem -out cert.pem -config req.cnf 2>/dev/null

connect() { printf 'GET / HTTP/1.0\r\n\r\n' | "$openssl" s_client -connect "127.0.0.1:$port" -tls1_2 -ign_eof "$@" 2>&1; }

began=$(date +%s.%N)
"$openssl" s_server -accept 127.0.0.1:0 -www -no_cache -cert cert.pem -key key.pem \
  -ticket_renew_after 10 -ticket_expire_after 20 >server.log 2>&1 &
server=$!
sleep 1
port=$(sed -n 's/^ACCEPT 127\.0\.0\.1://p' server.log)
connect -sess_out kept.pem | grep '^New, ' >/dev/null
sleep 15
connect -sess_in kept.pem | grep '^Reused, ' >/dev/null
ended=$(date +%s.%N)
awk "BEGIN { print $ended - $began }"

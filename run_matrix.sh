#!/usr/bin/env bash
# Sets up what is missing, builds what changed, and runs the matrix. `./run_matrix.sh --help` says more.
set -euo pipefail
caller=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")"
root=$PWD

help() {
  cat <<'TXT'
Usage: ./run_matrix.sh [ARGS]              set up, build, then `ticket-interop run ARGS`
       ./run_matrix.sh --test [ARGS]       set up (s_client-rejects-renewal too), build, then the whole test suite
                                           (`ctest ARGS`)
       ./run_matrix.sh --bench [ARGS]      set up, build, then the benchmarks
       ./run_matrix.sh --with NAME [ARGS]  also set up an optional client (a folder of clients/, or "all"), then run
       ./run_matrix.sh --setup             set up and build only

Set-up installs Debian packages (it says which and why; without root and sudo it prints the command and exits 2)
and builds the servers from pinned sources: found in $TICKET_INTEROP_SOURCES (a file or folder), in the cache
(${TICKET_INTEROP_CACHE:-~/.cache/ticket-interop}), at the machine's Debian mirror, or at the project's download site.
The arguments of a run: build/bin/ticket-interop run --help
TXT
}

say() { printf 'run_matrix: %s\n' "$*" >&2; }

# What is needed, and what for.
packages="
g++ compiler
cmake build
ninja-build build
make server builds
perl server builds
patch server builds
curl server sources that no Debian mirror has
python3 tests of the servers
python3-cryptography server and client scripted
libssl-dev wire decoder, client openssl
libboost1.81-dev Asio
nlohmann-json3-dev manifests and results
libcli11-dev command line
libfmt-dev text
libgtest-dev tests
libgmock-dev tests
libbenchmark-dev benchmarks
libfaketime virtual clock
openssl client s_client
zlib1g-dev server nginx
libgnutls28-dev client gnutls
libnss3-dev client nss
libnspr4-dev client nss
libmbedtls-dev client mbedtls
libwolfssl-dev client wolfssl
libbotan-2-dev client botan
android-libboringssl-dev client boringssl
libcurl4-openssl-dev client libcurl
pkg-config client builds
"

# What the optional clients are built with: folder, program, and what apt-get is to install for it on Debian 12. A
# program that is there, from wherever, is left alone.
optional_packages="
go go -t bookworm-backports golang-go
java javac openjdk-17-jdk-headless
node node nodejs
node-releases npm npm
python python3 python3
rustls cargo cargo-web
rustls cc gcc
"

install_packages() {
  command -v dpkg-query >/dev/null || { say "this is not Debian: install what README.md lists yourself"; return; }
  local missing=() name what
  local have
  have=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' | sed -n 's/ installed$//p')
  while read -r name what; do
    [ -n "$name" ] || continue
    grep -qxF "$name" <<<"$have" || { missing+=("$name"); say "missing: $name ($what)"; }
  done <<<"$packages"
  [ ${#missing[@]} -gt 0 ] || return 0
  apt_install "${missing[@]}" || exit 2
}

install_optional() {
  command -v dpkg-query >/dev/null || return 0
  local missing=() folder program package
  while read -r folder program package; do
    [ "$folder" = "$1" ] && ! command -v "$program" >/dev/null || continue
    say "missing: $program (client $1)"
    missing+=($package)
  done <<<"$optional_packages"
  [ ${#missing[@]} -gt 0 ] || return 0
  apt_install "${missing[@]}"
}

# Installs packages, or says how.
apt_install() {
  local install=(apt-get install -y --no-install-recommends "$@")
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null && sudo -n true 2>/dev/null || {
      say "needs root; run this once: apt-get update && ${install[*]}"
      return 1
    }
    say "sudo ${install[*]}"
    sudo -n apt-get update -qq && sudo -n env DEBIAN_FRONTEND=noninteractive "${install[@]}" -qq >&2
  else
    say "${install[*]}"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive "${install[@]}" -qq >&2
  fi
}

build_servers() {
  local script id
  for script in servers/*/build.sh; do
    id=$(basename "$(dirname "$script")")
    "$script" "build/servers/$id" >&2
  done
}

# Builds an optional client. If it fails, why is kept in .failed, for `unsupported` verdicts and doctor.
build_client() {
  local dest="build/clients/$1" said
  install_optional "$1" || true  # its build says what it needs
  said=$(mktemp)
  if "$2" "$dest" 2> >(tee "$said" >&2); then
    rm -f "$dest/.failed" "$said"
    return 0
  fi
  wait  # for tee
  mkdir -p "$dest"
  sed -n '/^error: /,$p' "$said" | tr -s '\n ' ' ' | sed 's/^error: //' >"$dest/.failed"
  rm -f "$said"
  return 1
}

build_optional() {
  local script id found=
  for script in clients/*/build.sh; do
    [ -e "$script" ] || continue
    id=$(basename "$(dirname "$script")")
    [ "$1" = all ] || [ "$1" = "$id" ] || continue
    found=yes
    # One client that cannot be had costs only itself: its cells say `unsupported`. Asked for by name, it is an error.
    build_client "$id" "$script" && continue
    [ "$1" = all ] || exit 1
    say "client $id is not set up, going on without"
  done
  [ -n "$found" ] || { say "no optional client \"$1\"; there are: $(cd clients && echo */build.sh | sed 's#/build.sh##g')"; exit 2; }
}

build_harness() {
  [ -e build/release/build.ninja ] || cmake --preset release >&2
  cmake --build --preset release -j "$(nproc)" "$@" >&2
  mkdir -p build/bin
  ln -sfn ../release/bin/ticket-interop build/bin/ticket-interop
}

mode=run
optional=()
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) help; exit 0 ;;
    --test) mode=test; optional+=(s_client-rejects-renewal); shift ;;
    --bench) mode=bench; shift ;;
    --setup) mode=setup; shift ;;
    --with) [ $# -ge 2 ] || { say "--with needs a NAME or all"; exit 2; }; optional+=("$2"); shift 2 ;;
    *) break ;;
  esac
done

install_packages
build_servers
for name in "${optional[@]}"; do build_optional "$name"; done
case $mode in
  run) build_harness --target ticket-interop clients/all; cd "$caller"; exec "$root/build/bin/ticket-interop" run "$@" ;;
  setup) build_harness --target ticket-interop clients/all ;;
  test) build_harness; exec ctest --test-dir build/release --output-on-failure -j "$(nproc)" "$@" ;;
  bench) build_harness; exec tests/bench/run.sh "$@" ;;
esac

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
       ./run_matrix.sh --with debian:SUITE [ARGS]
                                           also what Debian's SUITE (bullseye, trixie, sid ...) has of our libraries and
                                           servers, unpacked beside this system and pinned in builds/SUITE.lock
       ./run_matrix.sh --setup             set up and build only

Set-up installs Debian packages (it says which and why; without root and sudo it prints the command that root must
run once) and builds the servers from pinned sources: found in $TICKET_INTEROP_SOURCES (a file or folder), in the cache
(${TICKET_INTEROP_CACHE:-~/.cache/ticket-interop}), at the machine's Debian mirror, or at the project's download site.
The arguments of a run: build/bin/ticket-interop run --help

Exit status: that of the run or of the tests; 2 wrong arguments; 3 the set-up failed, and it says at which step.
TXT
}

say() { printf 'run_matrix: %s\n' "$*" >&2; }

log=build/setup.log

# logged COMMAND...: what it prints goes to the log; of ninja's steps half way is told.
logged() {
  "$@" 2>&1 </dev/null | tee -a "$log" | awk '
    match($0, /^\[[0-9]+\/[0-9]+\]/) {
      split(substr($0, 2, RLENGTH - 2), step, "/")
      if (step[2] >= 20 && 2 * step[1] >= step[2] && !told++) { printf "run_matrix:   %d of %d steps\n", step[1], step[2]; fflush() }
    }' >&2
}

# quietly COMMAND...: the same, and the end of the log is shown if it fails.
quietly() {
  logged "$@" && return 0
  say "this failed: $*; the log is $root/$log, and its end:"
  tail -n 30 "$log" >&2
  return 1
}

# begin WHAT: the set-up is at this now; if it ends here, it has failed.
doing=
begin() {
  doing=$1
  say "$1"
}

# What is needed, and what for. Of names with | between them the first is taken that is there or that apt has.
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
libboost1.81-dev|libboost-dev Asio and Process, from 1.81 on
nlohmann-json3-dev manifests and results
libcli11-dev command line
libfmt-dev text
libre2-dev expressions of manifests
libzstd-dev messages and witnesses of results
libgtest-dev tests
libgmock-dev tests
libbenchmark-dev benchmarks
libfaketime virtual clock
openssl client s_client
zlib1g-dev wire decoder, server nginx
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

# What the optional clients are built with: folder, program, package, and from which version of the package on it will do
# (any). A program that is there, from wherever, is left alone.
optional_packages="
go go golang-go 2:1.21
java javac default-jdk-headless
node node nodejs
node-releases npm npm
python python3 python3
rustls cargo cargo 1.71
rustls cargo cargo-web
rustls cc gcc
"

# choose A|B INSTALLED: the first of these names that is among the installed or that apt has; if none is, the last.
choose() {
  local name
  [[ $1 = *"|"* ]] || { printf '%s\n' "$1"; return; }
  for name in ${1//|/ }; do
    if grep -qxF "$name" <<<"$2" || [ -n "$(apt-cache madison "$name" 2>/dev/null)" ]; then break; fi
  done
  printf '%s\n' "$name"
}

install_packages() {
  local missing=() what_for= name what have
  if ! command -v dpkg-query >/dev/null; then
    say "this is not Debian; what it calls by these names is needed: $(awk 'NF { sub(/.*\|/, "", $1); print $1 }' <<<"$packages" | tr '\n' ' ')"
    return
  fi
  have=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' | sed -n 's/ installed$//p')
  [ "$(id -u)" != 0 ] || [ -n "$(apt-cache madison libssl-dev 2>/dev/null)" ] || apt-get update -qq
  while read -r name what; do
    [ -n "$name" ] || continue
    name=$(choose "$name" "$have")
    grep -qxF "$name" <<<"$have" || { missing+=("$name"); what_for+="${what_for:+, }$name ($what)"; }
  done <<<"$packages"
  [ ${#missing[@]} -gt 0 ] || return 0
  say "missing: $what_for"
  apt_install "${missing[@]}"
}

# package_from NAME VERSION: what apt-get is told to install NAME from that version on; fails if apt has none so new.
package_from() {
  local line version suite
  [ -n "$2" ] || { printf '%s\n' "$1"; return; }
  while IFS='|' read -r _ version line; do
    version=${version// /}
    suite=$(awk '{ print $2 }' <<<"$line")
    dpkg --compare-versions "$version" ge "$2" || continue
    case $suite in *-backports/*) printf -- '-t %s ' "${suite%%/*}" ;; esac
    printf '%s\n' "$1"
    return
  done < <(apt-cache madison "$1" 2>/dev/null)
  return 1
}

install_optional() {
  command -v dpkg-query >/dev/null || return 0
  local missing=() folder program package from found codename
  while read -r folder program package from; do
    [ "$folder" = "$1" ] && ! command -v "$program" >/dev/null || continue
    grep -q "^$program\$" <<<"$found" && continue  # an earlier row of the table brings it
    if ! package=$(package_from "$package" "$from"); then
      codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-this release}")
      say "client $1: apt has no $program that is new enough here; if you add $codename-backports to apt's sources" \
        "(as its line for $codename main, with that name) and run apt-get update, it may"
      continue
    fi
    found+="$program"$'\n'
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
    quietly sudo -n apt-get update -qq && quietly sudo -n env DEBIAN_FRONTEND=noninteractive "${install[@]}" -qq
  else
    say "${install[*]}"
    quietly apt-get update -qq && quietly env DEBIAN_FRONTEND=noninteractive "${install[@]}" -qq
  fi
}

# What is built is run from here.
check_folder() {
  local probe
  mkdir -p build && probe=$(mktemp build/probe.XXXXXX) && : >"$log" || { say "cannot write to $root/build"; return 1; }
  printf '#!/bin/sh\n' >"$probe"
  chmod +x "$probe"
  "./$probe" || { rm -f "$probe"; say "no program can be run in $root: its file system is mounted noexec"; return 1; }
  rm -f "$probe"
}

# A build that came from another machine, or from a checkout elsewhere, is no build of this one.
drop_foreign_build() {
  local here machine
  here="$root $(. servers/common/source.sh && toolchain)"
  doing="looking at the build folder"
  machine=$(cat build/release/.machine 2>/dev/null ||
    sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' build/release/CMakeCache.txt 2>/dev/null) || true
  case $machine in
    "" | "$here" | "$root") ;;
    *) say "build/release is of another place or toolchain: building anew"; rm -rf build/release ;;
  esac
  mkdir -p build/release
  printf '%s\n' "$here" >build/release/.machine
}

build_servers() {
  local script id scripts=(servers/*/build.sh)
  begin "building the servers: $(printf '%s\n' "${scripts[@]}" | awk -F/ '{ printf "%s%s", sep, $2; sep = ", " }')"
  for script in "${scripts[@]}"; do
    id=$(basename "$(dirname "$script")")
    doing="building the server $id"
    quietly "$script" "build/servers/$id"
  done
}

# Builds an optional client. If it fails, why is kept in .failed, for `unsupported` verdicts and doctor.
build_client() {
  local dest="build/clients/$1" from
  install_optional "$1" || true  # its build says what it needs
  from=$(stat -c %s "$log")
  if logged "$2" "$dest"; then
    rm -f "$dest/.failed"
    return 0
  fi
  mkdir -p "$dest"
  tail -c "+$((from + 1))" "$log" | sed -n '/^error: /,$p' | tr -s '\n ' ' ' | sed 's/^error: //' >"$dest/.failed"
  say "client $1: $(cat "$dest/.failed")(the log is $root/$log)"
  return 1
}

build_optional() {
  local script id
  for script in clients/*/build.sh; do
    id=$(basename "$(dirname "$script")")
    [ "$1" = all ] || [ "$1" = "$id" ] || continue
    begin "building the client $id"
    # One client that cannot be had costs only itself: its cells say `unsupported`. Asked for by name, it is an error.
    build_client "$id" "$script" && continue
    [ "$1" = all ] || exit 3
    say "client $id is not set up, going on without"
  done
}

configure() {
  doing="configuring the build"
  quietly cmake --preset release "$@"
}

# Builds the adapters. One that does not compile costs only itself: why is kept in .failed, and it is left out.
build_adapters() {
  local name said broken=
  begin "building the adapters of clients"
  logged cmake --build --preset release -j "$(nproc)" --target clients/all -- -k 0 && return 0
  for name in clients/*/CMakeLists.txt; do
    name=$(basename "$(dirname "$name")")
    grep -q "^build adapter_$name: phony" build/release/build.ninja || continue  # its library is not installed
    said=$(cmake --build --preset release --target "adapter_$name" 2>&1) && continue
    broken+="${broken:+;}$name"
    mkdir -p "build/release/clients/$name"
    rm -f "build/release/clients/$name/adapter"
    grep -m 1 -E 'error:|Error|undefined' <<<"$said" >"build/release/clients/$name/.failed" ||
      echo "its build failed" >"build/release/clients/$name/.failed"
    say "client $name does not compile here, going on without: $(cat "build/release/clients/$name/.failed")"
  done
  [ -n "$broken" ] || return 1
  configure -D TI_BROKEN_ADAPTERS="$broken"
}

# Builds these targets, or all of them. Warnings stop only whoever asks for that ($TICKET_INTEROP_WERROR, or a build
# folder that was configured by hand): a newer compiler warns of other things.
build_harness() {
  drop_foreign_build
  if [ ! -e build/release/build.ninja ]; then
    configure -D TI_WERROR="${TICKET_INTEROP_WERROR:-OFF}"
  elif grep -q '^TI_BROKEN_ADAPTERS:.*=.' build/release/CMakeCache.txt; then
    configure -D TI_BROKEN_ADAPTERS=
  fi
  build_adapters
  begin "building the harness"
  quietly cmake --build --preset release -j "$(nproc)" "$@"
  mkdir -p build/bin
  ln -sfn ../release/bin/ticket-interop build/bin/ticket-interop
  doing=
}

# The arguments of a run are looked at before the set-up, which takes minutes.
check_run_options() {
  local word known
  known=$(printf '%s\n' -h --help; grep -oE '"--[a-z-]+(,-[a-z])?"' harness/cli/run_command.cpp | tr -d '"' | tr , '\n')
  for word in "$@"; do
    case $word in
      -- | [!-]*) continue ;;
      --*) word=${word%%=*} ;;
      -*) word=${word:0:2} ;;
    esac
    grep -qxF -e "$word" <<<"$known" && continue
    say "a run has no option $word; build/bin/ticket-interop run --help lists them"
    exit 2
  done
}

# with_suite SUITE ARGS...: adds to `with` the builds that are in the suite, of those servers and clients that ARGS ask
# for. One that cannot be used costs only itself.
with_suite() {
  local suite=$1 found side glob place said word
  shift
  doing="unpacking what Debian's $suite has"
  found=$(builds/debian.sh "$suite")
  said=$(mktemp)
  while read -r side glob; do
    [ "$side" != place ] || { place=$glob; continue; }
    word=$(asked_for "$side" "$glob" "$@") || continue
    if build/bin/ticket-interop list "${side}s" "--$side" "$word=$place" >/dev/null 2>"$said"; then
      with+=("--$side" "$word=$place")
    else
      say "$side $word of Debian's $suite cannot be used, going on without: $(tail -n 1 "$said" | cut -c 1-300)"
    fi
  done <<<"$found"
  rm -f "$said"
  doing=
}

# asked_for SIDE GLOB ARGS...: the ids among GLOB that the arguments of a run ask for, as a glob; fails if there is none.
asked_for() {
  local side=$1 glob=$2 any= asked
  shift 2
  while [ $# -gt 0 ]; do
    case $1 in
      "--$side") asked=${2:-} ;;
      "--$side="*) asked=${1#*=} ;;
      *) shift; continue ;;
    esac
    any=1
    [[ ${glob%\*} != $asked ]] || { printf '%s\n' "$glob"; return; }
    [[ $asked != $glob ]] || { printf '%s\n' "$asked"; return; }
    shift
  done
  [ -z "$any" ] && printf '%s\n' "$glob"
}

# asks_for SIDE ARGS...: whether the arguments of a run name servers or clients.
asks_for() {
  local side=$1 word
  for word in "${@:2}"; do case $word in "--$side" | "--$side="*) return 0 ;; esac; done
  return 1
}

check_optional() {
  local there
  there=$(cd clients && echo */build.sh | sed 's#/build.sh##g')
  case " all $there " in
    *" $1 "*) ;;
    *) say "no optional client \"$1\"; there are: $there"; exit 2 ;;
  esac
}

mode=run
optional=()
suites=()
with=()
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) help; exit 0 ;;
    --test) mode=test; optional+=(s_client-rejects-renewal); shift ;;
    --bench) mode=bench; shift ;;
    --setup) mode=setup; shift ;;
    --with)
      case ${2:-} in
        "") say "--with needs a NAME, all or debian:SUITE"; exit 2 ;;
        debian:?*) suites+=("${2#debian:}") ;;
        *) optional+=("$2") ;;
      esac
      shift 2
      ;;
    *) break ;;
  esac
done

[ $mode != run ] || check_run_options "$@"
for name in "${optional[@]}"; do check_optional "$name"; done

ended() {
  local status=$?
  [ $status -eq 0 ] || [ -z "$doing" ] || { say "set-up failed while $doing"; exit 3; }
}
trap ended EXIT

doing="looking at the folder"
check_folder
doing="installing packages"
install_packages
build_servers
for name in "${optional[@]}"; do build_optional "$name"; done
case $mode in
  run)
    build_harness --target ticket-interop
    for suite in "${suites[@]}"; do with_suite "$suite" "$@"; done
    for side in server client; do
      case " ${with[*]} " in *" --$side "*) asks_for "$side" "$@" || with+=("--$side" "*") ;; esac
    done
    cd "$caller"
    exec "$root/build/bin/ticket-interop" run "$@" "${with[@]}"
    ;;
  setup) build_harness --target ticket-interop ;;
  test) build_harness; exec ctest --test-dir build/release --output-on-failure -j "$(nproc)" "$@" ;;
  bench) build_harness; exec tests/bench/run.sh "$@" ;;
esac

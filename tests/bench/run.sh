#!/usr/bin/env bash
# The benchmarks: the decoder alone, then whole runs beside their floor and the naive way. `run.sh --help` says more.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=${TICKET_INTEROP_BUILD:-build/release}
case ${1:-} in --help | -h) exec python3 -B tests/bench/report.py --help ;; esac
"$build/tests/bench/decode_bench" --benchmark_min_time=0.2
echo
exec python3 -B tests/bench/report.py --build "$build" "$@"

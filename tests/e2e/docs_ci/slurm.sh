#!/usr/bin/env bash
# slurm.sh TICKET_INTEROP: docs/ci's Slurm example under a real Slurm, on this machine alone.
#
# Starts munged, slurmctld and slurmd on loopback with a configuration, ports and a key of its own in a temporary
# folder, submits the array and the merge that waits for it, and compares what comes out with a run that was not
# split. Ends with 77 where slurm-wlm or munge is not installed, or without root, which slurmd needs.
set -euo pipefail
program=$(realpath "$1")
docs=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../../docs/ci" && pwd)
part=(--server openssl --client openssl --client s_client --scenario renew --scenario young)

skip() { printf '\n*** SKIPPED: %s ***\n\n' "$*" >&2; exit 77; }
export PATH=$PATH:/usr/sbin
for tool in munged mungekey slurmctld slurmd sbatch; do
  command -v "$tool" >/dev/null || skip "$tool is not installed: apt-get install slurm-wlm munge"
done
[ "$(id -u)" = 0 ] || skip "slurmd needs root"

stage=$(mktemp -d)
chmod 755 "$stage"
export SLURM_CONF=$stage/slurm.conf
daemons=()
finish() {
  local status=$?
  [ $status = 0 ] || tail -n 15 "$stage"/*.log "$stage"/slurm-*.out >&2 2>/dev/null || true
  timeout 10 scancel --user=root 2>/dev/null || true
  [ ${#daemons[@]} = 0 ] || kill "${daemons[@]}" 2>/dev/null || true
  wait
  rm -rf "$stage"
  exit $status
}
trap finish EXIT

free_ports() {
  python3 -c 'import socket
held = [socket.socket() for _ in range(2)]
for s in held: s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in held))'
}
read -r control_port node_port < <(free_ports)

mkdir -p "$stage"/{state,spool,build/bin}
ln -s "$program" "$stage/build/bin/ticket-interop"
cat >"$stage/slurm.conf" <<CONF
ClusterName=ticket-interop
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=$control_port
SlurmdPort=$node_port
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$stage/munge.socket
CryptoType=crypto/munge
StateSaveLocation=$stage/state
SlurmdSpoolDir=$stage/spool
SlurmctldPidFile=$stage/slurmctld.pid
SlurmdPidFile=$stage/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
ReturnToService=2
SchedulerParameters=sched_interval=1
NodeName=localhost NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=here Nodes=localhost Default=YES MaxTime=10 State=UP
CONF

mungekey --create --keyfile "$stage/munge.key"
munged --force --key-file "$stage/munge.key" --socket "$stage/munge.socket" --pid-file "$stage/munge.pid" \
  --seed-file "$stage/munge.seed" --log-file "$stage/munge.log"
daemons+=("$(cat "$stage/munge.pid")")
slurmctld -D -c >"$stage/slurmctld.log" 2>&1 &
daemons+=($!)
slurmd -D -N localhost >"$stage/slurmd.log" 2>&1 &
daemons+=($!)

cd "$stage"
timeout 60 grep -qm1 'Running as primary controller' < <(tail -n +1 -F --pid="${daemons[1]}" slurmctld.log 2>/dev/null)
array=$(sbatch --parsable --array=1-3 "$docs/slurm-array.sbatch" "$stage/results" "${part[@]}")
merge_status=0
sbatch --wait --dependency="afterok:$array" --kill-on-invalid-dep=yes "$docs/slurm-merge.sbatch" "$stage/results" || merge_status=$?
[ "$merge_status" -le 1 ]

whole_status=0
"$program" run --quiet --out "$stage/whole" "${part[@]}" || whole_status=$?
[ "$merge_status" = "$whole_status" ]
python3 - "$stage/whole" "$stage/results/all" <<'PY'
import json
import sys


def verdicts(folder):
    return {cell["id"]: cell["verdict"] for cell in json.load(open(folder + "/results.json"))["cells"]}


whole, joined = map(verdicts, sys.argv[1:])
assert whole and whole == joined, (whole, joined)
print(f"{len(whole)} cells, the same in one run and in three Slurm jobs")
PY

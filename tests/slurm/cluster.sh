#!/bin/bash
# A Slurm of one node below DIR, for tests: starts it, runs the rest of the command line with it, and ends it. Needs root, munged,
# slurmctld and slurmd (Debian: munge, slurm-wlm); no unit of the system is started and no file outside of DIR is written.
#
#     tests/slurm/cluster.sh DIR COMMAND...
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
place=$1
shift
host=$(hostname -s)
# Ports of its own, below those that the system hands out.
port=$((20000 + $$ % 10000))
mkdir -p "$place/state" "$place/spool"
head -c 1024 /dev/urandom >"$place/munge.key"
chmod 0400 "$place/munge.key"
cat >"$place/slurm.conf" <<END
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=$port
SlurmdPort=$((port + 1))
AuthType=auth/munge
# A job that was requeued starts again when its old credential has run out.
AuthInfo=socket=$place/munge.socket,cred_expire=5
StateSaveLocation=$place/state
SlurmdSpoolDir=$place/spool
SlurmctldPidFile=$place/slurmctld.pid
SlurmdPidFile=$place/slurmd.pid
SlurmctldLogFile=$place/slurmctld.log
SlurmdLogFile=$place/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
KillWait=5
ReturnToService=2
SchedulerParameters=sched_interval=1,sched_min_interval=0
# As many jobs at once as there are shards, however few processors there are.
SlurmdParameters=config_overrides
NodeName=$host NodeAddr=127.0.0.1 CPUs=8 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
export SLURM_CONF=$place/slurm.conf
daemons=()
trap 'kill "${daemons[@]}" 2>/dev/null; wait' EXIT
munged --foreground --force --key-file="$place/munge.key" --socket="$place/munge.socket" --pid-file="$place/munged.pid" \
    --log-file="$place/munged.log" --seed-file="$place/munge.seed" &
daemons+=($!)
for _ in {1..50}; do test -S "$place/munge.socket" && break || sleep 0.1; done
slurmctld -D -i >"$place/slurmctld.out" 2>&1 &
daemons+=($!)
slurmd -D -N "$host" >"$place/slurmd.out" 2>&1 &
daemons+=($!)
for _ in {1..100}; do sinfo --noheader --format=%T 2>/dev/null | grep -q idle && break || sleep 0.2; done
sinfo --noheader --format=%T | grep -q idle || { cat "$place"/*.log "$place"/*.out >&2; exit 1; }
"$@"

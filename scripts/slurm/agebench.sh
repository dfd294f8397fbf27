#!/bin/bash
# `agebench run` as an array of Slurm jobs, one a shard, and `agebench merge` when all of them are done. A job that is killed or requeued
# goes on where it was. The shards stand in OUT.shards, beside them what each job told; OUT is the folder of the run.
#
#     scripts/slurm/agebench.sh SHARDS OUT METHOD... --dataset D [further options of `agebench run`]
#
# sbatch reads what else a site asks for from its own variables: SBATCH_ACCOUNT, SBATCH_PARTITION, SBATCH_TIMELIMIT, ...
set -euo pipefail
shards=$1 out=${2%/}
shift 2
arguments=$(printf ' %q' "$@")
mkdir -p "$out.shards"
array=$(sbatch --parsable --job-name=agebench --array="1-$shards" --requeue --open-mode=append --output="$out.shards/%a.log" <<END
#!/bin/bash
exec agebench run$arguments --shard auto/$shards --resume --out $(printf %q "$out.shards")/\$SLURM_ARRAY_TASK_ID
END
)
merge=$(sbatch --parsable --job-name=agebench-merge --dependency="afterok:$array" --kill-on-invalid-dep=yes --output="$out.shards/merge.log" <<END
#!/bin/bash
exec agebench merge $(printf %q "$out.shards")/*/ --out $(printf %q "$out")
END
)
echo "$array $merge"

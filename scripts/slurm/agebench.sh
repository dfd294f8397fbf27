#!/bin/bash
# `agebench run` as an array of Slurm jobs, one a shard, and `agebench merge` when all of them are done. A job that is requeued or preempted
# goes on where it was; one that fails, by SIGKILL too, leaves the merge cancelled (docs/cluster.md says how to go on). The shards stand in
# OUT.shards, beside them what each job told; OUT is the folder of the run.
#
#     scripts/slurm/agebench.sh SHARDS OUT METHOD... --dataset D [further options of `agebench run`]
#
# `--max-failed N` counts over all shards, and is given to the merge. sbatch reads what else a site asks for from its own variables: SBATCH_ACCOUNT, SBATCH_PARTITION, SBATCH_TIMELIMIT, ...
set -euo pipefail
shards=$1 out=${2%/}
shift 2
arguments="" merging=""
while [ $# -gt 0 ]; do
    case $1 in
    --max-failed)
        merging+=$(printf ' %q' "$1" "${2:?--max-failed needs a number}")
        shift
        ;;
    --max-failed=*) merging+=$(printf ' %q' "$1") ;;
    *) arguments+=$(printf ' %q' "$1") ;;
    esac
    shift
done
mkdir -p "$out.shards"
array=$(sbatch --parsable --job-name=agebench --array="1-$shards" --requeue --open-mode=append --output="$out.shards/%a.log" <<END
#!/bin/bash
exec agebench run$arguments --shard auto/$shards --resume --out $(printf %q "$out.shards")/\$SLURM_ARRAY_TASK_ID
END
)
merge=$(sbatch --parsable --job-name=agebench-merge --dependency="afterok:$array" --kill-on-invalid-dep=yes --output="$out.shards/merge.log" <<END
#!/bin/bash
exec agebench merge $(printf %q "$out.shards")/*/ --out $(printf %q "$out")$merging
END
)
echo "$array $merge"

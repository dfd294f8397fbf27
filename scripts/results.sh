#!/usr/bin/env bash
# Makes the packages of results/ anew, with the agebench in $AGEBENCH (default: target/release/agebench).
#
#     scripts/results.sh                        # drawn-faces, and leaderboard.csv of what is there
#     scripts/results.sh --recorded FOLDER      # also morph2: FOLDER holds morph2_coral_seed0.csv and morph2_ordinal_seed0.csv
#     scripts/results.sh --out FOLDER           # into FOLDER instead of results/
#
# Nothing in them depends on the machine, the time or the number of threads: the same version gives the same bytes.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
agebench=${AGEBENCH:-$root/target/release/agebench}
out=$root/results
recorded=
demo=
while [ $# -gt 0 ]; do
    case $1 in
        --out) out=$2 ;;
        --recorded) recorded=$2 ;;
        --demo) demo=$2 ;; # a folder that `agebench demo` wrote, for a build without an engine
        *) echo "usage: scripts/results.sh [--out FOLDER] [--recorded FOLDER] [--demo FOLDER]" >&2; exit 2 ;;
    esac
    shift 2
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

# The bundled methods on the bundled faces. Nobody is shown, so the rule protects nobody: it is applied so that the package
# looks as one of people does, and so that the last digits of an answer, which may differ between processors, do not show.
if [ -z "$demo" ]; then
    demo=$work/demo
    "$agebench" demo --out "$demo" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
fi
"$agebench" compare "$demo" --out "$work/demo-compared" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
"$agebench" publish "$demo" "$work/demo-compared" --disclosure uk_7_5 --replace --out "$out/drawn-faces" \
    --title "Bundled methods on drawn faces" --licence "MIT OR Apache-2.0"

# Answers that two published models gave on photographs of real people, recorded elsewhere: they stay where they are.
if [ -n "$recorded" ]; then
    cp -r "$root/scripts/results/morph2" "$work/morph2"
    cp "$recorded/morph2_coral_seed0.csv" "$work/morph2/coral/answers.csv"
    cp "$recorded/morph2_ordinal_seed0.csv" "$work/morph2/ordinal/answers.csv"
    # file,subject_id,true_age,predicted_age,sex,race
    awk -F, 'NR == 1 { print "sample_id,subject_id,age,sex,race" } NR > 1 { print $1 "," $2 "," $3 "," $5 "," $6 }' \
        "$work/morph2/coral/answers.csv" | tr -d '\r' >"$work/morph2/manifest.csv"
    "$agebench" run "$work/morph2/coral" "$work/morph2/ordinal" --dataset "$work/morph2" --no-timings \
        --out "$work/morph2-run" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
    "$agebench" compare "$work/morph2-run" --out "$work/morph2-compared" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
    "$agebench" publish "$work/morph2-run" "$work/morph2-compared" --disclosure uk_7_5 --replace --out "$out/morph2" \
        --title "Two published models on MORPH-II" --licence "CC-BY-4.0"
fi

# The leaderboards of all packages under one another: no two methods of different packages are ranked against each other.
first=yes
for file in "$out"/*/leaderboard.csv; do
    [ -f "$file" ] || continue
    if [ -n "$first" ]; then cat "$file"; else tail -n +2 "$file"; fi
    first=
done >"$work/leaderboard.csv"
cp "$work/leaderboard.csv" "$out/leaderboard.csv"
for package in "$out"/*/; do
    "$agebench" verify "$package"
done

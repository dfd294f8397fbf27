#!/bin/sh
# Runs METHOD on a small DATASET and gates it against BASELINE, an earlier run of the same: smoke.sh METHOD DATASET BASELINE POLICY.
# Make the baseline once, and anew when the answers are meant to change: agebench run METHOD --dataset DATASET --out BASELINE
set -eu
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
agebench run "$1" --dataset "$2" --out "$out/results" > "$out/log" 2>&1 || { cat "$out/log"; exit 2; }
agebench gate "$out/results" --policy "$4" --baseline "$3"

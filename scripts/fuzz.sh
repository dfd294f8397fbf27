#!/usr/bin/env bash
# One fuzz target for some seconds, from its seeds: what it finds beyond them stays in fuzz/corpus, crashes in fuzz/artifacts.
#
#     scripts/fuzz.sh TARGET [SECONDS]     # 60 unless told
#     scripts/fuzz.sh all [SECONDS]        # each target that needs no engine, in turn; ends with the first that fails
#     scripts/fuzz.sh list                 # the targets that need no engine
#
# SANITIZER=none builds in half the time, for CI: agebench forbids unsafe code, and what it does wrong is a panic. Needs cargo-fuzz
# and a C++ compiler. The target `onnx` links the embedded engine, and takes long to build: by hand.
set -euo pipefail
cd "$(dirname "$0")/.."

targets=(manifest records metrics toml replies http matlab photo)
case ${1:?a target, all, or list} in
list)
    printf '%s\n' "${targets[@]}"
    exit
    ;;
all)
    for target in "${targets[@]}"; do
        echo "fuzzing $target"
        "$0" "$target" "${2:-60}"
    done
    exit
    ;;
esac
target=$1 seconds=${2:-60} features=() seeds=()
[ "$target" = onnx ] && features=(--features tract)
[ -d "fuzz/seeds/$target" ] && seeds+=("fuzz/seeds/$target")
[ "$target" = photo ] && seeds+=(fixtures/pictures)
mkdir -p "fuzz/corpus/$target"
# The marks of the fuzzer and the sanitizer are flags that stable compilers keep for themselves; for this command only.
export RUSTC_BOOTSTRAP=1
exec cargo fuzz run --sanitizer "${SANITIZER:-address}" --codegen-units 16 "${features[@]}" "$target" "fuzz/corpus/$target" "${seeds[@]}" -- \
    -max_total_time="$seconds" -rss_limit_mb=4096 -timeout=20 -print_final_stats=1 -verbosity=0

#!/usr/bin/env bash
# One fuzz target for some seconds, from its seeds: what it finds beyond them stays in fuzz/corpus, crashes in fuzz/artifacts.
#
#     scripts/fuzz.sh TARGET [SECONDS]     # 60 unless told
#     scripts/fuzz.sh smoke [SECONDS]      # as CI: each target that needs no engine in turn, built without optimisation and sanitizer
#     scripts/fuzz.sh build                # what smoke runs, without running it
#     scripts/fuzz.sh list                 # the targets that need no engine
#
# Needs cargo-fuzz and a C++ compiler. The target `onnx` links the embedded engine, and takes long to build: by hand.
set -euo pipefail
cd "$(dirname "$0")/.."

targets=(manifest records metrics toml replies http matlab photo)
# The marks of the fuzzer and the sanitizer are flags that stable compilers keep for themselves; for this command only.
export RUSTC_BOOTSTRAP=1
# agebench forbids unsafe code: what it does wrong is a panic, with or without a sanitizer.
smoke=(--dev --sanitizer none --no-trace-compares)

# fuzz TARGET SECONDS FLAGS OF THE RUN -- FLAGS OF THE BUILD...
fuzz() {
    local target=$1 seconds=$2 seeds=() flags=()
    shift 2
    while [ "$1" != -- ]; do
        flags+=("$1")
        shift
    done
    shift
    [ -d "fuzz/seeds/$target" ] && seeds+=("fuzz/seeds/$target")
    [ "$target" = photo ] && seeds+=(fixtures/pictures)
    mkdir -p "fuzz/corpus/$target"
    cargo fuzz run "$@" "$target" "fuzz/corpus/$target" "${seeds[@]}" -- \
        -max_total_time="$seconds" -rss_limit_mb=4096 -print_final_stats=1 -verbosity=0 "${flags[@]}"
}

case ${1:?a target, smoke, build, or list} in
list)
    printf '%s\n' "${targets[@]}"
    ;;
build)
    cargo fuzz build "${smoke[@]}"
    ;;
smoke)
    # One seed, so that a change and not chance decides; and time for the largest picture without optimisation.
    for target in "${targets[@]}"; do
        echo "fuzzing $target"
        fuzz "$target" "${2:-60}" -seed=1 -timeout=300 -- "${smoke[@]}"
    done
    ;;
onnx)
    fuzz onnx "${2:-60}" -timeout=20 -- --codegen-units 16 --features tract
    ;;
*)
    fuzz "$1" "${2:-60}" -timeout=20 -- --codegen-units 16
    ;;
esac

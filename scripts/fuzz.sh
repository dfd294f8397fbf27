#!/usr/bin/env bash
# One fuzz target for some seconds, from its seeds: what it finds beyond them stays in fuzz/corpus, crashes in fuzz/artifacts.
#
#     scripts/fuzz.sh TARGET [SECONDS]     # 60 unless told; with AddressSanitizer and the marks of comparisons
#     scripts/fuzz.sh plain TARGET [SECONDS]  # without them, as CI builds it: several times as fast
#     scripts/fuzz.sh smoke [SECONDS]      # as CI: each target that needs no engine in turn
#     scripts/fuzz.sh build                # what `plain` and `smoke` run, without running it
#     scripts/fuzz.sh list                 # the targets that need no engine
#
# Needs a C++ compiler, and cargo-fuzz for the first. The target `onnx` links the embedded engine, and takes long to build: by hand, as
# `onnx` or `plain onnx`. What its engine does to time and memory is no finding: it goes on behind it (-fork).
set -euo pipefail
cd "$(dirname "$0")/.."

targets=(manifest records metrics toml replies http matlab photo whole)
# agebench forbids unsafe code: what it does wrong is a panic, with or without a sanitizer. Sums that overflow are one, and so is a false
# assertion; with CI's profile for tests what these have built of dependencies is used.
build() {
    export CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS=true CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS=true
    export CARGO_PROFILE_RELEASE_DEBUG=false CARGO_PROFILE_RELEASE_LTO=off
    RUSTC_WRAPPER=$PWD/fuzz/marks.sh CARGO_BUILD_BUILD_DIR=${CARGO_TARGET_DIR:-$PWD/target} \
        cargo build --release --manifest-path fuzz/Cargo.toml --target-dir fuzz/target "$@"
}

# Sets `places`: the folders that a target starts from, and puts what it finds into the first of.
places() {
    places=("fuzz/corpus/$1")
    [ -d "fuzz/seeds/$1" ] && places+=("fuzz/seeds/$1")
    [ "$1" = photo ] && places+=(fixtures/pictures)
    [ "$1" = onnx ] && places+=(fixtures/models fixtures/networks)
    [ "$1" = whole ] && places+=(fixtures/networks fixtures/hostile)
    mkdir -p "fuzz/corpus/$1" "fuzz/artifacts/$1"
}
limits=(-rss_limit_mb=4096 -print_final_stats=1 -print_funcs=0 -verbosity=0)
engine=(-fork=1 -ignore_ooms=1 -ignore_timeouts=1 -timeout=5)
# plain TARGET SECONDS FLAGS OF THE RUN...
plain() {
    places "$1"
    "fuzz/target/release/$1" "${places[@]}" "-artifact_prefix=fuzz/artifacts/$1/" "-max_total_time=$2" "${limits[@]}" "${@:3}"
}
# checked TARGET SECONDS FLAGS OF THE BUILD... The sanitizer is a flag that stable compilers keep for themselves; for this command only.
checked() {
    places "$1"
    RUSTC_BOOTSTRAP=1 cargo fuzz run --codegen-units 16 "${@:3}" "$1" "${places[@]}" -- "-max_total_time=$2" "${limits[@]}" -timeout=20
}

case ${1:?a target, plain, smoke, build, or list} in
list)
    printf '%s\n' "${targets[@]}"
    ;;
build)
    build --bins
    ;;
plain)
    if [ "${2:?a target}" = onnx ]; then
        build --features tract --bin onnx
        plain onnx "${3:-60}" "${engine[@]}"
    else
        build --bins
        plain "$2" "${3:-60}" -timeout=20
    fi
    ;;
smoke)
    build --bins
    # One seed, so that a change and not chance decides.
    for target in "${targets[@]}"; do
        echo "fuzzing $target"
        plain "$target" "${2:-60}" -seed=1 -timeout=60
    done
    ;;
onnx)
    checked onnx "${2:-60}" --features tract
    ;;
*)
    checked "$1" "${2:-60}"
    ;;
esac

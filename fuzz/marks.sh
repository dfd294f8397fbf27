#!/bin/sh
# rustc, as cargo's RUSTC_WRAPPER: with the fuzzer's marks in agebench and the targets, and without them in all that they depend on, which is built
# as for the tests and is there already. The marks of comparisons are left out: without them a target is several times as fast.
rustc=$1
shift
case ${CARGO_PKG_NAME:-} in
agebench | agebench-fuzz)
    exec "$rustc" "$@" --cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
        -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
        -Cllvm-args=-simplifycfg-branch-fold-threshold=0
    ;;
esac
exec "$rustc" "$@"

#!/usr/bin/env bash
# Builds agebench twice, in two folders of different names and lengths, and says whether the programs are the same bytes.
#
#     scripts/release/reproducible.sh [FLAGS OF CARGO BUILD]      # such as --no-default-features; --release is understood
#
# A path that gets into a program (panics name their file) is written as if it lay in /agebench, /registry or /toolchain; time does
# not get in, and SOURCE_DATE_EPOCH says so to what might ask. Prints the SHA-256 of both; ends with 1 when they differ. With
# KEEP=FOLDER both programs are left there, to be published or to be compared.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
export SOURCE_DATE_EPOCH CARGO_INCREMENTAL=0
SOURCE_DATE_EPOCH=$(git -C "$here" log -1 --format=%ct)

# The committed tree, as whoever checks a release has it.
build() {
    local folder=$1 name=$2
    shift 2
    mkdir -p "$folder"
    git -C "$here" archive HEAD | tar -x -C "$folder"
    (
        cd "$folder"
        export RUSTFLAGS="--remap-path-prefix=$folder=/agebench --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry=/registry \
--remap-path-prefix=$(rustc --print sysroot)=/toolchain"
        cargo build --release --locked --quiet --target-dir "$folder/built" "$@"
    )
    if [ -n "${KEEP:-}" ]; then
        mkdir -p "$KEEP"
        cp "$folder/built/release/agebench" "$KEEP/$name"
    fi
    sha256sum "$folder/built/release/agebench" | cut -d' ' -f1
}

one=$(build "$place/a" first "$@")
two=$(build "$place/another/folder/with-a-longer-name" second "$@")
printf '%s  first\n%s  second\n' "$one" "$two"
if [ "$one" = "$two" ]; then
    echo "the same bytes: $(rustc --version), $*"
else
    echo "the two builds differ" >&2
    exit 1
fi

#!/usr/bin/env bash
# Builds agebench twice, in two folders of different names and lengths, and says whether the programs are the same bytes.
#
#     scripts/release/reproducible.sh [FLAGS OF CARGO BUILD]      # such as --no-default-features; --release is understood
#
# A path that gets into a program (panics name their file, and so does what debuggers read of C and assembler) is written as if it lay in
# /agebench, /registry or /toolchain; time does not get in, and SOURCE_DATE_EPOCH says so to what might ask. Names of symbols are left out, as in
# what build.sh makes: the compiler gives some inner constants another number in each folder. Both are built at once, from the commit that is checked out. Prints the SHA-256 of both; ends with 1 when they differ. With KEEP=FOLDER both programs are left
# there, to be published or to be compared.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
place=$(mktemp -d)
first=
# No build goes on in a folder that is removed: a failure of one ends the other, with all that it started.
trap '[ -z "$first" ] || { kill -- "-$first" 2>/dev/null || true; wait "$first" || true; }; rm -rf "$place"' EXIT
export SOURCE_DATE_EPOCH CARGO_INCREMENTAL=0 CARGO_PROFILE_RELEASE_STRIP=symbols
commit=$(git -C "$here" rev-parse HEAD)
SOURCE_DATE_EPOCH=$(git -C "$here" log -1 --format=%ct "$commit")

# The committed tree, as whoever checks a release has it.
build() {
    local folder=$1 name=$2
    shift 2
    mkdir -p "$folder"
    git -C "$here" archive "$commit" | tar -x -C "$folder"
    (
        cd "$folder"
        local registry=${CARGO_HOME:-$HOME/.cargo}/registry
        export RUSTFLAGS="--remap-path-prefix=$folder=/agebench --remap-path-prefix=$registry=/registry \
--remap-path-prefix=$(rustc --print sysroot)=/toolchain"
        export CFLAGS="-ffile-prefix-map=$folder=/agebench -ffile-prefix-map=$registry=/registry"
        cargo build --release --locked --quiet --target-dir "$folder/built" "$@"
    )
    if [ -n "${KEEP:-}" ]; then
        mkdir -p "$KEEP"
        cp "$folder/built/release/agebench" "$KEEP/$name"
    fi
    sha256sum "$folder/built/release/agebench" | cut -d' ' -f1 >"$place/$name"
}

set -m # a process group of its own
build "$place/a" first "$@" &
first=$!
set +m
build "$place/another/folder/with-a-longer-name" second "$@"
wait "$first"
first=
one=$(<"$place/first") two=$(<"$place/second")
printf '%s  first\n%s  second\n' "$one" "$two"
if [ "$one" = "$two" ]; then
    echo "the same bytes: $(rustc --version), $*"
else
    echo "the two builds differ" >&2
    exit 1
fi

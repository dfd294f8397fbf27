#!/bin/sh
# Builds the program as one static file with its completions, man pages and bill of materials: build.sh DIR [TARGET]. With tract alone: a static
# program cannot load ONNX Runtime, which is a library. Ends with 2 when the target is not installed, and says how to come by it.
set -eu
out=${1:?"build.sh DIR [TARGET]"}
target=${2:-$(uname -m)-unknown-linux-musl}
cd "$(dirname "$0")/../.."
sysroot=$(rustc --print sysroot)
if ! test -d "$sysroot/lib/rustlib/$target"; then
    echo "the target $target is not installed: rustup target add $target" >&2
    exit 2
fi
# Without what debuggers read, which is four fifths of it and differs from folder to folder (reproducible.sh).
export CARGO_PROFILE_RELEASE_STRIP=symbols
flags="--no-default-features --features tract,http,parquet"
# shellcheck disable=SC2086 # several words
cargo build --release --locked --target "$target" $flags
program=${CARGO_TARGET_DIR:-target}/$target/release/agebench
mkdir -p "$out/completions"
cp "$program" "$out/agebench"
for shell in bash zsh fish; do
    "$program" completions "$shell" > "$out/completions/agebench.$shell"
done
"$program" man --out "$out/man1"
# shellcheck disable=SC2086
python3 scripts/release/sbom.py "$target" $flags > "$out/agebench.cdx.json"
echo "$out holds agebench $("$program" --version | cut -d' ' -f2) for $target"

#!/usr/bin/env bash
# Draws docs/report.png anew, the picture of README: the first screen of the demo's page in Chromium. Drawn data only.
# Usage: scripts/report-picture.sh [PROGRAM], from the checkout; PROGRAM is target/release/agebench without it.
set -euo pipefail
program=${1:-target/release/agebench}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$program" demo --out "$folder/demo" > "$folder/told.txt" 2>&1
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$folder/chromium" --window-size=1000,760 \
    --screenshot="$folder/report.png" "file://$folder/demo/report.html" 2> "$folder/chromium.txt"
size=$(wc -c < "$folder/report.png")
[ "$size" -lt 150000 ] || { echo "the picture has $size bytes: 150,000 at most" >&2; exit 1; }
cp "$folder/report.png" docs/report.png

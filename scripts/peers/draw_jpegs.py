#!/usr/bin/env python3
"""Draws the JPEGs of fixtures/jpegs and writes expected.csv: what Pillow (libjpeg-turbo) reads from each, as SHA-256 of its RGB.

  draw_jpegs.py fixtures/jpegs [--seed 0] [--each 60]

Half are written by Pillow (its samplings, quality 1 to 100, progressive, restarts, gray, CMYK, RGB kept), half by libjpeg-turbo's
cjpeg (samplings that Pillow does not write, one component after another). Noise, waves and flat colours; sides of 1 to 60.
Needs: numpy, pillow, and cjpeg (Debian: libjpeg-turbo-progs).
"""
import argparse
import csv
import hashlib
import pathlib
import subprocess
import tempfile

import numpy as np
from PIL import Image

SAMPLINGS = ["1x2", "4x1", "1x4", "2x4", "4x2", "2x2", "2x1", "1x1", "1x1,1x2,1x2", "2x2,2x1,2x1", "2x2,1x2,1x2",
             "2x2,2x1,1x2", "1x2,1x1,1x2", "3x1", "1x3", "2x1,1x1,2x1"]
SCANS = {"apart.scans": "0;\n1;\n2;\n", "chroma-later.scans": "0 1;\n2;\n"}


def draw(random, kind):
    width, height = (int(side) for side in random.integers(1, 6 if random.integers(0, 10) == 0 else 61, 2))
    rows, columns = np.mgrid[0:height, 0:width]
    if kind == 0:
        levels = random.integers(0, 256, (height, width, 3))
    elif kind == 1:
        waves = [127 + 120 * np.sin(columns / 7 + rows / 11), 127 + 120 * np.cos(columns / 5), 127 + 100 * np.sin(rows / 9)]
        levels = np.stack(waves, -1) + random.normal(0, 4, (height, width, 3))
    else:
        levels = np.full((height, width, 3), random.integers(0, 256, 3)) + random.normal(0, 1, (height, width, 3))
    return Image.fromarray(levels.clip(0, 255).astype(np.uint8))


def by_pillow(random, number, path):
    mode = ["RGB", "RGB", "RGB", "L", "CMYK"][number % 5]
    options = {"quality": int(random.integers(1, 101)), "progressive": bool(random.integers(0, 2)),
               "optimize": bool(random.integers(0, 2))}
    if mode == "RGB":
        options["subsampling"] = ["4:4:4", "4:2:2", "4:2:0"][int(random.integers(0, 3))]
        if random.integers(0, 8) == 0:
            del options["subsampling"]
            options["keep_rgb"] = True
    if random.integers(0, 4) == 0:
        options["restart_marker_blocks"] = int(random.integers(1, 9))
    draw(random, number % 3).convert(mode).save(path, **options)


def by_cjpeg(random, number, path, scratch):
    draw(random, number % 2).save(scratch / "drawn.ppm")
    command = ["cjpeg", "-quality", str(int(random.integers(1, 101))), "-sample", SAMPLINGS[number % len(SAMPLINGS)]]
    command += [[], ["-progressive"], ["-scans", scratch / "apart.scans"], ["-restart", "3B"],
                ["-scans", scratch / "chroma-later.scans", "-optimize"]][number % 5]
    subprocess.run([*command, "-outfile", path, scratch / "drawn.ppm"], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--each", type=int, default=60)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(options.seed)
    with tempfile.TemporaryDirectory() as scratch, open(options.out / "expected.csv", "w", newline="") as expected:
        scratch = pathlib.Path(scratch)
        for name, text in SCANS.items():
            (scratch / name).write_text(text)
        table = csv.writer(expected, lineterminator="\n")
        table.writerow(["file", "width", "height", "sha256"])
        for number in range(2 * options.each):
            path = options.out / f"{number:03}.jpg"
            if number < options.each:
                by_pillow(random, number, path)
            else:
                by_cjpeg(random, number, path, scratch)
            with Image.open(path) as picture:
                digest = hashlib.sha256(picture.convert("RGB").tobytes()).hexdigest()
                table.writerow([path.name, *picture.size, digest])


main()

"""How long `agebench import` takes over layouts of the real size: IMDB-WIKI (imdb.mat of 460,723 rows, as many files in 100 folders) and
AFAD-Full (160,000 files in folders of age and sex). The files are empty: `import` opens no picture.

    python scripts/peers/measure_import.py target/release/agebench --folder SCRATCH [--rounds 3]

Needs NumPy and SciPy, which writes the MATLAB file. `list` is `os.walk` of the same folder by Python, for comparison. Peak memory is that of the
program, from the kernel.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import time
from pathlib import Path

import numpy as np
from scipy.io import savemat

ROWS = 460_723
AFAD = 160_000


def imdb(folder: Path) -> Path:
    """The layout of imdb_crop.tar: paths, dates of birth as MATLAB numbers, years, sexes, scores and names."""
    if (folder / "imdb.mat").exists():
        return folder
    random = np.random.default_rng(0)
    born = random.integers(1900, 2005, ROWS)
    taken = np.minimum(born + random.integers(0, 90, ROWS), 2015)
    paths = np.empty((1, ROWS), dtype=object)
    names = np.empty((1, ROWS), dtype=object)
    for at in range(ROWS):
        paths[0, at] = f"{at % 100:02}/nm{at // 20:07}_rm{at}_{born[at]}-6-15_{taken[at]}.jpg"
        names[0, at] = f"Person {at // 20}"
    for inner in range(100):
        (folder / f"{inner:02}").mkdir(parents=True)
    for path in paths[0]:
        (folder / path).touch()
    score = random.normal(3, 2, ROWS)
    score[random.random(ROWS) < 0.15] = -np.inf
    second = np.where(random.random(ROWS) < 0.5, np.nan, random.normal(2, 1, ROWS))
    boxes = np.empty((1, ROWS), dtype=object)
    boxes[0, :] = [np.array([[1.0, 1.0, 100.0, 100.0]])] * ROWS
    fields = {
        "dob": np.array([[int(year - 1) * 365.2425 + 532 for year in born]]).round(),
        "photo_taken": taken.astype(float)[None],
        "full_path": paths,
        "gender": random.choice([0.0, 1.0, np.nan], ROWS, p=[0.4, 0.58, 0.02])[None],
        "name": names,
        "face_location": boxes,
        "face_score": score[None],
        "second_face_score": second[None],
    }
    savemat(folder / "part.mat", {"imdb": fields}, do_compression=True)
    (folder / "part.mat").rename(folder / "imdb.mat")
    return folder


def afad(folder: Path) -> Path:
    if folder.exists():
        return folder
    part = folder.with_name(folder.name + "-part")
    shutil.rmtree(part, ignore_errors=True)
    for at in range(AFAD):
        place = part / str(15 + at % 58) / ("111", "112")[at // 58 % 2]
        if at < 116:
            place.mkdir(parents=True, exist_ok=True)
        (place / f"{100_000 + at // 3}-{at % 3}.jpg").touch()
    part.rename(folder)
    return folder


def run(program: str, layout: str, folder: Path, out: Path) -> tuple[float, float, str]:
    """Seconds, peak memory in MB, and what the program says."""
    shutil.rmtree(out, ignore_errors=True)
    begun = time.perf_counter()
    child = subprocess.Popen(
        [program, "import", layout, str(folder), "--out", str(out)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert child.stdout is not None
    said = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"the import ended with {status}")
    return time.perf_counter() - begun, usage.ru_maxrss / 1000, said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--draw-only", action="store_true")
    args = parser.parse_args()
    for layout, place in (("imdb-wiki", imdb(args.folder / "imdb")), ("afad", afad(args.folder / "afad"))):
        if args.draw_only:
            continue
        listing, each = [], []
        for _ in range(args.rounds):
            begun = time.perf_counter()
            count = sum(len(files) for _, _, files in os.walk(place))
            listing.append(time.perf_counter() - begun)
            each.append(run(args.program, layout, place, args.folder / f"{layout}-out"))
        seconds = [seconds for seconds, _, _ in each]
        print(
            f"{layout}, {count} files: {statistics.median(seconds):.2f} s {[round(x, 2) for x in seconds]}, "
            f"{max(memory for _, memory, _ in each):.0f} MB; listed alone {statistics.median(listing):.2f} s"
        )
        print("   " + each[0][2].replace("\n", "\n   "))


if __name__ == "__main__":
    main()

"""How long `agebench check` takes beside reading the same files: pictures drawn from the bundled faces, and a long manifest.

    python scripts/peers/measure_check.py target/release/agebench --folder SCRATCH [--pictures 100000] [--rows 1000000] [--rounds 3]

Needs Pillow and NumPy. Reading is `read()` of every file by as many threads as there are cores (the interpreter's lock is free while the
kernel reads), the check is the program from start to end. Both take turns. `--cold` drops the files from the page cache before each
(posix_fadvise), so that both wait for the disk. Peak memory is that of the program, from the kernel.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import subprocess
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

FACES = Path(__file__).resolve().parents[2] / "fixtures" / "faces" / "images"
CARD = 'name = "speed"\nversion = "1"\nlabel_kind = "chronological"\nage_precision = "year"\ngroups = ["sex", "region"]\n'
PER_FOLDER = 1000


def draw(job: tuple[Path, int, int]) -> None:
    """Pictures `start` to `end`: a bundled face cut at random, 200 x 200, with noise, as a JPEG of quality 85 to 95."""
    folder, start, end = job
    faces = [Image.open(file).convert("RGB") for file in sorted(FACES.glob("*.jpg"))]
    # One field of noise, laid on each picture at another place.
    field = np.random.default_rng(0).integers(-6, 7, (400, 400, 3), dtype=np.int16)
    for at in range(start, end):
        if at % PER_FOLDER == 0:
            (folder / f"{at // PER_FOLDER:04d}").mkdir(exist_ok=True)
        random = np.random.default_rng(at)
        which, left, top, right, bottom, across, down, quality = (int(number) for number in random.integers(1 << 30, size=8))
        face = faces[which % len(faces)]
        width, height = face.size
        box = (left % (width // 4), top % (height // 4), width - right % (width // 4), height - bottom % (height // 4))
        pixels = np.asarray(face.resize((200, 200), Image.Resampling.BICUBIC, box=box), dtype=np.int16)
        pixels = pixels + field[down % 200 : down % 200 + 200, across % 200 : across % 200 + 200]
        place = folder / f"{at // PER_FOLDER:04d}" / f"{at:07d}.jpg"
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(place, quality=85 + quality % 11)


def pictures(folder: Path, count: int) -> list[str]:
    """The pictures' dataset, drawn where it is not there yet; the paths of its files."""
    names = [f"{at // PER_FOLDER:04d}/{at:07d}.jpg" for at in range(count)]
    if not (folder / "manifest.csv").exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = 10 * PER_FOLDER
        jobs = [(folder, start, min(start + part, count)) for start in range(0, count, part)]
        with ProcessPoolExecutor() as pool:
            list(pool.map(draw, jobs))
        (folder / "dataset.toml").write_text(CARD)
        with open(folder / "manifest.csv", "w", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow("sample_id,subject_id,age,path,sex,region,split".split(","))
            for at, name in enumerate(names):
                rows.writerow([f"s{at}", f"p{at // 3}", at // 3 % 80, name, "fm"[at // 3 % 2], f"r{at // 3 % 7}", "test"])
    return [str(folder / name) for name in names]


def manifest(folder: Path, count: int) -> None:
    """A dataset of records: three samples a person, no files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dataset.toml").write_text(CARD)
    with open(folder / "manifest.csv", "w") as file:
        file.write("sample_id,subject_id,age,captured_on,sex,region,split\n")
        for at in range(count):
            who, again = divmod(at, 3)
            age = who % 77 + again
            file.write(f"s{at:08d},p{who:07d},{age},{2001 + again}-06-15,{'fm'[who % 2]},r{who % 7},test\n")


def read_all(files: list[str]) -> int:
    def read(name: str) -> int:
        handle = os.open(name, os.O_RDONLY)
        try:
            return len(os.read(handle, 1 << 24))
        finally:
            os.close(handle)

    def part(at: int) -> int:
        return sum(read(name) for name in files[at::threads])

    threads = os.cpu_count() or 1
    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(part, range(threads)))


def forget(files: list[str]) -> None:
    for name in files:
        handle = os.open(name, os.O_RDONLY)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)


def run(program: str, folder: Path) -> tuple[float, float]:
    """Seconds, and peak memory in MB."""
    begun = time.perf_counter()
    child = subprocess.Popen([program, "check", str(folder), "--format", "csv"], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 2):
        raise SystemExit(f"the check ended with {status}")
    return time.perf_counter() - begun, usage.ru_maxrss / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--draw-only", action="store_true")
    args = parser.parse_args()
    place = args.folder / f"pictures-{args.pictures}"
    files = pictures(place, args.pictures)
    if args.draw_only:
        return
    size = sum(os.path.getsize(name) for name in files)
    reading, checking, memory = [], [], 0.0
    for _ in range(args.rounds):
        if args.cold:
            forget(files)
        begun = time.perf_counter()
        assert read_all(files) == size
        reading.append(time.perf_counter() - begun)
        if args.cold:
            forget(files)
        seconds, peak = run(args.program, place)
        checking.append(seconds)
        memory = max(memory, peak)
    one, other = statistics.median(reading), statistics.median(checking)
    state = "from disk" if args.cold else "in the page cache"
    print(f"{len(files)} pictures, {size / 1e6:.0f} MB, {state}: read {one:.2f} s, checked {other:.2f} s ({other / one:.2f}x), {memory:.0f} MB")
    print("  reading", [round(x, 2) for x in reading], "checking", [round(x, 2) for x in checking])
    if args.rows:
        rows = args.folder / f"rows-{args.rows}"
        manifest(rows, args.rows)
        each = [run(args.program, rows) for _ in range(args.rounds)]
        print(f"{args.rows} rows: {statistics.median(s for s, _ in each):.2f} s, {max(m for _, m in each):.0f} MB")


if __name__ == "__main__":
    main()

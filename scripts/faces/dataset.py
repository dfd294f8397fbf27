"""Makes fixtures/faces: pictures, manifest.csv and dataset.toml, the same bytes every time.

python scripts/faces/dataset.py            # writes fixtures/faces
python scripts/faces/dataset.py --check    # draws into a temporary folder and compares
"""

from __future__ import annotations

import argparse
import csv
import filecmp
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from PIL import Image

from draw import Box, render
from plan import Sample, plan

SEED = "agebench drawn-faces 1"
HOME = Path(__file__).resolve().parents[2] / "fixtures" / "faces"
COLUMNS = "sample_id,path,subject_id,age,x0,y0,x1,y1,sex,tone,light,frame,species".split(",")
CARD = """\
# Drawn faces: they prove the tool and say nothing about any person. See README.md.
name = "drawn-faces"
version = "1"
label_kind = "chronological"
age_precision = "year"
sampling = "convenience"
groups = ["sex", "tone"]
conditions = ["light", "frame"]
attack_species = "species"
licence = "MIT OR Apache-2.0"
consent = "not needed: no person is shown"
source = "drawn by scripts/faces from a seed; no person"
"""
# How an upright picture must be stored so that a reader who obeys the EXIF orientation sees it upright again.
STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def make_one(job: tuple[Path, Sample]) -> Box | None:
    """Draws and saves one sample; gives its face box."""
    path, sample = job
    image, box = render(sample.look, sample.shot, blank=sample.frame == "blank")
    if sample.file == "jpg":
        extra = {}
        if sample.orientation != 1:
            image = image.transpose(STORED[sample.orientation])
            exif = Image.Exif()
            exif[0x0112] = sample.orientation
            extra["exif"] = exif
        image.save(path, quality=sample.quality, subsampling=sample.subsampling, optimize=True, **extra)
    else:
        if sample.file == "palette":
            image = image.quantize(48, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        image.save(path, optimize=True)
    return box


def make(folder: Path, workers: int) -> None:
    """Writes the whole dataset into `folder`, after removing the pictures of an earlier one."""
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    for old in images.iterdir():
        old.unlink()
    samples = plan(SEED)
    names = [f"s{i:04d}.{'jpg' if s.file == 'jpg' else 'png'}" for i, s in enumerate(samples, start=1)]
    with ProcessPoolExecutor(workers) as pool:
        boxes = list(pool.map(make_one, [(images / n, s) for n, s in zip(names, samples)], chunksize=16))
    with open(folder / "manifest.csv", "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS)
        for name, sample, box in zip(names, samples, boxes):
            who = [f"p{sample.person + 1:03d}", sample.age]
            place = list(box) if box else ["", "", "", ""]
            species = "moustache" if sample.shot.attack else ""
            groups = [sample.look.sex, sample.tone, sample.shot.light, sample.frame, species]
            rows.writerow([name.split(".")[0], f"images/{name}", *who, *place, *groups])
    (folder / "dataset.toml").write_text(CARD, encoding="utf-8")


def check(workers: int) -> int:
    """Draws everything anew and compares it byte by byte; 0 when nothing differs."""
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch)
        make(fresh, workers)
        names = sorted(str(p.relative_to(fresh)) for p in fresh.rglob("*") if p.is_file())
        held = {str(p.relative_to(HOME)) for p in (HOME / "images").iterdir()}
        _, differ, missing = filecmp.cmpfiles(fresh, HOME, names, shallow=False)
        extra = sorted(held - set(names))
    for label, files in (("differs", differ), ("is missing", missing), ("is not drawn by this script", extra)):
        for name in files:
            print(f"{name} {label}", file=sys.stderr)
    print(f"{len(names)} files, {len(differ) + len(missing) + len(extra)} differences")
    return 1 if differ or missing or extra else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare a fresh drawing with what is there")
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    if args.check:
        return check(args.workers)
    make(HOME, args.workers)
    size = sum(p.stat().st_size for p in (HOME / "images").iterdir())
    print(f"{len(list((HOME / 'images').iterdir()))} pictures, {size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())

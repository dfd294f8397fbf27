"""Draws the fixtures of `agebench import`: fixtures/import/NAME/data/, each in the exact layout of a public dataset, with its malformed
names and odd rows. Every picture is drawn here; every name of a person is made up. What each must become (expected/) is written by
hand, and no output of agebench.

    python3 scripts/datasets/fixtures.py NAME...    # needs Pillow, SciPy and pyarrow; without names it draws all

The bytes of a picture depend on Pillow's version: the files in the repository are what the tests read, so draw no more than you changed.
"""

import hashlib
import shutil
import sys
from pathlib import Path

from PIL import Image, ImageDraw

import layouts

ROOT = Path(__file__).resolve().parents[2] / "fixtures" / "import"


def picture(path: Path, seed: str) -> None:
    """A round face of 16 by 16 pixels, of another shade for every seed."""
    shade = hashlib.sha256(seed.encode()).digest()
    image = Image.new("L", (16, 16), shade[0])
    draw = ImageDraw.Draw(image)
    draw.ellipse((2, 1, 13, 14), fill=255 - shade[0] // 2, outline=shade[1])
    draw.point([(5, 6), (10, 6)], fill=shade[2])
    draw.line((5, 11, 10, 11), fill=shade[3])
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = "PNG" if path.suffix.lower() == ".png" else "JPEG"
    image.save(path, kind, **({"quality": 40, "optimize": True} if kind == "JPEG" else {}))


def main(names: list[str]) -> None:
    unknown = set(names) - {layout.name for layout in layouts.ALL}
    if unknown:
        sys.exit(f"no layout of that name in layouts.ALL: {', '.join(sorted(unknown))}")
    for layout in layouts.ALL:
        if names and layout.name not in names:
            continue
        data = ROOT / layout.name / "data"
        shutil.rmtree(data, ignore_errors=True)
        for name in layout.pictures:
            # Two names with the same content: `same` gives the one that the other is a copy of.
            picture(data / name, layout.same.get(name, name))
        for name, content in layout.files.items():
            path = data / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())


if __name__ == "__main__":
    main(sys.argv[1:])

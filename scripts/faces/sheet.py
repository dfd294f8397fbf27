"""Makes docs/drawn-faces.jpg, a look at the dataset: bona fide pictures in daylight, older from left to right.

python scripts/faces/sheet.py
"""

from __future__ import annotations

import csv
from pathlib import Path

from PIL import Image, ImageOps

HOME = Path(__file__).resolve().parents[2] / "fixtures" / "faces"
TILE, GAP = 108, 4
COLUMNS = (10, 12, 13, 15, 17, 18, 20, 23, 27, 34, 45, 62)
ROWS = (("f", "dark"), ("m", "light"), ("f", "medium"), ("m", "dark"), ("f", "light"), ("m", "medium"))


def tile(row: dict[str, str]) -> Image.Image:
    """The face with some room, square."""
    with Image.open(HOME / row["path"]) as image:
        image = ImageOps.exif_transpose(image).convert("RGB")
    x0, y0, x1, y1 = (int(row[c]) for c in ("x0", "y0", "x1", "y1"))
    half = min(0.80 * (y1 - y0), 0.5 * min(image.size))
    cx = min(max((x0 + x1) / 2, half), image.width - half)
    cy = min(max((y0 + y1) / 2, half), image.height - half)
    box = (round(cx - half), round(cy - half), round(cx + half), round(cy + half))
    return image.crop(box).resize((TILE, TILE), Image.Resampling.LANCZOS)


def main() -> None:
    with open(HOME / "manifest.csv", newline="", encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r["frame"] == "face" and r["light"] == "day" and not r["species"]]
    rows = [r for r in rows if int(r["x1"]) - int(r["x0"]) > 60]
    sheet = Image.new("RGB", (len(COLUMNS) * (TILE + GAP) - GAP, 2 * (TILE + GAP) - GAP), (255, 255, 255))
    used: set[str] = set()
    for c, age in enumerate(COLUMNS):
        for r in range(2):
            wish = ROWS[(2 * c + r + c // 3) % len(ROWS)]
            fit = [row for row in rows if (row["sex"], row["tone"]) == wish and row["subject_id"] not in used]
            best = min(fit, key=lambda row: abs(int(row["age"]) - age))
            used.add(best["subject_id"])
            sheet.paste(tile(best), (c * (TILE + GAP), r * (TILE + GAP)))
    sheet.save(HOME.parents[1] / "docs" / "drawn-faces.jpg", quality=82, optimize=True)


if __name__ == "__main__":
    main()

"""Writes fixtures/golden/bundled_models.json: what Pillow and ONNX Runtime answer on twelve bundled pictures.

python scripts/models/golden.py
"""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version

from measure import FACES, NAMES, ROOT, Method, manifest
from PIL import Image
from PIL.JpegImagePlugin import get_sampling
from prepare import open_upright, patch, tensor, widened

FILE = ROOT / "fixtures" / "golden" / "bundled_models.json"


def _traits(row: dict[str, str]) -> dict:
    """What sets a picture apart for a reader of files."""
    with Image.open(FACES / row["path"]) as image:
        orientation = image.getexif().get(0x0112, 1)
        sampled = {0: "4:4:4", 2: "4:2:0"}.get(get_sampling(image), "none") if image.format == "JPEG" else "none"
        return {"format": image.format, "mode": image.mode, "orientation": orientation, "chroma": sampled}


def _overhangs(row: dict[str, str]) -> bool:
    """Whether the box leaves the picture when it is widened by 0.1, so that both methods meet their border."""
    if not row["x0"]:
        return False
    width, height = open_upright(FACES / row["path"]).size
    x0, y0, x1, y1 = widened(tuple(int(row[c]) for c in ("x0", "y0", "x1", "y1")), 0.1)
    return min(x0, y0, width - x1, height - y1) < 0


def choose(rows: list[dict[str, str]]) -> list[tuple[dict, dict]]:
    """Twelve rows: the first in the manifest that fits each wish."""
    wishes = [
        lambda r, t: t["orientation"] == 6 and t["chroma"] == "4:4:4",
        lambda r, t: t["orientation"] in (5, 7),
        lambda r, t: t["mode"] == "P",
        lambda r, t: t["format"] == "PNG" and t["mode"] == "RGB",
        lambda r, t: r["frame"] == "blank",
        lambda r, t: r["light"] == "dim" and t["chroma"] == "4:4:4",
        lambda r, t: t["chroma"] == "4:4:4" and _overhangs(r),
        lambda r, t: r["species"] != "",
        lambda r, t: r["tone"] == "dark" and t["chroma"] == "4:4:4",
        lambda r, t: int(r["age"]) < 14 and t["chroma"] == "4:4:4",
        lambda r, t: int(r["age"]) > 55 and t["chroma"] == "4:4:4",
        lambda r, t: int(r["age"]) == 18 and t["chroma"] == "4:2:0",
    ]
    known = [(row, _traits(row)) for row in rows]
    chosen: list[tuple[dict, dict]] = []
    for wish in wishes:
        chosen.append(next(pair for pair in known if pair not in chosen and wish(*pair)))
    return chosen


def main() -> None:
    methods = {name: Method(name) for name in NAMES}
    samples = []
    for row, traits in choose(manifest()):
        image = open_upright(FACES / row["path"])
        box = tuple(int(row[c]) for c in ("x0", "y0", "x1", "y1")) if row["x0"] else None
        answers = {}
        for name, method in methods.items():
            pixels = patch(image, box, method.card)
            answers[name] = {
                "age": round(method.age(row), 6),
                # The resized pixels as bytes (rows, columns, channels as the card orders them), for finding where two pipelines part.
                "patch_sha256": hashlib.sha256(pixels.tobytes()).hexdigest(),
                "tensor_sum": round(float(tensor(pixels, method.card).astype("float64").sum()), 3),
            }
        samples.append(
            {
                "sample_id": row["sample_id"],
                "path": row["path"],
                **traits,
                "box": box,
                "upright_size": list(image.size),
                "upright_rgb_sha256": hashlib.sha256(image.tobytes()).hexdigest(),
                "answers": answers,
            }
        )
    made = {name: version(name) for name in ("pillow", "onnxruntime", "numpy")}
    document = {
        "about": "Answers of the bundled methods in years, by Pillow and ONNX Runtime; made by scripts/models/golden.py.",
        "made_with": made,
        "models": {name: method.card["onnx"]["sha256"] for name, method in methods.items()},
        "samples": samples,
    }
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(f"{len(samples)} samples")


if __name__ == "__main__":
    main()

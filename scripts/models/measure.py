"""Puts fixtures/faces to the bundled methods with Pillow and ONNX Runtime and prints what came out.

    python scripts/models/measure.py            # a table
    python scripts/models/measure.py --cards    # also writes it into models/NAME/README.md

These are plain counts of pictures, to fill the model cards. The harness makes the numbers that count: by subject,
with intervals, failures included.
"""

from __future__ import annotations

import argparse
import csv
import re
from pathlib import Path

import numpy as np
import onnxruntime
from prepare import decode, load_card, open_upright, patch, tensor

ROOT = Path(__file__).resolve().parents[2]
FACES, MODELS = ROOT / "fixtures" / "faces", ROOT / "models"
NAMES = ("drawn-even", "drawn-cautious")
LIMIT = 18


class Method:
    """One bundled method behind ONNX Runtime."""

    def __init__(self, name: str):
        self.card = load_card(MODELS / name / "method.toml")
        file = MODELS / name / self.card["onnx"]["file"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])

    def age(self, row: dict[str, str]) -> float:
        """The answer for one row of the manifest."""
        image = open_upright(FACES / row["path"])
        box = tuple(int(row[c]) for c in ("x0", "y0", "x1", "y1")) if row["x0"] else None
        given = tensor(patch(image, box, self.card), self.card)
        return decode(self.session.run(None, {self.session.get_inputs()[0].name: given})[0], self.card)


def manifest() -> list[dict[str, str]]:
    """The rows of the bundled manifest."""
    with open(FACES / "manifest.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _share(hits: np.ndarray) -> str:
    return f"{hits.sum()}/{hits.size} ({100 * hits.mean():.1f} %)" if hits.size else "n/a"


def table(rows: list[dict[str, str]], answers: np.ndarray) -> str:
    """Errors and decisions at 18 as a Markdown table: all bona fide faces, then by tone, sex and light."""
    truth = np.array([int(r["age"]) for r in rows])
    bona = np.array([r["frame"] == "face" and not r["species"] for r in rows])
    lines = [
        "| pictures | n | MAE | bias | under-age pass at 18 | adult denial at 18 |",
        "|---|---|---|---|---|---|",
    ]
    cuts = [("all bona fide faces", bona)]
    cuts += [(f"aged {lo} to {hi}", bona & (truth >= lo) & (truth <= hi)) for lo, hi in ((10, 30), (31, 70))]
    for column in ("tone", "sex", "light"):
        for value in sorted({r[column] for r in rows} - {""}):
            cuts.append((f"{column} {value}", bona & np.array([r[column] == value for r in rows])))
    cuts.append(("attacks (moustache)", np.array([r["species"] == "moustache" for r in rows])))
    for label, use in cuts:
        error = answers[use] - (truth[use] + 0.5)
        under, over = use & (truth < LIMIT), use & (truth >= LIMIT)
        rates = [_share(answers[under] >= LIMIT), _share(answers[over] < LIMIT)]
        lines.append(
            f"| {label} | {use.sum()} | {np.abs(error).mean():.2f} | {error.mean():+.2f} | {rates[0]} | {rates[1]} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cards", action="store_true", help="write the tables into the model cards")
    args = parser.parse_args()
    rows = manifest()
    for name in NAMES:
        method = Method(name)
        text = table(rows, np.array([method.age(row) for row in rows]))
        print(f"{name}\n\n{text}\n")
        if args.cards:
            card = MODELS / name / "README.md"
            block = f"<!-- measured -->\n{text}\n<!-- /measured -->"
            card.write_text(re.sub(r"<!-- measured -->.*<!-- /measured -->", block, card.read_text(), flags=re.S))


if __name__ == "__main__":
    main()

"""The reference preparation: picture and box to tensor, with Pillow, as a method card says.

The harness must give the same tensor; fixtures/golden/bundled_models.json holds answers made this way.
"""

from __future__ import annotations

import math
import tomllib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

Box = tuple[int, int, int, int]


def load_card(path: Path) -> dict:
    """A method.toml as a dictionary."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def open_upright(path: Path) -> Image.Image:
    """The picture as RGB, turned as its EXIF orientation asks."""
    with Image.open(path) as image:
        return ImageOps.exif_transpose(image).convert("RGB")


def widened(box: Box, margin: float) -> Box:
    """`box` with `margin` times its longer side added on each side, rounded half up; it may leave the picture."""
    x0, y0, x1, y1 = box
    extra = margin * max(x1 - x0, y1 - y0)
    return tuple(math.floor(v + 0.5) for v in (x0 - extra, y0 - extra, x1 + extra, y1 + extra))


def cut(image: Image.Image, box: Box, border: str) -> Image.Image:
    """The part of the picture inside `box`; outside the picture stand black or the edge's own pixels."""
    if border == "black":
        return image.crop(box)
    x0, y0, x1, y1 = box
    pixels = np.asarray(image)
    rows = np.clip(np.arange(y0, y1), 0, image.height - 1)
    columns = np.clip(np.arange(x0, x1), 0, image.width - 1)
    return Image.fromarray(np.ascontiguousarray(pixels[rows][:, columns]))


def patch(image: Image.Image, box: Box | None, card: dict) -> np.ndarray:
    """The resized pixels (height, width, channels) in the card's channel order, 0..255."""
    want = card["onnx"]["input"]
    assert want["resize"] == "bilinear_antialias" and want["fit"] == "stretch"
    if want["channels"] == "gray":
        image = image.convert("L")
    if box is not None:
        image = cut(image, widened(box, want["margin"]), want["border"])
    pixels = np.asarray(image.resize(tuple(want["size"]), Image.Resampling.BILINEAR))
    if want["channels"] == "gray":
        return pixels[:, :, None]
    return pixels[:, :, ::-1] if want["channels"] == "bgr" else pixels


def tensor(pixels: np.ndarray, card: dict) -> np.ndarray:
    """(pixel / divide - mean) / std as a batch of one in the card's layout."""
    want = card["onnx"]["input"]
    mean, std = np.array(want["mean"], np.float32), np.array(want["std"], np.float32)
    values = (pixels.astype(np.float32) / np.float32(want["divide"]) - mean) / std
    if want["layout"] == "nchw":
        values = values.transpose(2, 0, 1)
    return np.ascontiguousarray(values[None])


def decode(output: np.ndarray, card: dict) -> float:
    """The age in years that the model's output means under the card's head."""
    head = card["onnx"]["output"]
    values = output.reshape(-1).astype(np.float64)
    if head["head"] == "years":
        return float(values[0])
    assert head["head"] == "expectation"
    if head["logits"]:
        values = np.exp(values - values.max())
        values /= values.sum()
    return float(np.sum(values * (head["first_age"] + np.arange(len(values)))))

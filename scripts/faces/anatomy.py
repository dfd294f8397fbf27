"""Where the parts of a head lie: outlines and feature positions in face coordinates, from a `Look`.

Child to adult: the chin drops, the eyes rise in the head and shrink against it, the nose grows, the cheeks
give way to a jaw. Wear adds weight to the lower face. All numbers were set by eye.
"""

from __future__ import annotations

from dataclasses import dataclass

from person import Look
from shape import Point, mirrored, smooth


@dataclass
class Anatomy:
    """Positions and half-sizes, in head half-widths."""

    top: float
    chin: float
    temple: float
    cheek: float
    jaw: float
    chin_w: float
    eye_y: float
    eye_x: float
    eye_w: float
    eye_h: float
    iris: float
    brow_y: float
    brow_w: float
    nose_y: float
    nose_w: float
    mouth_y: float
    mouth_w: float
    lips: float
    neck: float
    shoulder: float
    hairline: float
    ear: float
    outline: list[Point]


def anatomy(look: Look) -> Anatomy:
    """Lays out one head."""
    g, w, t = look.growth, look.wear, look.t
    male = 1.0 if look.sex == "m" else 0.0
    gm = g * male  # what only boys grow into

    top = -1.26 + 0.08 * g + 0.025 * t["top"]
    chin = 0.92 + 0.34 * g + 0.06 * gm + 0.03 * w + 0.03 * t["chin"]
    temple = 0.975 - 0.03 * g
    cheek = 0.985 - 0.07 * g + 0.015 * gm + 0.02 * w + 0.015 * t["cheek"]
    jaw = 0.79 - 0.10 * g + 0.085 * gm + 0.08 * w + 0.022 * t["jaw"]
    chin_w = 0.33 - 0.05 * g + 0.09 * gm + 0.03 * w + 0.015 * t["jaw"]

    eye_y = 0.14 - 0.20 * g + 0.012 * t["eye_y"]
    eye_h = (0.185 - 0.072 * g - 0.012 * gm) * (1.0 - 0.22 * w) + 0.007 * t["eye_h"]
    eye_w = 0.262 - 0.042 * g + 0.008 * t["eye_w"]
    nose_y = eye_y + 0.27 + 0.20 * g + 0.03 * gm + 0.02 * w + 0.015 * t["nose_l"]
    mouth_y = nose_y + 0.20 + 0.065 * g + 0.02 * gm + 0.012 * t["mouth_y"]

    right = [
        (0.0, top),
        (0.50, top + 0.075),
        (0.84, top + 0.36),
        (temple, -0.42),
        (temple, -0.08),
        (cheek, 0.22),
        (jaw, 0.36 + 0.36 * (chin - 0.2)),
        (0.5 * (jaw + chin_w) - 0.01, chin - 0.21),
        (chin_w, chin - 0.055),
        (0.0, chin),
    ]
    return Anatomy(
        top=top,
        chin=chin,
        temple=temple,
        cheek=cheek,
        jaw=jaw,
        chin_w=chin_w,
        eye_y=eye_y,
        eye_x=0.425 - 0.012 * g + 0.010 * t["eye_x"],
        eye_w=eye_w,
        eye_h=eye_h,
        iris=0.128 - 0.028 * g,
        brow_y=eye_y - eye_h - 0.135 + 0.035 * gm + 0.02 * w + 0.015 * t["brow_y"],
        brow_w=0.048 + 0.010 * g + 0.038 * gm + 0.007 * t["brow_w"],
        nose_y=nose_y,
        nose_w=0.135 + 0.040 * g + 0.030 * gm + 0.02 * w + 0.010 * t["nose_w"],
        mouth_y=mouth_y,
        mouth_w=0.265 + 0.075 * g + 0.02 * gm + 0.015 * t["mouth_w"],
        lips=(0.050 + 0.022 * g - 0.014 * gm) * (1.0 - 0.5 * w) + 0.006 * t["lips"],
        neck=0.43 + 0.09 * g + 0.16 * gm,
        shoulder=1.30 + 0.35 * g + 0.40 * gm,
        hairline=top + 0.36 + 0.30 * look.recede,
        ear=0.20 + 0.015 * g + 0.03 * w + 0.01 * t["ear"],
        outline=smooth(mirrored(right), steps=8),
    )

"""Hair: the part behind the head, the part in front of it, and the hair of the face."""

from __future__ import annotations

from random import Random

from PIL import Image

from anatomy import Anatomy
from person import Look, Shot
from shape import Canvas, Point, ellipse, mirrored, mix, scaled, smooth, stroke

LOW = ("long", "waves", "tail")  # styles that show behind the neck


def behind(canvas: Canvas, look: Look, a: Anatomy) -> None:
    """What hangs or stands behind head and neck."""
    dark = scaled(look.hair, 0.74)
    if look.style == "long":
        canvas.fill(
            smooth(
                mirrored(
                    [
                        (0, a.top - 0.10),
                        (0.9, a.top + 0.22),
                        (1.16, 0.1),
                        (1.17, 0.9),
                        (1.10, 1.75),
                        (0.75, 1.95),
                        (0, 1.9),
                    ]
                )
            ),
            dark,
        )
    elif look.style == "waves":
        side = [
            (0, a.top - 0.12),
            (0.92, a.top + 0.2),
            (1.16, -0.2),
            (1.10, 0.15),
            (1.26, 0.5),
            (1.14, 0.85),
            (1.30, 1.25),
            (1.0, 1.6),
            (0, 1.6),
        ]
        canvas.fill(smooth(mirrored(side)), dark)
    elif look.style == "bob":
        canvas.fill(
            smooth(
                mirrored(
                    [
                        (0, a.top - 0.10),
                        (0.92, a.top + 0.2),
                        (1.17, 0.0),
                        (1.20, 0.55),
                        (1.06, 0.98),
                        (0.6, 1.0),
                        (0, 0.98),
                    ]
                )
            ),
            dark,
        )
    elif look.style == "bun":
        canvas.fill(smooth(ellipse(0.0, a.top - 0.17, 0.40, 0.33)), scaled(look.hair, 0.9))
        canvas.tint([stroke([(-0.2, a.top - 0.3), (0.0, a.top - 0.14), (0.24, a.top - 0.22)], 0.03)], dark, 0.7)
    elif look.style == "tail":
        canvas.fill(
            smooth(
                [
                    (0.5, a.top + 0.1),
                    (1.1, a.top + 0.35),
                    (1.40, 0.10),
                    (1.38, 0.62),
                    (1.24, 1.02),
                    (1.10, 1.06),
                    (1.06, 0.80),
                    (1.08, 0.4),
                    (0.95, 0.0),
                ]
            ),
            dark,
        )
    elif look.style == "curls":
        reach = 0.16 if look.sex == "m" else 0.34
        _curls(canvas, look, a, reach, scaled(look.hair, 0.86), low=0.1 if look.sex == "m" else 0.85)


def _curls(canvas: Canvas, look: Look, a: Anatomy, reach: float, colour, low: float) -> None:
    rng = Random(look.spot_seed + 1)
    blobs: list[list[Point]] = []
    for x, y in a.outline[::3]:
        if y > low:
            continue
        r = reach * rng.uniform(0.75, 1.15)
        blobs.append(ellipse(x * 1.02, y, r, r, 16))
    for blob in blobs:
        canvas.fill(blob, colour)


def _cap(look: Look, a: Anatomy) -> tuple[list[Point], list[Point]]:
    """Outer edge of the hair over the skull, and its inner edge (the hairline), both from left ear to right ear."""
    lift = {
        "buzz": 0.025,
        "crop": 0.07,
        "side": 0.09,
        "quiff": 0.12,
        "mop": 0.15,
        "curls": 0.10,
        "bun": 0.05,
        "tail": 0.05,
    }.get(look.style, 0.10)
    low = {
        "buzz": 0.0,
        "crop": 0.02,
        "quiff": 0.0,
        "side": 0.06,
        "bun": -0.02,
        "tail": 0.0,
        "mop": 0.16,
        "curls": 0.06,
    }.get(look.style, 0.30)
    wide = 0.0 if look.style in ("buzz", "quiff") else 0.04
    outer = [
        (-1.00 - wide, low), (-1.02 - wide, -0.40), (-0.90 - wide, a.top + 0.32), (-0.52, a.top + 0.03 - lift * 0.7),
        (0.0, a.top - lift), (0.52, a.top + 0.03 - lift * 0.7), (0.90 + wide, a.top + 0.32), (1.02 + wide, -0.40), (1.00 + wide, low),
    ]  # fmt: skip
    line = a.hairline
    temple = 0.16 + 0.22 * look.recede  # how far the corners of the hairline go up
    if look.style == "quiff":
        outer[3], outer[4], outer[5] = (-0.55, a.top - 0.08), (0.05, a.top - 0.20), (0.60, a.top - 0.04)
    inner = [
        (0.93, low), (0.90, -0.36), (0.78, line + 0.15), (0.56, line - temple * 0.5 + 0.06), (0.26, line + 0.005), (0.0, line + 0.02),
        (-0.26, line + 0.005), (-0.56, line - temple * 0.5 + 0.06), (-0.78, line + 0.15), (-0.90, -0.36), (-0.93, low),
    ]  # fmt: skip
    part = 1.0 if look.t["brow_tilt"] > 0 else -1.0
    if look.fringe == "full" and look.recede < 0.25:
        y = a.brow_y - 0.04
        inner = [
            (0.93, low),
            (0.90, -0.30),
            (0.82, y + 0.04),
            (0.50, y),
            (0.25, y + 0.05),
            (0.0, y),
            (-0.25, y + 0.05),
            (-0.50, y),
            (-0.82, y + 0.04),
            (-0.90, -0.30),
            (-0.93, low),
        ]
    elif look.fringe == "swept" and look.recede < 0.4:
        y = a.brow_y
        inner = [
            (0.93, low),
            (0.92, -0.24),
            (0.86, y + 0.02),
            (0.60, y - 0.10),
            (0.25, line + 0.10),
            (-0.18, line - 0.02),
            (-0.38, line - 0.10),
            (-0.60, line + 0.06),
            (-0.82, line + 0.24),
            (-0.91, -0.36),
            (-0.93, low),
        ]
        if part < 0:
            inner = [(-x, yy) for x, yy in inner[::-1]]
    return outer, inner


def before(canvas: Canvas, look: Look, a: Anatomy, shot: Shot) -> None:
    """The hair over forehead and temples, with a sheen."""
    if look.style == "bald":
        for side in (-1.0, 1.0):
            shape = [
                (side * 0.93, -0.62),
                (side * 1.06, -0.42),
                (side * 1.07, -0.1),
                (side * 0.99, 0.16),
                (side * 0.90, 0.05),
                (side * 0.86, -0.30),
            ]
            canvas.tint([smooth(shape)], look.hair, 0.92)
        light = mix(look.skin, (255, 252, 244), 0.6)
        canvas.soft([ellipse(0.25 * shot.sun, a.top + 0.26, 0.30, 0.10)], light, 0.5, 0.07)
        return
    outer, inner = _cap(look, a)
    shape = smooth(outer, closed=False) + smooth(inner, closed=False)
    cap = canvas.mask(shape)
    if look.style == "buzz":
        canvas.tint([shape], look.hair, 0.80)
    else:
        canvas.fill(shape, look.hair)
    if look.style == "curls":
        _curls(canvas, look, a, 0.13, look.hair, low=a.hairline + 0.05)
    if look.style in ("long", "waves", "bob"):
        for side in (-1.0, 1.0):
            end = {"long": 1.65, "waves": 1.35, "bob": 0.92}[look.style]
            lock = [
                (side * 0.90, -0.45),
                (side * 1.10, -0.1),
                (side * 1.15, 0.45),
                (side * 1.12, end),
                (side * 0.98, end + 0.08),
                (side * 0.96, 0.5),
                (side * 0.915, 0.1),
            ]
            canvas.fill(smooth(lock), look.hair)
    light, dark = scaled(look.hair, 1.28), scaled(look.hair, 0.70)
    mid = [(-0.62, a.top + 0.20), (-0.2, a.top + 0.08), (0.25, a.top + 0.07), (0.66, a.top + 0.22)]
    canvas.soft([stroke([(x + 0.12 * shot.sun, y) for x, y in mid], 0.13)], light, 0.65, 0.045, cap)
    strands = []
    rng = Random(look.spot_seed + 2)
    if look.style not in ("buzz", "curls"):
        for _ in range(9):
            x = rng.uniform(-0.8, 0.8)
            strands.append(stroke([(x * 0.55, a.top - 0.05), (x * 0.9, a.top + 0.14), (x * 1.08, a.top + 0.50)], 0.018))
    canvas.tint(strands, dark, 0.45, cap)
    canvas.soft([stroke(inner[1:-1], 0.05, 0.6, 0.6)], dark, 0.35, 0.02, cap)


def facial(canvas: Canvas, look: Look, a: Anatomy, skin: Image.Image) -> None:
    """Stubble to beard, and a moustache."""
    colour = scaled(look.brow, 0.9)
    if look.beard > 0.02:
        y = a.mouth_y
        edge = [
            (0.0, y + 0.12),
            (0.24, y + 0.10),
            (a.mouth_w + 0.06, y - 0.04),
            (a.mouth_w + 0.10, y - 0.17),
            (0.68, y - 0.12),
            (0.90, 0.05),
            (1.02, 0.0),
            (1.0, 0.6),
            (0.7, a.chin + 0.1),
            (0.0, a.chin + 0.1),
        ]
        canvas.soft([smooth(mirrored(edge))], colour, 0.72 * look.beard, 0.035, skin)
    if look.moustache > 0.02:
        canvas.soft(_moustache(a, 1.0), colour, 0.85 * look.moustache, 0.018, skin)


def _moustache(a: Anatomy, size: float) -> list[list[Point]]:
    y = 0.45 * a.nose_y + 0.55 * a.mouth_y
    shapes = []
    for side in (-1.0, 1.0):
        shapes.append(
            smooth(
                [
                    (0.0, y - 0.045 * size),
                    (side * 0.14, y - 0.055 * size),
                    (side * (a.mouth_w + 0.02) * 0.8, y),
                    (side * (a.mouth_w + 0.05) * size, y + 0.10),
                    (side * 0.18, y + 0.055 * size),
                    (0.0, y + 0.03),
                ]
            )
        )
    return shapes


def attack(canvas: Canvas, look: Look, a: Anatomy) -> None:
    """The presentation attack: a moustache drawn on with a pen, and brows made heavier. Sharp-edged, as a drawing is."""
    ink = (38, 28, 26)
    canvas.tint(_moustache(a, 1.12), ink, 0.92)
    hairs = []
    for side in (-1.0, 1.0):
        for k in range(4):
            x = side * (0.06 + 0.07 * k)
            y = 0.45 * a.nose_y + 0.55 * a.mouth_y
            hairs.append(stroke([(x, y - 0.06), (x + side * 0.05, y + 0.02), (x + side * 0.08, y + 0.09)], 0.022))
    canvas.tint(hairs, scaled(ink, 0.6), 0.9)
    if look.spot_seed % 3:
        brows = []
        for side in (-1.0, 1.0):
            brows.append(
                stroke(
                    [(side * 0.17, a.brow_y + 0.02), (side * 0.40, a.brow_y - 0.05), (side * 0.66, a.brow_y + 0.03)],
                    a.brow_w + 0.06,
                    0.5,
                    0.2,
                )
            )
        canvas.tint(brows, ink, 0.85)

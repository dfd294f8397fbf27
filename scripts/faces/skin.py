"""The skin: light and shade on it, the lines of wear, spots and freckles."""

from __future__ import annotations

import math
from random import Random

from PIL import Image

from anatomy import Anatomy
from person import Look, Shot
from shape import Canvas, Colour, Point, ellipse, mix, scaled, stroke


class Pose:
    """Moves a feature as a turned head would: what stands out further (`depth`) moves further."""

    def __init__(self, shot: Shot):
        self.yaw, self.pitch = shot.yaw, shot.pitch

    def __call__(self, points: list[Point], depth: float) -> list[Point]:
        out = []
        for x, y in points:
            near = 1.0 - 0.10 * self.yaw * (1.0 if x > 0 else -1.0) * min(abs(x) / 0.4, 1.0)
            out.append((x * near + self.yaw * depth, y + self.pitch * depth * 0.6))
        return out


def shadow_of(skin: Colour) -> Colour:
    """The colour of shade on skin: darker and a little redder."""
    return (int(skin[0] * 0.66), int(skin[1] * 0.55), int(skin[2] * 0.52))


def shade(canvas: Canvas, look: Look, a: Anatomy, shot: Shot, pose: Pose, skin: Image.Image) -> None:
    """Soft light and shade, and the colour of the cheeks."""
    shade = shadow_of(look.skin)
    far = -math.copysign(1.0, shot.sun)
    strength = abs(shot.sun)
    edge = [
        (far * 1.1, a.top),
        (far * 0.72, -0.5),
        (far * 0.80, 0.3),
        (far * 0.48, a.chin - 0.12),
        (0, a.chin + 0.1),
        (far * 1.2, a.chin),
    ]
    canvas.soft([edge], shade, 0.42 * strength, 0.13, skin)
    brow = [
        (-0.95, a.top),
        (0.95, a.top),
        (0.95, a.hairline + 0.16),
        (0.0, a.hairline + 0.14),
        (-0.95, a.hairline + 0.16),
    ]
    if look.style != "bald":
        canvas.soft([brow], shade, 0.35, 0.08, skin)
    light = mix(look.skin, (255, 250, 240), 0.55)
    canvas.soft([ellipse(-far * 0.16, a.brow_y - 0.20, 0.36, 0.13)], light, 0.30, 0.10, skin)
    for side in (-1.0, 1.0):
        sockets = pose(
            [(side * (a.eye_x + x), a.eye_y + y) for x, y in ellipse(0, -0.02, a.eye_w * 1.15, a.eye_h * 1.5)], 0.05
        )
        canvas.soft([sockets], shade, 0.20 + 0.16 * look.growth, 0.06, skin)
        blush = mix(look.skin, (226, 92, 82), 0.55)
        spot = pose(ellipse(side * 0.56, a.nose_y + 0.02, 0.22, 0.15), 0.04)
        canvas.soft([spot], blush, 0.36 * (1.15 - 0.75 * look.growth), 0.09, skin)
        if look.growth > 0.4:  # the hollow under the cheekbone
            hollow = [
                (side * 0.90, a.nose_y - 0.12),
                (side * 0.52, a.nose_y + 0.20),
                (side * 0.58, a.nose_y + 0.32),
                (side * 0.90, a.nose_y + 0.22),
            ]
            canvas.soft([hollow], shade, 0.55 * (look.growth - 0.4), 0.07, skin)
    canvas.soft([ellipse(0.0, a.mouth_y + 0.155, 0.15, 0.028)], shade, 0.32, 0.03, skin)
    canvas.soft([ellipse(-far * 0.05, a.chin - 0.14, 0.14, 0.07)], light, 0.25, 0.05, skin)


def lines(canvas: Canvas, look: Look, a: Anatomy, shot: Shot, pose: Pose, skin: Image.Image) -> None:
    """Lines of wear. Drawn with one opacity whatever the skin: on dark skin they darken less, in levels, as in photographs."""
    t = look.t
    w = look.wear * shot.lines
    ink = scaled(shadow_of(look.skin), 0.80)

    def deep(name: str, start: float, full: float) -> float:
        return min(max((w * (1.0 + 0.22 * t[name]) - start) / (full - start), 0.0), 1.0)

    nose = deep("line_nose", 0.02, 0.85)
    fold = []
    for side in (-1.0, 1.0):
        fold.append(
            stroke(
                pose(
                    [
                        (side * (a.nose_w + 0.03), a.nose_y - 0.06),
                        (side * (a.nose_w + 0.17), a.nose_y + 0.10),
                        (side * (a.mouth_w + 0.09), a.mouth_y + 0.02 + 0.05 * nose),
                    ],
                    0.06,
                ),
                0.022 + 0.018 * nose,
            )
        )
    canvas.tint(fold, ink, 0.10 + 0.62 * nose if nose > 0 else 0.05 + 0.08 * max(shot.smile, 0), skin)
    canvas.soft([stroke(s[: len(s) // 2 : 4], 0.06) for s in fold], shadow_of(look.skin), 0.35 * nose, 0.03, skin)

    fore = deep("line_fore", 0.16, 1.0)
    rows = []
    for k in range(3):
        if fore > 0.22 * k:
            y = a.brow_y - 0.17 - 0.125 * k
            if y > a.hairline + 0.06:
                bend = 0.025 * (1 if k % 2 else -1)
                rows.append(
                    stroke(
                        pose(
                            [
                                (-0.48 + 0.05 * k, y + 0.02),
                                (-0.2, y - bend),
                                (0.2, y + bend),
                                (0.48 - 0.05 * k, y + 0.02),
                            ],
                            0.03,
                        ),
                        0.018 + 0.012 * fore,
                    )
                )
    canvas.tint(rows, ink, 0.10 + 0.50 * fore, skin)

    crow, bag = deep("line_crow", 0.12, 0.9), deep("line_bag", 0.03, 0.9)
    feet, bags = [], []
    for side in (-1.0, 1.0):
        x, y = a.eye_x + a.eye_w, a.eye_y
        for k in (-1, 0, 1):
            feet.append(
                stroke(
                    pose(
                        [
                            (side * (x + 0.05), y + 0.045 * k),
                            (side * (x + 0.11), y + 0.075 * k),
                            (side * (x + 0.14 + 0.08 * crow), y + 0.13 * k),
                        ],
                        0.03,
                    ),
                    0.018,
                )
            )
        bags.append(
            stroke(
                pose(
                    [
                        (side * (a.eye_x - a.eye_w * 0.75), y + a.eye_h * 0.95 + 0.02),
                        (side * a.eye_x, y + a.eye_h + 0.075),
                        (side * (a.eye_x + a.eye_w * 0.8), y + a.eye_h * 0.8 + 0.03),
                    ],
                    0.05,
                ),
                0.020 + 0.020 * bag,
            )
        )
    canvas.tint(feet, ink, 0.55 * crow, skin)
    canvas.tint(bags, ink, 0.04 + 0.46 * bag, skin)
    canvas.soft(bags, shadow_of(look.skin), 0.45 * bag, 0.025, skin)
    if w > 0.30:
        late = min((w - 0.30) / 0.6, 1.0)
        marks = [
            stroke(
                pose(
                    [
                        (s * (a.mouth_w + 0.03), a.mouth_y + 0.05),
                        (s * (a.mouth_w + 0.07), a.mouth_y + 0.16),
                        (s * (a.mouth_w + 0.05), a.mouth_y + 0.26),
                    ],
                    0.05,
                ),
                0.022,
            )
            for s in (-1.0, 1.0)
        ]
        marks += [
            stroke(
                pose([(s * 0.06, a.brow_y - 0.05), (s * 0.055, a.brow_y + 0.03), (s * 0.07, a.brow_y + 0.10)], 0.06),
                0.018,
            )
            for s in (-1.0, 1.0)
        ]
        canvas.tint(marks, ink, 0.5 * late, skin)
        jowl = [
            [
                (s * 0.80, a.mouth_y),
                (s * 0.52, a.mouth_y + 0.25),
                (s * 0.45, a.mouth_y + 0.36),
                (s * 0.80, a.mouth_y + 0.30),
            ]
            for s in (-1.0, 1.0)
        ]
        canvas.soft(jowl, shadow_of(look.skin), 0.40 * late, 0.05, skin)


def blemishes(canvas: Canvas, look: Look, a: Anatomy, pose: Pose, skin: Image.Image) -> None:
    rng = Random(look.spot_seed)
    if look.freckles:
        dots = [ellipse(rng.gauss(0, 0.38), a.nose_y - 0.14 + rng.gauss(0, 0.07), 0.014, 0.014, 8) for _ in range(26)]
        canvas.tint(
            [pose(d, 0.06) for d in dots], mix(shadow_of(look.skin), (150, 84, 40), 0.5), 0.55 * look.freckles, skin
        )
    if look.spots:
        dots = []
        for _ in range(2 + int(5 * look.spots)):
            x, y = rng.choice(
                (
                    (rng.uniform(-0.6, 0.6), a.brow_y - rng.uniform(0.1, 0.3)),
                    (rng.choice((-1, 1)) * rng.uniform(0.4, 0.75), a.nose_y + rng.uniform(-0.05, 0.3)),
                    (rng.uniform(-0.25, 0.25), a.chin - rng.uniform(0.06, 0.18)),
                )
            )
            dots.append(ellipse(x, y, 0.019, 0.019, 10))
        canvas.soft(dots, mix(look.skin, (190, 62, 58), 0.5), 0.8, 0.012, skin)
    if look.wear > 0.6:
        dots = [ellipse(rng.uniform(-0.85, 0.85), rng.uniform(-0.8, 0.7), 0.03, 0.025, 10) for _ in range(7)]
        canvas.soft(dots, shadow_of(look.skin), 0.5 * (look.wear - 0.4), 0.012, skin)

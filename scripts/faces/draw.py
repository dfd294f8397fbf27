"""One picture: `render(look, shot)` gives the upright image and the box of the face."""

from __future__ import annotations

import math
from random import Random

from PIL import Image

import hair
import scene
import skin
from anatomy import Anatomy, anatomy
from person import Look, Shot
from shape import Canvas, Point, ellipse, mix, scaled, smooth, stroke

Box = tuple[int, int, int, int]


def render(look: Look, shot: Shot, supersample: int = 4, blank: bool = False) -> tuple[Image.Image, Box | None]:
    """The picture and the face box (x0, y0, x1, y1; x1 and y1 just outside), or no box for a blank frame."""
    canvas = Canvas(shot.width, shot.height, supersample, shot.centre, shot.unit, shot.roll)
    scene.background(canvas, shot)
    if blank:
        return scene.finish(canvas, shot), None
    a = anatomy(look)
    hair.behind(canvas, look, a)
    scene.body(canvas, look, a, shot)
    _ears(canvas, look, a)
    canvas.fill(a.outline, look.skin)
    inside = canvas.mask(a.outline)
    pose = skin.Pose(shot)
    skin.shade(canvas, look, a, shot, pose, inside)
    skin.lines(canvas, look, a, shot, pose, inside)
    skin.blemishes(canvas, look, a, pose, inside)
    hair.facial(canvas, look, a, inside)
    for side in (-1.0, 1.0):
        _eye(canvas, look, a, shot, pose, side)
        _brow(canvas, look, a, pose, side)
    _nose(canvas, look, a, shot, pose, inside)
    _mouth(canvas, look, a, shot, pose)
    if shot.attack:
        hair.attack(canvas, look, a)
    hair.before(canvas, look, a, shot)
    if look.glasses:
        _glasses(canvas, look, a, pose)
    return scene.finish(canvas, shot), _box(canvas, a, shot)


def _box(canvas: Canvas, a: Anatomy, shot: Shot) -> Box:
    """The outline's extent from brow-high forehead to chin, a little off as a detector's box is."""
    points = [canvas.pixel(x, max(y, a.top + 0.12)) for x, y in a.outline]
    rng = Random(shot.noise_seed)
    wobble = [rng.uniform(-0.04, 0.04) * shot.unit for _ in range(4)]
    x0 = min(p[0] for p in points) + wobble[0]
    y0 = min(p[1] for p in points) + wobble[1]
    x1 = max(p[0] for p in points) + wobble[2]
    y1 = max(p[1] for p in points) + wobble[3]
    return (
        max(int(math.floor(x0 + 0.5)), 0),
        max(int(math.floor(y0 + 0.5)), 0),
        min(int(math.floor(x1 + 0.5)), shot.width),
        min(int(math.floor(y1 + 0.5)), shot.height),
    )


def _ears(canvas: Canvas, look: Look, a: Anatomy) -> None:
    if look.style in ("long", "waves", "bob"):
        return
    for side in (-1.0, 1.0):
        y = a.eye_y + 0.14
        canvas.fill(ellipse(side * 1.0, y, 0.10, a.ear), scaled(look.skin, 0.95))
        canvas.tint([ellipse(side * 1.015, y, 0.05, a.ear * 0.6)], skin.shadow_of(look.skin), 0.30)


def _eye(canvas: Canvas, look: Look, a: Anatomy, shot: Shot, pose: skin.Pose, side: float) -> None:
    w = a.eye_w
    h = a.eye_h * (1.0 + shot.lid - 0.12 * max(shot.smile, 0.0))
    droop = 0.05 * look.wear
    upper = [(-w, 0.03), (-0.55 * w, -0.72 * h), (0.05 * w, -h), (0.62 * w, -0.66 * h + droop), (w, 0.0 + droop)]
    lower = [(w, 0.0 + droop), (0.5 * w, 0.62 * h), (-0.1 * w, 0.74 * h), (-0.65 * w, 0.5 * h), (-w, 0.03)]

    def place(points: list[Point]) -> list[Point]:
        return pose([(side * (a.eye_x + x), a.eye_y + y) for x, y in points], 0.08)

    top, bottom = smooth(upper, closed=False), smooth(lower, closed=False)
    shape = place(top + bottom)
    white = mix((250, 249, 246), look.skin, 0.08 + 0.10 * look.wear)
    canvas.fill(shape, white)
    inside = canvas.mask(shape)
    gaze = shot.gaze * 0.25 * side
    cx, cy, r = gaze * w, -0.08 * h, a.iris
    canvas.tint([place(ellipse(cx, cy, r, r))], scaled(look.iris, 0.62), 1.0, inside)
    canvas.tint([place(ellipse(cx, cy + 0.012, r * 0.84, r * 0.84))], look.iris, 1.0, inside)
    canvas.tint([place(ellipse(cx, cy, r * 0.46, r * 0.46))], (18, 14, 14), 1.0, inside)
    canvas.tint(
        [place([(x, y + 0.03) for x, y in top] + [(x, y - 0.02) for x, y in top[::-1]])], (40, 26, 24), 0.35, inside
    )
    glint = -0.35 if shot.sun * side > 0 else 0.35
    canvas.tint([place(ellipse(cx - glint * r, cy - 0.38 * r, r * 0.24, r * 0.24))], (255, 255, 255), 0.95)
    lash = mix((34, 24, 22), look.hair, 0.12)
    female = look.sex == "f"
    canvas.tint([stroke(place(upper), 0.055 if female else 0.040, 0.25, 0.5)], lash, 0.95)
    if female:
        flick = [(w * 0.80, -0.34 * h + droop), (w * 1.06, -0.30 * h + droop), (w * 1.18, -0.62 * h + droop)]
        canvas.tint([stroke(place(flick), 0.030, 0.8, 0.1)], lash, 0.85)
    canvas.tint([stroke(place(lower), 0.016)], skin.shadow_of(look.skin), 0.55)
    crease = [(x * 1.02, y - 0.055 - 0.02 * look.growth + 0.03 * look.wear) for x, y in upper[:-1]] + [
        (w * 1.04, droop - 0.03)
    ]
    canvas.tint([stroke(place(crease), 0.020 + 0.014 * look.wear)], skin.shadow_of(look.skin), 0.42 + 0.25 * look.wear)


def _brow(canvas: Canvas, look: Look, a: Anatomy, pose: skin.Pose, side: float) -> None:
    tilt = 0.012 * look.t["brow_tilt"]
    points = [
        (side * (a.eye_x - a.eye_w * 0.98), a.brow_y + 0.025 - tilt),
        (side * (a.eye_x + 0.02), a.brow_y - 0.045),
        (side * (a.eye_x + a.eye_w * 1.12), a.brow_y + 0.045 + tilt),
    ]
    canvas.tint([stroke(pose(points, 0.06), a.brow_w, 0.65, 0.12)], look.brow, 0.62 + 0.26 * look.growth)


def _nose(canvas: Canvas, look: Look, a: Anatomy, shot: Shot, pose: skin.Pose, inside: Image.Image) -> None:
    shade = skin.shadow_of(look.skin)
    far = -math.copysign(1.0, shot.sun)
    g = look.growth
    bridge = [
        (far * 0.045, a.eye_y - 0.02),
        (far * (0.10 + 0.03 * g), a.nose_y - 0.12),
        (far * (a.nose_w + 0.01), a.nose_y + 0.005),
        (far * 0.02, a.nose_y + 0.01),
        (far * 0.045, a.nose_y - 0.2),
    ]
    canvas.soft([pose(bridge, 0.14)], shade, 0.22 + 0.26 * g, 0.035, inside)
    light = mix(look.skin, (255, 250, 242), 0.6)
    canvas.soft([pose(ellipse(-far * 0.015, a.nose_y - 0.075, 0.05, 0.05), 0.16)], light, 0.5, 0.03, inside)
    under = [
        (-a.nose_w, a.nose_y - 0.015),
        (-a.nose_w * 0.55, a.nose_y + 0.035),
        (0.0, a.nose_y + 0.05),
        (a.nose_w * 0.55, a.nose_y + 0.035),
        (a.nose_w, a.nose_y - 0.015),
    ]
    canvas.tint([stroke(pose(under, 0.14), 0.024, 0.2, 0.2)], scaled(shade, 0.85), 0.55, inside)
    holes = [ellipse(s * a.nose_w * 0.52, a.nose_y + 0.018, a.nose_w * 0.22, 0.020, 14) for s in (-1.0, 1.0)]
    canvas.tint([pose(h, 0.14) for h in holes], scaled(shade, 0.55), 0.75, inside)
    wings = [
        stroke(
            pose(
                [
                    (s * a.nose_w * 0.92, a.nose_y - 0.085),
                    (s * a.nose_w * 1.08, a.nose_y - 0.03),
                    (s * a.nose_w * 0.9, a.nose_y + 0.015),
                ],
                0.12,
            ),
            0.018,
        )
        for s in (-1.0, 1.0)
    ]
    canvas.tint(wings, shade, 0.25 + 0.3 * g, inside)


def _mouth(canvas: Canvas, look: Look, a: Anatomy, shot: Shot, pose: skin.Pose) -> None:
    w = a.mouth_w * (1.0 + 0.14 * max(shot.smile, 0.0))
    lift = 0.055 * shot.smile
    y, lips = a.mouth_y, a.lips
    gap = 0.075 * shot.open_mouth
    red = mix(look.skin, (186, 62, 70), 0.50 if look.sex == "f" else 0.32)
    red = mix(red, look.skin, 0.25 * look.wear)
    low = scaled(red, 1.05)
    seam = [(-w, y - lift), (-0.45 * w, y + 0.008), (0.0, y + 0.016), (0.45 * w, y + 0.008), (w, y - lift)]
    upper = smooth(seam, closed=False) + smooth(
        [
            (w, y - lift),
            (0.5 * w, y - lips * 0.8),
            (0.14 * w, y - lips * 1.12),
            (0.0, y - lips * 0.86),
            (-0.14 * w, y - lips * 1.12),
            (-0.5 * w, y - lips * 0.8),
            (-w, y - lift),
        ],
        closed=False,
    )
    jaw = [(x, yy + gap * (1.0 - (x / w) ** 2)) for x, yy in seam]
    lower = smooth(jaw, closed=False) + smooth(
        [
            (w, y - lift),
            (0.55 * w, y + gap + lips * 1.05),
            (0.0, y + gap + lips * 1.5),
            (-0.55 * w, y + gap + lips * 1.05),
            (-w, y - lift),
        ],
        closed=False,
    )
    if gap > 0.01:
        hole = pose(smooth(seam, closed=False) + smooth(jaw[::-1], closed=False), 0.10)
        canvas.fill(hole, (92, 34, 38))
        teeth = [
            (-0.8 * w, y - lift * 0.6),
            (0.8 * w, y - lift * 0.6),
            (0.6 * w, y + 0.02 + gap * 0.45),
            (-0.6 * w, y + 0.02 + gap * 0.45),
        ]
        canvas.tint([pose(teeth, 0.10)], (246, 242, 234), 1.0, canvas.mask(hole))
    canvas.fill(pose(lower, 0.10), low)
    canvas.fill(pose(upper, 0.10), scaled(red, 0.90))
    canvas.tint(
        [
            stroke(
                pose(
                    [(-0.4 * w, y + gap + lips * 0.7), (0, y + gap + lips * 0.9), (0.4 * w, y + gap + lips * 0.7)], 0.10
                ),
                0.025,
            )
        ],
        mix(low, (255, 240, 236), 0.5),
        0.45,
    )
    if gap <= 0.01:
        canvas.tint([stroke(pose(seam, 0.10), 0.026, 0.35, 0.35)], scaled(red, 0.48), 0.85)
    corners = [
        stroke(
            pose([(s * w, y - lift - 0.02), (s * (w + 0.02), y - lift), (s * (w + 0.015), y - lift + 0.03)], 0.09),
            0.018,
        )
        for s in (-1.0, 1.0)
    ]
    canvas.tint(corners, skin.shadow_of(look.skin), 0.6)


def _glasses(canvas: Canvas, look: Look, a: Anatomy, pose: skin.Pose) -> None:
    frame = (44, 40, 46) if look.spot_seed % 2 else (120, 74, 48)
    parts = []
    for side in (-1.0, 1.0):
        rx, ry = 0.335, 0.265
        outer = pose(ellipse(side * (a.eye_x + 0.005), a.eye_y + 0.02, rx, ry), 0.12)
        inner = pose(ellipse(side * (a.eye_x + 0.005), a.eye_y + 0.02, rx - 0.035, ry - 0.035), 0.12)
        canvas.tint([inner], (255, 255, 255), 0.10)
        parts.append(outer + [outer[0]] + [inner[0]] + inner[::-1])
        parts.append(
            stroke(
                pose(
                    [
                        (side * (a.eye_x + rx - 0.01), a.eye_y - 0.04),
                        (side * 0.86, a.eye_y - 0.06),
                        (side * 0.99, a.eye_y - 0.05),
                    ],
                    0.04,
                ),
                0.04,
                0.8,
                0.8,
            )
        )
    parts.append(
        stroke(pose([(-0.10, a.eye_y - 0.01), (0.0, a.eye_y - 0.05), (0.10, a.eye_y - 0.01)], 0.14), 0.04, 0.9, 0.9)
    )
    canvas.tint(parts, frame, 0.95)

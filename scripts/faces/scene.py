"""Everything round the face: backdrop, neck and clothes, and what light and camera do to the picture."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

from anatomy import Anatomy
from person import Look, Shot
from shape import Canvas, ellipse, mirrored, mix, scaled, smooth, stroke
from skin import shadow_of


def background(canvas: Canvas, shot: Shot) -> None:
    """A backdrop with a soft gradient, and sometimes a disc, a wall with a skirting, or a window."""
    top, bottom = scaled(shot.backdrop, 1.08), scaled(shot.backdrop, 0.84)
    column = Image.new("RGB", (1, 32))
    column.putdata([mix(top, bottom, i / 31) for i in range(32)])
    canvas.image.paste(column.resize(canvas.size, Image.BILINEAR), (0, 0))
    if shot.pattern == "disc":
        canvas.tint([ellipse(0.0, -0.1, 1.62, 1.62, 64)], scaled(shot.backdrop, 1.12), 0.8)
    elif shot.pattern == "wall":
        canvas.tint([[(-6, 0.75), (6, 0.75), (6, 6), (-6, 6)]], scaled(shot.backdrop, 0.72), 0.8)
        canvas.tint([[(-6, 0.70), (6, 0.70), (6, 0.78), (-6, 0.78)]], scaled(shot.backdrop, 1.15), 0.8)
    elif shot.pattern == "window":
        x = -1.7 if shot.sun > 0 else 0.7
        canvas.soft([[(x, -1.7), (x + 1.0, -1.7), (x + 1.0, 0.3), (x, 0.3)]], (250, 250, 244), 0.55, 0.06)
        canvas.soft(
            [[(x + 0.46, -1.7), (x + 0.54, -1.7), (x + 0.54, 0.3), (x + 0.46, 0.3)]],
            scaled(shot.backdrop, 0.8),
            0.8,
            0.03,
        )


def body(canvas: Canvas, look: Look, a: Anatomy, shot: Shot) -> None:
    """Neck, shoulders and what is worn."""
    shade = shadow_of(look.skin)
    base = a.chin + 0.34
    s = a.shoulder
    cloth = shot.clothes
    trunk = [
        (0.0, base - 0.06),
        (a.neck + 0.06, base - 0.06),
        (a.neck + 0.30, base + 0.10),
        (s * 0.80, base + 0.30),
        (s, base + 0.62),
        (s + 0.1, base + 1.4),
        (s + 0.2, 6.0),
        (0.0, 6.0),
    ]
    if shot.garment == "hood":
        hood = [
            (0.0, base - 0.30),
            (a.neck + 0.20, base - 0.24),
            (a.neck + 0.42, base + 0.10),
            (a.neck + 0.2, base + 0.4),
            (0.0, base + 0.5),
        ]
        canvas.fill(smooth(mirrored(hood)), scaled(cloth, 0.72))
    neck = [
        (0.0, a.chin - 0.5),
        (a.neck, a.chin - 0.5),
        (a.neck, a.chin + 0.12),
        (a.neck + 0.12, base + 0.08),
        (0.0, base + 0.5),
    ]
    shape = smooth(mirrored(trunk))
    canvas.fill(shape, cloth)
    canvas.soft(
        [[(-s, base + 0.7), (s, base + 0.7), (s + 0.4, 3.0), (-s - 0.4, 3.0)]],
        scaled(cloth, 0.7),
        0.5,
        0.2,
        canvas.mask(shape),
    )
    if shot.garment == "stripe":
        bars = [
            [
                (-4, base + 0.42 + 0.32 * k),
                (4, base + 0.42 + 0.32 * k),
                (4, base + 0.56 + 0.32 * k),
                (-4, base + 0.56 + 0.32 * k),
            ]
            for k in range(6)
        ]
        canvas.tint(bars, mix(cloth, (250, 246, 238), 0.75), 0.9, canvas.mask(shape))
    opening = mirrored(
        [
            (0.0, base - 0.3),
            (a.neck + 0.05, base - 0.10),
            (a.neck + 0.10, base + 0.02),
            (0.3, base + 0.20),
            (0.0, base + 0.26),
        ]
    )
    canvas.fill(smooth(opening), scaled(look.skin, 0.97))
    throat = smooth(mirrored(neck), steps=4)
    canvas.fill(throat, scaled(look.skin, 0.97))
    canvas.fill(
        smooth(
            mirrored(
                [
                    (0.0, base + 0.24),
                    (0.3, base + 0.19),
                    (a.neck + 0.12, base),
                    (a.neck + 0.3, base + 0.2),
                    (0.0, base + 0.62),
                ]
            )
        ),
        cloth,
    )
    under = [
        (-a.neck, a.chin - 0.3),
        (a.neck, a.chin - 0.3),
        (a.neck, a.chin + 0.06),
        (0.1, a.chin + 0.20),
        (-a.neck, a.chin + 0.06),
    ]
    canvas.soft([under], shade, 0.75, 0.07, canvas.mask(throat))
    if shot.garment == "shirt":
        for side in (-1.0, 1.0):
            collar = [
                (side * 0.02, base + 0.26),
                (side * (a.neck + 0.03), base - 0.07),
                (side * (a.neck + 0.22), base + 0.06),
                (side * 0.32, base + 0.48),
            ]
            canvas.fill(collar, mix(cloth, (255, 255, 255), 0.25))
            canvas.tint([stroke([collar[0], (side * 0.2, base + 0.40), collar[3]], 0.02)], scaled(cloth, 0.6), 0.7)
    elif shot.garment in ("tee", "stripe"):
        rim = [
            (-a.neck - 0.12, base - 0.02),
            (-0.3, base + 0.20),
            (0.0, base + 0.26),
            (0.3, base + 0.20),
            (a.neck + 0.12, base - 0.02),
        ]
        canvas.tint([stroke(rim, 0.07, 0.9, 0.9)], scaled(cloth, 0.80), 0.9)
    else:
        for side in (-1.0, 1.0):
            canvas.tint(
                [
                    stroke(
                        [(side * 0.24, base + 0.24), (side * 0.27, base + 0.6), (side * 0.25, base + 0.95)],
                        0.035,
                        0.9,
                        0.9,
                    )
                ],
                mix(cloth, (255, 255, 255), 0.7),
                0.9,
            )


def finish(canvas: Canvas, shot: Shot) -> Image.Image:
    """Down to the finished size; then blur, light and grain in that order, as in a camera."""
    image = canvas.image.resize((shot.width, shot.height), Image.BOX)
    if shot.blur > 0.25:
        image = image.filter(ImageFilter.GaussianBlur(shot.blur))
    pixels = np.asarray(image, dtype=np.float64)
    gains = np.array([1.0 + shot.warmth, 1.0, 1.0 - shot.warmth]) * shot.gain
    pixels = pixels * gains
    if shot.light == "dim":
        pixels = pixels * np.array([0.95, 0.98, 1.08]) + 6.0
    noise = np.random.RandomState(shot.noise_seed)  # the frozen legacy stream: the same in every NumPy
    grain = noise.standard_normal((shot.height, shot.width, 1)) + 0.4 * noise.standard_normal(
        (shot.height, shot.width, 3)
    )
    return Image.fromarray(np.clip(np.floor(pixels + shot.grain * grain + 0.5), 0, 255).astype(np.uint8))

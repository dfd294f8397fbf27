"""Curves, tapered strokes and the supersampled canvas that the faces are drawn on.

Nothing here knows what a face is. Face coordinates are in head half-widths: x to the right, y down,
(0, 0) in the middle of the head; `Canvas` maps them to pixels with one rotation, scale and shift.
"""

from __future__ import annotations

import math

from PIL import Image, ImageChops, ImageDraw, ImageFilter

Point = tuple[float, float]
Colour = tuple[int, int, int]


def smooth(points: list[Point], closed: bool = True, steps: int = 8) -> list[Point]:
    """Catmull-Rom curve through `points`; an open curve keeps its ends."""
    n = len(points)
    if n < 3:
        return list(points)
    out: list[Point] = []
    for i in range(n if closed else n - 1):
        if closed:
            p0, p1, p2, p3 = (points[(i + k) % n] for k in (-1, 0, 1, 2))
        else:
            p0, p1, p2, p3 = (points[min(max(i + k, 0), n - 1)] for k in (-1, 0, 1, 2))
        for step in range(steps):
            t = step / steps
            a, b, c, d = (
                -0.5 * t**3 + t**2 - 0.5 * t,
                1.5 * t**3 - 2.5 * t**2 + 1.0,
                -1.5 * t**3 + 2.0 * t**2 + 0.5 * t,
                0.5 * t**3 - 0.5 * t**2,
            )
            out.append((a * p0[0] + b * p1[0] + c * p2[0] + d * p3[0], a * p0[1] + b * p1[1] + c * p2[1] + d * p3[1]))
    if not closed:
        out.append(points[-1])
    return out


def mirrored(right: list[Point]) -> list[Point]:
    """A closed outline from its right half, which runs from the top (x = 0) to the bottom (x = 0)."""
    return right + [(-x, y) for x, y in reversed(right[1:-1])]


def ellipse(cx: float, cy: float, rx: float, ry: float, steps: int = 28) -> list[Point]:
    """Points of an upright ellipse."""
    return [
        (cx + rx * math.cos(2 * math.pi * i / steps), cy + ry * math.sin(2 * math.pi * i / steps)) for i in range(steps)
    ]


def stroke(points: list[Point], width: float, start: float = 0.15, end: float = 0.15) -> list[Point]:
    """The outline of a brush stroke along `points`, full in the middle and thinner (`start`, `end`) at its ends."""
    line = smooth(points, closed=False, steps=7)
    left: list[Point] = []
    right: list[Point] = []
    last = len(line) - 1
    for i, (x, y) in enumerate(line):
        ax, ay = line[max(i - 1, 0)]
        bx, by = line[min(i + 1, last)]
        length = math.hypot(bx - ax, by - ay) or 1.0
        nx, ny = -(by - ay) / length, (bx - ax) / length
        t = i / last
        tip = start + (end - start) * t
        half = 0.5 * width * (tip + (1.0 - tip) * math.sin(math.pi * t) ** 0.7)
        left.append((x + nx * half, y + ny * half))
        right.append((x - nx * half, y - ny * half))
    return left + right[::-1]


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """`a` with `share` of `b` in it."""
    share = min(max(share, 0.0), 1.0)
    return tuple(int(round(p + (q - p) * share)) for p, q in zip(a, b))


def scaled(colour: Colour, factor: float) -> Colour:
    """`colour` made darker (factor < 1) or lighter, within 0..255."""
    return tuple(int(min(max(round(c * factor), 0), 255)) for c in colour)


class Canvas:
    """A supersampled RGB picture with one placement of face coordinates."""

    def __init__(self, width: int, height: int, supersample: int, centre: Point, unit: float, roll: float):
        self.width, self.height, self.ss = width, height, supersample
        self.size = (width * supersample, height * supersample)
        self.image = Image.new("RGB", self.size, (128, 128, 128))
        self.centre, self.unit = centre, unit
        self.cos, self.sin = math.cos(roll), math.sin(roll)

    def pixel(self, x: float, y: float) -> Point:
        """Where a point in face coordinates lies in the finished picture, in pixels."""
        return (
            self.centre[0] + self.unit * (x * self.cos - y * self.sin),
            self.centre[1] + self.unit * (x * self.sin + y * self.cos),
        )

    def _at(self, points: list[Point], factor: float) -> list[Point]:
        out = []
        for x, y in points:
            px, py = self.pixel(x, y)
            out.append((px * factor, py * factor))
        return out

    def mask(self, *shapes: list[Point]) -> Image.Image:
        """A sharp mask of one or more polygons."""
        mask = Image.new("L", self.size, 0)
        pen = ImageDraw.Draw(mask)
        for shape in shapes:
            pen.polygon(self._at(shape, self.ss), fill=255)
        return mask

    def fill(self, shape: list[Point], colour: Colour) -> None:
        """An opaque polygon."""
        ImageDraw.Draw(self.image).polygon(self._at(shape, self.ss), fill=colour)

    def tint(self, shapes: list[list[Point]], colour: Colour, alpha: float, clip: Image.Image | None = None) -> None:
        """Sharp polygons laid over the picture with one opacity."""
        if alpha > 0.004 and shapes:
            placed = [self._at(shape, self.ss) for shape in shapes]
            self._lay(placed, 1, 0.0, colour, alpha, clip)

    def soft(
        self,
        shapes: list[list[Point]],
        colour: Colour,
        alpha: float,
        blur: float,
        clip: Image.Image | None = None,
    ) -> None:
        """Polygons with edges blurred over `blur` face units."""
        if alpha > 0.004 and shapes:
            placed = [self._at(shape, self.ss) for shape in shapes]
            self._lay(placed, 2 * self.ss, blur * self.unit * self.ss, colour, alpha, clip)

    def _lay(
        self,
        shapes: list[list[Point]],
        coarse: int,
        blur: float,
        colour: Colour,
        alpha: float,
        clip: Image.Image | None,
    ) -> None:
        """Pastes `colour` through a mask of the shapes' surroundings only: whole-picture masks cost five times as much.

        A blurred mask is drawn `coarse` times smaller and enlarged: nobody can see the difference.
        """
        reach = 3.0 * blur + 2.0 * coarse
        xs = [p[0] for shape in shapes for p in shape]
        ys = [p[1] for shape in shapes for p in shape]
        x0, y0 = max(int(min(xs) - reach), 0), max(int(min(ys) - reach), 0)
        x1, y1 = min(int(max(xs) + reach) + 2, self.size[0]), min(int(max(ys) + reach) + 2, self.size[1])
        if x0 >= x1 or y0 >= y1:
            return
        size = (-(-(x1 - x0) // coarse), -(-(y1 - y0) // coarse))
        mask = Image.new("L", size, 0)
        pen = ImageDraw.Draw(mask)
        for shape in shapes:
            pen.polygon(
                [((x - x0) / coarse, (y - y0) / coarse) for x, y in shape], fill=int(round(255 * min(alpha, 1.0)))
            )
        if blur > 0.0:
            mask = mask.filter(ImageFilter.GaussianBlur(blur / coarse))
            mask = mask.resize((size[0] * coarse, size[1] * coarse), Image.BILINEAR)
        box = (x0, y0, x0 + mask.width, y0 + mask.height)
        if clip is not None:
            mask = ImageChops.multiply(mask, clip.crop(box))
        self.image.paste(colour, box, mask)

"""Who is drawn: the lasting traits of a made-up subject and what changes from picture to picture.

An age reaches the drawing only through three *apparent* ages (shape, skin, hair), each off by its own random
amount, because people of one age do not look one age; a drawing that gave the age away would prove nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random

from shape import Colour, mix

TONES = ("light", "medium", "dark")

SKIN: dict[str, list[Colour]] = {
    "light": [(250, 219, 196), (244, 208, 180), (252, 225, 207), (238, 200, 170)],
    "medium": [(222, 175, 135), (208, 158, 117), (197, 147, 106), (214, 168, 130)],
    "dark": [(124, 80, 54), (108, 69, 47), (139, 92, 62), (96, 61, 43)],
}
HAIR: dict[str, list[tuple[Colour, float]]] = {
    "light": [
        ((216, 176, 106), 0.22),
        ((166, 118, 70), 0.26),
        ((104, 70, 45), 0.28),
        ((58, 42, 34), 0.16),
        ((176, 86, 42), 0.08),
    ],
    "medium": [((64, 43, 31), 0.42), ((38, 28, 25), 0.40), ((98, 66, 43), 0.18)],
    "dark": [((34, 26, 25), 0.62), ((50, 35, 29), 0.30), ((74, 46, 32), 0.08)],
}
GREY: Colour = (206, 205, 204)
IRIS: dict[str, list[Colour]] = {
    "light": [(92, 134, 168), (98, 138, 104), (122, 88, 56), (112, 128, 140)],
    "medium": [(98, 64, 38), (76, 50, 34), (112, 96, 58)],
    "dark": [(66, 42, 30), (54, 36, 28)],
}
CLOTHES: list[Colour] = [
    (62, 94, 140), (176, 66, 62), (70, 122, 98), (228, 190, 92), (104, 84, 134), (54, 60, 74), (226, 222, 214),
    (214, 128, 92), (120, 162, 176), (150, 74, 104), (92, 112, 72), (196, 168, 150),
]  # fmt: skip
BACKDROPS: list[Colour] = [
    (198, 216, 226), (226, 214, 198), (206, 220, 204), (222, 206, 214), (186, 194, 206), (232, 226, 214),
    (170, 192, 196), (214, 196, 176), (160, 174, 190), (204, 208, 228),
]  # fmt: skip


@dataclass
class Look:
    """The lasting traits of one subject. `growth` runs from child 0 to adult 1, `wear` from 0 at 16 to 1 at 70."""

    sex: str
    tone: str
    growth: float
    wear: float
    skin: Colour
    hair: Colour
    brow: Colour
    iris: Colour
    style: str
    fringe: str
    recede: float
    beard: float
    moustache: float
    glasses: bool
    freckles: float
    spots: float
    spot_seed: int
    t: dict[str, float] = field(default_factory=dict)  # small personal deviations of single features, near 0


@dataclass
class Shot:
    """What differs between two pictures of one subject."""

    width: int
    height: int
    unit: float
    centre: tuple[float, float]
    roll: float
    yaw: float
    pitch: float
    smile: float
    open_mouth: float
    lid: float
    gaze: float
    sun: float
    light: str
    gain: float
    warmth: float
    grain: float
    blur: float
    backdrop: Colour
    pattern: str
    clothes: Colour
    garment: str
    noise_seed: int
    attack: bool = False
    lines: float = 1.0


def growth_at(age: float) -> float:
    """How far the proportions have grown up: 0.32 at 10, 0.56 at 13, 0.82 at 18, 0.95 at 25."""
    return 1.0 - math.exp(-((max(age - 5.0, 0.0) / 9.0) ** 1.6))


def wear_at(age: float) -> float:
    """How far lines and sagging have come: 0 to 16, 0.05 at 18, 0.29 at 30, 1 at 70."""
    return (max(age - 16.0, 0.0) / 54.0) ** 0.9


def _pick(rng: Random, weighted: list[tuple]) -> object:
    return rng.choices([w[0] for w in weighted], [w[1] for w in weighted])[0]


def _bell(rng: Random, sd: float) -> float:
    """A normal deviate cut at 2.2 standard deviations: a drawing must not fall apart."""
    while True:
        value = rng.gauss(0.0, 1.0)
        if abs(value) <= 2.2:
            return value * sd


def draw_look(rng: Random, age: float, sex: str, tone: str) -> Look:
    """The traits of a subject of `age` years (with its fraction)."""
    apparent = age + _bell(rng, 0.9 + 0.095 * age)
    shape_age = max(apparent + _bell(rng, 1.3), 6.0)
    skin_age = max(apparent + _bell(rng, 1.2 + 0.04 * age), 6.0)
    hair_age = max(apparent + _bell(rng, 2.0 + 0.08 * age), 6.0)
    male = sex == "m"

    skin = mix(rng.choice(SKIN[tone]), rng.choice(SKIN[tone]), rng.random())
    base = _pick(rng, HAIR[tone])
    grey = min(max((hair_age - 36.0) / 30.0 + _bell(rng, 0.12), 0.0), 1.0) if hair_age > 28 else 0.0
    if not male and grey > 0 and rng.random() < 0.45:
        grey *= 0.25  # dyed
    hair = mix(base, GREY, 0.92 * grey)

    if male:
        styles = [("crop", 4), ("quiff", 3), ("side", 3), ("curls", 2), ("buzz", 1.5), ("mop", 2.0)]
        recede = max(0.0, (hair_age - 24.0) / 44.0) * rng.uniform(0.1, 1.3)
    else:
        styles = [("long", 4), ("bob", 3), ("bun", 2), ("waves", 2.5), ("curls", 1.5), ("mop", 0.8), ("tail", 2.0)]
        recede = 0.0
    if tone == "dark":
        styles = [(s, w * (3.0 if s in ("curls", "buzz", "bun") else 0.5)) for s, w in styles]
    style = _pick(rng, styles)
    if recede > 0.70:
        style = "bald"
    fringe = _pick(
        rng, [("none", 3), ("swept", 3), ("full", 2 if style not in ("bun", "quiff", "buzz", "tail") else 0)]
    )

    can_grow = male and shape_age > 15.0
    beard = moustache = 0.0
    if can_grow:
        strength = min((shape_age - 15.0) / 12.0, 1.0)
        kind = rng.random()
        if kind < 0.28:
            beard = moustache = strength * rng.uniform(0.15, 0.5)  # shaved or stubble
        elif kind < 0.50:
            beard, moustache = strength * rng.uniform(0.5, 1.0), strength * rng.uniform(0.6, 1.0)
        elif kind < 0.58:
            moustache = strength * rng.uniform(0.5, 1.0)

    names = (
        "cheek jaw chin top eye_y eye_x eye_w eye_h brow_y brow_w brow_tilt nose_l nose_w mouth_y mouth_w lips "
        "ear line_fore line_nose line_crow line_bag"
    )
    return Look(
        sex=sex,
        tone=tone,
        growth=growth_at(shape_age),
        wear=wear_at(skin_age),
        skin=skin,
        hair=hair,
        brow=mix(mix(base, (40, 30, 26), 0.35), GREY, 0.55 * grey),
        iris=rng.choice(IRIS[tone]),
        style=style,
        fringe=fringe,
        recede=min(recede, 1.1),
        beard=beard,
        moustache=moustache,
        glasses=rng.random() < (0.10 if age < 40 else 0.25),
        freckles=rng.uniform(0.3, 0.8) if tone == "light" and rng.random() < 0.18 else 0.0,
        spots=rng.uniform(0.2, 1.0) if 12.5 < skin_age < 21 and rng.random() < 0.30 else 0.0,
        spot_seed=rng.randrange(1 << 30),
        t={name: _bell(rng, 1.0) for name in names.split()},
    )


def draw_shot(rng: Random, dim: bool, attack: bool = False) -> Shot:
    """The circumstances of one picture; a quarter of them hold more room around the face."""
    width, height = rng.choice(
        [(144, 144), (152, 152), (160, 160), (168, 168), (176, 176), (144, 176), (152, 168), (176, 144), (136, 160)]
    )
    roomy = rng.random() < 0.25
    short = min(width, height)
    unit = short * (rng.uniform(0.20, 0.255) if roomy else rng.uniform(0.285, 0.325))
    slack_x, slack_y = width - 2.3 * unit, height - 3.0 * unit
    centre = (
        width / 2 + _bell(rng, 0.12) * slack_x,
        height * 0.5 + unit * 0.02 + _bell(rng, 0.10) * max(slack_y, 0.0),
    )
    return Shot(
        width=width,
        height=height,
        unit=unit,
        centre=centre,
        roll=math.radians(_bell(rng, 4.0)),
        yaw=_bell(rng, 0.35),
        pitch=_bell(rng, 0.35),
        smile=rng.uniform(-0.15, 1.0),
        open_mouth=rng.uniform(0.3, 1.0) if rng.random() < 0.3 else 0.0,
        lid=_bell(rng, 0.07),
        gaze=_bell(rng, 0.2),
        sun=rng.choice((-1.0, 1.0)) * rng.uniform(0.4, 1.0),
        light="dim" if dim else "day",
        gain=rng.uniform(0.34, 0.52) if dim else rng.uniform(0.9, 1.06),
        warmth=_bell(rng, 0.018),
        grain=rng.uniform(2.6, 4.2) if dim else rng.uniform(0.8, 1.8),
        blur=rng.uniform(0.5, 0.9) if dim else rng.uniform(0.2, 0.6),
        backdrop=mix(rng.choice(BACKDROPS), rng.choice(BACKDROPS), rng.random() * 0.5),
        pattern=_pick(rng, [("plain", 4), ("disc", 3), ("wall", 2), ("window", 2)]),
        clothes=rng.choice(CLOTHES),
        garment=_pick(rng, [("tee", 4), ("hood", 2), ("shirt", 2.5), ("stripe", 1.5)]),
        noise_seed=rng.randrange(1 << 30),
        attack=attack,
        lines=rng.uniform(0.75, 1.2),
    )

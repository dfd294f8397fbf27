"""Training material: drawn in memory from a seed of its own, so that no bundled subject is ever in it."""

from __future__ import annotations

import io
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "faces"))

from prepare import patch  # noqa: E402

from draw import render  # noqa: E402
from person import draw_look, draw_shot  # noqa: E402

SEED = "agebench training faces 1"  # scripts/faces/dataset.py has another
# Few dark faces, as in many real training sets. The card says so; the error by tone shows what comes of it.
TONE_SHARES = {"light": 0.56, "medium": 0.34, "dark": 0.10}
CROPS = 2  # cuts of one picture, each with the box a little off


def _age(rng: Random) -> float:
    """Mostly 7 to 33 years, where the bundled set is dense; the rest up to 75."""
    return rng.uniform(7.0, 33.0) if rng.random() < 0.75 else rng.uniform(33.0, 75.0)


def _one(job: tuple[int, list[dict]]) -> tuple[float, list[list[np.ndarray]]]:
    index, cards = job
    rng = Random(f"{SEED}/{index}")
    age = _age(rng)
    tone = rng.choices(list(TONE_SHARES), list(TONE_SHARES.values()))[0]
    look = draw_look(rng, age, rng.choice("fm"), tone)
    shot = draw_shot(rng, rng.random() < 0.22)
    image, box = render(look, shot, supersample=2)
    held = io.BytesIO()
    image.save(held, "JPEG", quality=rng.choice((70, 75, 80, 84)), subsampling=0)
    image = Image.open(held).convert("RGB")
    reach = 0.03 * (box[2] - box[0])
    cuts = []
    for _ in range(CROPS):
        moved = tuple(round(v + rng.uniform(-reach, reach)) for v in box)
        cuts.append([patch(image, moved, card) for card in cards])
    return age, cuts


def draw(count: int, cards: list[dict], workers: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """Ages, and for each card its resized pixels (n, height, width, channels); cuts of one picture stand together."""
    ages: list[float] = []
    pixels: list[list[np.ndarray]] = [[] for _ in cards]
    with ProcessPoolExecutor(workers) as pool:
        for age, cuts in pool.map(_one, [(i, cards) for i in range(count)], chunksize=64):
            for cut in cuts:
                ages.append(age)
                for held, part in zip(pixels, cut):
                    held.append(part)
    return np.array(ages, np.float32), [np.stack(held) for held in pixels]

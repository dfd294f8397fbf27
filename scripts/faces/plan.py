"""Who is in the bundled set, with how many pictures of what sort: a pure function of the seed."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from person import TONES, Look, Shot, draw_look, draw_shot

# Subjects by completed years. Every age from 8 to 30 is there; those just below a limit (12, 15, 17, 20) are
# many enough for a rate of their own, which takes 30 subjects. Above 30 the set is thin.
SUBJECTS = {
    8: 12, 9: 12, 10: 12, 11: 14, 12: 38, 13: 20, 14: 16, 15: 38, 16: 24, 17: 40, 18: 28, 19: 18, 20: 38, 21: 22,
    22: 14, 23: 13, 24: 13, 25: 13, 26: 12, 27: 12, 28: 12, 29: 12, 30: 12,
}  # fmt: skip
OLDER = 60  # subjects spread over 31..70
TONE_SHARES = {"light": 0.42, "medium": 0.33, "dark": 0.25}
PICTURES = ((1, 0.32), (2, 0.60), (3, 0.08))
ATTACKS, BLANKS, ROTATED, UNKNOWN_TONES = 16, 8, 10, 6
PALETTE_PNGS, TRUE_COLOUR_PNGS = 28, 4
DIM_SHARE = 0.22


@dataclass
class Sample:
    """One picture to draw: how, for whom, and in what sort of file."""

    person: int
    age: int
    look: Look
    tone: str  # as the manifest tells it: empty where unknown
    shot: Shot
    frame: str = "face"
    file: str = "jpg"  # jpg | palette | png
    orientation: int = 1
    quality: int = 80
    subsampling: int = 0


def _ages(rng: Random) -> list[int]:
    ages = [age for age, count in SUBJECTS.items() for _ in range(count)]
    step = 40.0 / OLDER
    ages += [31 + int((k + rng.random()) * step) for k in range(OLDER)]
    return ages


def _dealt(rng: Random, count: int) -> list[tuple[str, str]]:
    """Sex and tone for `count` subjects in order of age: dealt in small packs, so that neither goes with age."""
    hand: list[tuple[str, str]] = []
    while len(hand) < count:
        pack = []
        for tone, share in TONE_SHARES.items():
            pack += [(sex, tone) for sex in "fm" for _ in range(round(share * 12))]
        rng.shuffle(pack)
        hand += pack
    return hand[:count]


def plan(seed: str) -> list[Sample]:
    """The samples in their published order."""
    rng = Random(f"{seed}/plan")
    ages = _ages(rng)
    traits = _dealt(rng, len(ages))
    people = list(range(len(ages)))
    unknown = set(rng.sample(people, UNKNOWN_TONES))
    attackers = set(rng.sample([p for p in people if 12 <= ages[p] < 18], ATTACKS))
    unseen = set(rng.sample(people, BLANKS))
    names = people[:]
    rng.shuffle(names)

    samples: list[Sample] = []
    for p in people:
        own = Random(f"{seed}/person/{p}")
        sex, tone = traits[p]
        assert tone in TONES
        look = draw_look(own, ages[p] + own.random(), sex, tone)

        def add(shot: Shot, frame: str = "face") -> None:
            samples.append(Sample(names[p], ages[p], look, "" if p in unknown else tone, shot, frame))

        for _ in range(own.choices([n for n, _ in PICTURES], [w for _, w in PICTURES])[0]):
            add(draw_shot(own, own.random() < DIM_SHARE))
        if p in attackers:
            add(draw_shot(own, False, attack=True))
        if p in unseen:
            add(draw_shot(own, own.random() < DIM_SHARE), "blank")
    rng.shuffle(samples)
    _files(rng, samples)
    return samples


def _files(rng: Random, samples: list[Sample]) -> None:
    """Spreads the kinds of file over the samples. Sex, age and tone play no part in it."""
    faces = [s for s in samples if s.frame == "face" and not s.shot.attack]
    for i, sample in enumerate(rng.sample(faces, PALETTE_PNGS + TRUE_COLOUR_PNGS)):
        sample.file = "palette" if i < PALETTE_PNGS else "png"
        _shrink(sample.shot, 0.75 if i < PALETTE_PNGS else 0.5)
    for sample in samples:
        sample.quality = rng.choice((70, 75, 80, 84))
        sample.subsampling = 2 if rng.random() < 0.25 else 0
        if sample.frame == "blank":
            sample.shot.grain += 2.0  # a bare wall, seen by a noisy camera
    oblong = [s for s in faces if s.file == "jpg" and s.shot.width != s.shot.height]
    turns = [2, 3, 4, 5, 6, 7, 8, 3, 6, 8]
    for sample, turn in zip(rng.sample(oblong, ROTATED), turns):
        sample.orientation = turn


def _shrink(shot: Shot, factor: float) -> None:
    """A smaller picture without grain, since a PNG keeps every speck."""
    shot.width, shot.height = round(shot.width * factor), round(shot.height * factor)
    shot.unit *= factor
    shot.centre = (shot.centre[0] * factor, shot.centre[1] * factor)
    shot.grain = 0.0

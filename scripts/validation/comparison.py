#!/usr/bin/env python3
"""Independent values for comparisons of two methods on the same people.

Writes fixtures/golden/comparison.json: Tango's score interval by maximising the likelihood numerically under each
difference (no closed form), the exact McNemar test of statsmodels, and an unpaired difference of rates over equally
weighted years of age, and the paired difference of two clustered areas on scores.csv (drawn by scores.py). Needs numpy, scipy and statsmodels.

    python3 scripts/validation/comparison.py fixtures/golden
"""

import csv
import json
import sys
from pathlib import Path

import numpy as np
from scipy import optimize, stats
from statsmodels.stats.contingency_tables import mcnemar


def restricted(b, c, n, delta):
    """The most likely probability of the cell of c where the cell of b has delta more, by golden section."""
    low, high = max(0.0, -delta), (1.0 - delta) / 2.0

    def loss(q):
        rest = 1.0 - 2.0 * q - delta
        total = 0.0
        for count, p in [(b, q + delta), (c, q), (n - b - c, rest)]:
            if count > 0:
                total -= count * np.log(max(p, 1e-300))
        return total

    found = optimize.minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-14})
    return found.x


def tango(b, c, n, level):
    z = stats.norm.ppf(0.5 + level / 2.0)

    def score(delta):
        q = restricted(b, c, n, delta)
        return (b - c - n * delta) / np.sqrt(n * (2.0 * q + delta * (1.0 - delta)))

    middle = (b - c) / n
    low = optimize.brentq(lambda delta: score(delta) - z, -1.0 + 1e-9, middle, xtol=1e-14)
    high = optimize.brentq(lambda delta: score(delta) + z, middle, 1.0 - 1e-9, xtol=1e-14)
    return low, high


def case(b, c, n):
    low95, high95 = tango(b, c, n, 0.95)
    low90, high90 = tango(b, c, n, 0.90)
    table = [[n - b - c, b], [c, 0]]
    p = mcnemar(table, exact=True).pvalue
    return {"b": b, "c": c, "n": n, "low95": low95, "high95": high95, "low90": low90, "high90": high90, "mcnemar": p}


def wilson(p, n, level):
    z = stats.norm.ppf(0.5 + level / 2.0)
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return middle - half, middle + half


def equal_years(counts):
    """The mean of single years' rates, one attempt a person, with its effective sample size (METRICS M15)."""
    rates = [k / n for k, n in counts]
    p = np.mean(rates)
    w = 1.0 / len(counts)
    v = sum(w * w * r * (1 - r) / (n - 1) for r, (_, n) in zip(rates, counts))
    people = sum(n for _, n in counts)
    t = stats.t.ppf(0.975, people - 1)
    n_star = min(1.0 / sum(w * w / n for _, n in counts), p * (1 - p) / v * (stats.norm.ppf(0.975) / t) ** 2)
    return p, n_star


def unpaired(first, second):
    """Newcombe's interval of first less second, and the level at which it touches 0."""
    (p1, n1), (p2, n2) = equal_years(first), equal_years(second)

    def bounds(level):
        (l1, u1), (l2, u2) = wilson(p1, n1, level), wilson(p2, n2, level)
        d = p1 - p2
        return d - np.hypot(p1 - l1, u2 - p2), d + np.hypot(u1 - p1, p2 - l2)

    touching = optimize.brentq(lambda level: bounds(level)[0], 0.5, 1 - 1e-12, xtol=1e-14)
    low95, high95 = bounds(0.95)
    low90, high90 = bounds(0.90)
    return {"low95": low95, "high95": high95, "low90": low90, "high90": high90, "p": 1 - touching}


def areas(folder):
    """Paired difference of two clustered areas by the form of Obuchowski (1997), of differences of placements."""
    rows = list(csv.DictReader(folder.joinpath("scores.csv").open()))
    fine = np.array([float(row["probability"]) for row in rows])
    coarse = np.floor(fine * 4) / 4
    over = np.array([int(row["age"]) >= 18 for row in rows])
    subject = np.array([int(row["subject"]) for row in rows])

    def placements(score):
        x, y = score[over], score[~over]
        psi = (x[:, None] > y[None, :]) + 0.5 * (x[:, None] == y[None, :])
        return psi.mean(), psi.mean(axis=1), psi.mean(axis=0)

    (a, a10, a01), (b, b10, b01) = placements(fine), placements(coarse)
    ids = np.unique(subject)
    first = np.array([((b10 - b) - (a10 - a))[subject[over] == s].sum() for s in ids])
    second = np.array([((b01 - b) - (a01 - a))[subject[~over] == s].sum() for s in ids])
    m, n = over.sum(), (~over).sum()
    i10, i01, i = len(set(subject[over])), len(set(subject[~over])), len(ids)
    variance = i10 / (i10 - 1) * (first**2).sum() / m**2 + i01 / (i01 - 1) * (second**2).sum() / n**2
    variance += 2 * i / (i - 1) * (first * second).sum() / (m * n)
    d, half = b - a, stats.norm.ppf(0.975) * np.sqrt(variance)
    p = 2 * stats.norm.sf(abs(d) / np.sqrt(variance))
    return {"difference": float(d), "low95": float(d - half), "high95": float(d + half), "p": float(p)}


def main():
    out = Path(sys.argv[1])
    golden = {
        "source": "scipy, statsmodels; scripts/validation/comparison.py",
        "tango_30_10_200": case(30, 10, 200),
        # Airway hyper-responsiveness before and after a transplantation (Bentur et al. 2009): 1 and 7 of 21 discordant.
        # Printed as Tango's interval in Fagerland, Lydersen & Laake (2014), Statistics in Medicine 33: -0.517, -0.026.
        "tango_1_7_21": case(1, 7, 21),
        "areas": areas(out),
        "equal_years": unpaired([(20, 80), (36, 80)], [(10, 100), (20, 100)]),
    }
    out.joinpath("comparison.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()

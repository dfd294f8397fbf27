#!/usr/bin/env python3
"""An independent computation of the rows of scores, probabilities and spreads on a drawn, clustered dataset.

Writes fixtures/golden/scores.csv (the data: drawn, no person) and fixtures/golden/scores.json (the numbers), with
scikit-learn (area, Brier score, log loss), a DeLong of our own in NumPy, and plain loops from the definitions. Needs
numpy, scipy and scikit-learn.

    python3 scripts/validation/scores.py fixtures/golden
"""

import csv
import json
import math
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
from scipy import integrate, stats
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

LIMIT = 18
TARGETS = [Fraction(1, 100), Fraction(1, 20), Fraction(1, 10)]


def draw():
    """Subjects of 1-4 attempts; probabilities with ties, 0 and 1, and ages with spreads."""
    rng = np.random.default_rng(20260202)
    rows = []
    for subject in range(240):
        age = int(rng.integers(11, 27))
        sex = str(rng.choice(["female", "male"]))
        own = rng.normal(0, 1.5)
        for _ in range(int(rng.choice([1, 1, 2, 3, 4]))):
            guess = age + 0.5 + own + rng.normal(0, 2)
            probability = float(np.round(1 / (1 + np.exp(-(guess - 18) / 1.5)), 2))
            mean = round(max(0.0, guess), 1)
            spread = [round(float(rng.gamma(4, 0.6)), 2), 0.0, -1.0, ""][int(rng.choice(4, p=[0.9, 0.04, 0.03, 0.03]))]
            rows.append([subject, age, sex, probability, mean, spread])
    order = rng.permutation(len(rows))
    return [rows[i] for i in order]


def delong(score, over):
    """Variance of the area with one attempt each."""
    x, y = score[over == 1], score[over == 0]
    psi = (x[:, None] > y[None, :]) + 0.5 * (x[:, None] == y[None, :])
    return np.var(psi.mean(axis=1), ddof=1) / len(x) + np.var(psi.mean(axis=0), ddof=1) / len(y)


def obuchowski(score, over, subject):
    """Area and variance with placements summed within subject (Obuchowski 1997)."""
    x, y = score[over == 1], score[over == 0]
    psi = (x[:, None] > y[None, :]) + 0.5 * (x[:, None] == y[None, :])
    area = psi.mean()
    ids = np.unique(subject)
    ten = {s: 0.0 for s in ids}
    one = {s: 0.0 for s in ids}
    for value, s in zip(psi.mean(axis=1), subject[over == 1]):
        ten[s] += value - area
    for value, s in zip(psi.mean(axis=0), subject[over == 0]):
        one[s] += value - area
    i10, i01, i = len(set(subject[over == 1])), len(set(subject[over == 0])), len(ids)
    s10 = i10 / ((i10 - 1) * len(x)) * sum(v * v for v in ten.values())
    s01 = i01 / ((i01 - 1) * len(y)) * sum(v * v for v in one.values())
    s11 = i / (i - 1) * sum(ten[s] * one[s] for s in ids)
    return area, s10 / len(x) + s01 / len(y) + 2 * s11 / (len(x) * len(y))


def shares(rows, side, event):
    """Mean over subjects of the share of their attempts on one side that are events, as a fraction."""
    by = {}
    for row in rows:
        if row["over"] == side:
            k, m = by.get(row["subject"], (0, 0))
            by[row["subject"]] = (k + int(event(row)), m + 1)
    return sum((Fraction(k, m) for k, m in by.values()), Fraction(0)) / len(by)


def curve(rows, key):
    points = []
    for threshold in sorted({row[key] for row in rows}):
        upr = shares(rows, 0, lambda row: row[key] >= threshold)
        adr = shares(rows, 1, lambda row: row[key] < threshold)
        points.append((threshold, upr, adr))
    return points


def of_curve(rows, key, variant):
    score = np.array([row[key] for row in rows])
    over = np.array([row["over"] for row in rows])
    subject = np.array([row["subject"] for row in rows])
    area, variance = obuchowski(score, over, subject)
    assert abs(area - roc_auc_score(over, score)) < 1e-12
    logit, half = math.log(area / (1 - area)), stats.norm.ppf(0.975) * math.sqrt(variance) / (area * (1 - area))
    back = lambda x: 1 / (1 + math.exp(-x))
    points = curve(rows, key)
    threshold, upr, adr = min(points, key=lambda p: (abs(p[1] - p[2]), -p[0]))
    out = [
        {"metric": "auc", "variant": variant, "weighting": "attempt", "value": float(area),
         "low": back(logit - half), "high": back(logit + half)},
        {"metric": "equal_error_rate", "variant": variant, "value": float((upr + adr) / 2)},
        {"metric": "equal_error_threshold", "variant": variant, "value": float(threshold)},
    ]
    join = (variant + ";") if variant else ""
    for target in TARGETS:
        found = [p for p in points if p[1] <= target]
        if not found:
            continue
        threshold, upr, adr = found[0]
        own = f"{join}target={float(target):g}"
        out.append({"metric": "threshold", "variant": own, "value": float(threshold)})
        out.append({"metric": "under_age_pass_rate", "variant": own, "population": "under", "value": float(upr)})
        out.append({"metric": "adult_denial_rate", "variant": own, "population": "over", "value": float(adr)})
        if not variant:
            for sex in ["female", "male"]:
                group = [row for row in rows if row["sex"] == sex]
                out.append({"metric": "under_age_pass_rate", "variant": own, "population": "under", "group": sex,
                            "value": float(shares(group, 0, lambda row: row[key] >= threshold))})
                out.append({"metric": "adult_denial_rate", "variant": own, "population": "over", "group": sex,
                            "value": float(shares(group, 1, lambda row: row[key] < threshold))})
    return out


def mean_rows(metric, values, subject, variant=""):
    """Both weightings of a mean, with Student's interval over subjects."""
    out = []
    by = {}
    for value, s in zip(values, subject):
        by.setdefault(s, []).append(value)
    s = len(by)
    t = stats.t.ppf(0.975, s - 1)
    means = np.array([np.mean(v) for v in by.values()])
    half = t * math.sqrt(((means - means.mean()) ** 2).sum() / (s * (s - 1)))
    out.append({"metric": metric, "variant": variant, "weighting": "subject", "value": float(means.mean()),
                "low": float(means.mean() - half), "high": float(means.mean() + half)})
    pooled, m = float(np.mean(values)), len(values)
    residual = sum((sum(v) - pooled * len(v)) ** 2 for v in by.values())
    half = t * math.sqrt(s / (s - 1) * residual) / m
    out.append({"metric": metric, "variant": variant, "weighting": "attempt", "value": pooled,
                "low": pooled - half, "high": pooled + half})
    return out


def calibration(p, over, bins=15):
    """Bins of equal mass; equal probabilities stay together, in the bin that holds the middle of their run."""
    order = np.argsort(p, kind="stable")
    p, over = p[order], over[order]
    n = len(p)
    table = {}
    start = 0
    while start < n:
        end = start
        while end < n and p[end] == p[start]:
            end += 1
        place = int(Fraction(bins * (start + end), 2 * n))
        table.setdefault(place, []).extend(range(start, end))
        start = end
    error = sum(abs(over[i].mean() - p[i].mean()) * len(i) for i in (np.array(v) for v in table.values())) / n
    shares_over = [[len(v), float(over[v].mean())] for _, v in sorted(table.items())]
    rng = np.random.default_rng(1)
    redraws = []
    for _ in range(4000):
        drawn = rng.random(n) < p
        redraws.append(sum(abs(drawn[v].mean() - p[v].mean()) * len(v) for v in table.values()) / n)
    return float(error), shares_over, float(np.mean(redraws)), float(np.std(redraws) / math.sqrt(1000))


def crps(mean, sd, y):
    """The integral of the squared distance of distribution functions, not the closed form."""
    if sd == 0:
        return abs(y - mean)
    low, high = min(y, mean - 12 * sd), max(y, mean + 12 * sd)
    left = integrate.quad(lambda x: stats.norm.cdf(x, mean, sd) ** 2, low, y, epsabs=1e-12, limit=200)[0]
    right = integrate.quad(lambda x: stats.norm.sf(x, mean, sd) ** 2, y, high, epsabs=1e-12, limit=200)[0]
    return left + right


def main():
    out = Path(sys.argv[1])
    drawn = draw()
    with out.joinpath("scores.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["subject", "age", "sex", "probability", "mean", "spread"])
        writer.writerows(drawn)
    keys = ["subject", "age", "sex", "probability", "mean", "spread"]
    rows = [dict(zip(keys, row)) | {"over": int(row[1] >= LIMIT)} for row in drawn]
    p = np.array([row["probability"] for row in rows])
    over = np.array([row["over"] for row in rows])
    subject = np.array([row["subject"] for row in rows])
    first = of_curve(rows, "probability", "")
    squares = (p - over) ** 2
    clipped = np.clip(p, 1e-15, 1 - 1e-15)
    losses = -np.where(over == 1, np.log(clipped), np.log1p(-clipped))
    first += mean_rows("brier_score", squares, subject) + mean_rows("log_loss", losses, subject)
    assert abs(np.mean(squares) - brier_score_loss(over, p)) < 1e-12
    assert abs(np.mean(losses) - log_loss(over, clipped)) < 1e-9
    error, bins, redrawn, spread = calibration(p, over)
    first.append({"metric": "expected_calibration_error", "variant": "", "value": error})
    singles = [row for i, row in enumerate(rows) if row["subject"] not in {r["subject"] for r in rows[:i]}]
    one = np.array([row["probability"] for row in singles])
    truth = np.array([row["over"] for row in singles])
    single = {"auc": float(roc_auc_score(truth, one)), "variance": float(delong(one, truth))}
    second = of_curve(rows, "mean", "scores=age")
    usable = [row for row in rows if row["spread"] != "" and row["spread"] >= 0]
    for variant, add in [("", 0.0), ("age=mid", 0.5)]:
        s = [row["subject"] for row in usable]
        for name, z in [("coverage_68", 0.9945), ("coverage_95", 1.96)]:
            held = [float(abs(row["age"] + add - row["mean"]) <= z * row["spread"]) for row in usable]
            second += [{k: v for k, v in row.items() if k not in ("low", "high")}
                       for row in mean_rows(name, held, s, variant)]
        second += mean_rows("crps", [crps(row["mean"], row["spread"], row["age"] + add) for row in usable], s, variant)
    second.append({"metric": "spreads_left_out", "variant": "", "value": len(rows) - len(usable)})
    golden = {
        "scores": first, "ages": second, "bins": bins, "redrawn": redrawn, "redrawn_error": spread, "single": single,
        "held": int(((p == 0) | (p == 1)).sum()),
    }
    out.joinpath("scores.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()

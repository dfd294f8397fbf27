#!/usr/bin/env python3
"""An independent computation of standardised, projected, banded, repeated and retried rows on a drawn dataset.

Writes fixtures/golden/families.csv (the data: drawn, no person) and fixtures/golden/families.json (the numbers), taken
attempt by attempt from the definitions, without tallies. `near` holds bounds of bootstraps, drawn here with weights of
NumPy's own generator: they agree within what 2,000 replicates vary. Needs numpy and scipy.

    python3 scripts/validation/families.py fixtures/golden
"""

import csv
import itertools
import json
import math
import sys
from pathlib import Path

import numpy as np
from clustered import by_subject, counts_of, decide, event, few_events, finish, mean, n_star, rate
from scipy import stats

LIMITS = (16, 18)
OFFSETS = (0, 5)
VISITORS = {age: 1.0 + 0.25 * (age % 4) for age in range(13, 31)}
EDGES = (13, 16, 18, 21)


def draw():
    """Subjects with 1-6 attempts over up to two years, ages to the day or to the year, answers with ties and ranges."""
    rng = np.random.default_rng(20260202)
    rows = []
    for subject in range(700):
        attempts = int(rng.choice([1, 1, 2, 3, 4, 6]))
        start = rng.uniform(10, 31)
        dated = rng.random() < 0.6
        sex = str(rng.choice(["female", "male", ""], p=[0.48, 0.48, 0.04]))
        own = rng.normal(0, 2)
        span = rng.choice([0.0, 0.0, 2.0])
        for _ in range(attempts):
            age = round(start + rng.uniform(0, 1) * span, 3)
            low, high = (age, age) if dated else (math.floor(age), math.floor(age) + 1)
            light = str(rng.choice(["day", "night"]))
            kind = rng.random()
            answer = min(100.0, max(0.0, round(2 * (age + own + rng.normal(0, 2.5))) / 2))
            if kind < 0.05:
                rows.append([subject, low, high, sex, light, "failed", "", ""])
            elif kind < 0.12:
                rows.append([subject, low, high, sex, light, "answered", answer, answer + 3])
            else:
                rows.append([subject, low, high, sex, light, "answered", answer, ""])
    order = rng.permutation(len(rows))
    return [rows[i] for i in order]


def year(row):
    return math.floor(row[1])


def said(row, challenge):
    """As `clustered.decide`, which wants subject, age, sex, region, status, low, high."""
    return decide([row[0], year(row), row[3], row[4], row[5], row[6], row[7]], challenge, "at_or_above")


def standard(cells, weights, weighting, of):
    """Weighted mean of the cells' means of `of(values)`; value, variance over subjects, cap, spread, subjects."""
    total = sum(weights[key] for key in cells)
    influence, p, cap, spread = {}, 0.0, 0.0, 0.0
    for key, subjects in cells.items():
        w = weights[key] / total
        k = np.array([of(values) for values in subjects.values()])
        m = np.array([len(values) for values in subjects.values()], float)
        s = len(subjects)
        here = np.mean(k / m) if weighting == "subject" else k.sum() / m.sum()
        p += w * here
        for subject, values in subjects.items():
            if s < 2:
                u = 0.0
            elif weighting == "subject":
                u = w * (of(values) / len(values) - here) / math.sqrt(s * (s - 1))
            else:
                u = w * (of(values) - here * len(values)) / m.sum() * math.sqrt(s / (s - 1))
            influence[subject] = influence.get(subject, 0.0) + u
        own_cap = s if weighting == "subject" else m.sum() ** 2 / np.sum(m**2)
        cap = max(cap, w / own_cap)
        spread += w * w / m.sum()
    v = sum(u * u for u in influence.values())
    return float(p), float(v), 1 / cap, 1 / spread, len(influence)


def pool(cells):
    pooled = {}
    for subjects in cells.values():
        for subject, values in subjects.items():
            pooled.setdefault(subject, []).extend(values)
    return pooled


def standard_rate(cells, weights, weighting):
    if len(cells) == 1:
        return rate(next(iter(cells.values())), weighting)
    p, v, cap, most, _ = standard(cells, weights, weighting, sum)
    pooled = pool(cells)
    n = n_star(p, v, len(pooled), most, cap, few_events(pooled))
    return finish(p, float(n), counts_of(pooled))


def errors_of(rows):
    return [(r, r[6] - r[1]) for r in rows if r[5] == "answered" and r[7] == ""]


def standardised_errors(rows, out):
    for name, years in (("sex_18_30", range(18, 31)), ("sex_13_17", range(13, 18))):
        for group in (None, "female"):
            levels = ("female", "male") if group is None else (group,)
            keys = list(itertools.product(levels, years))
            for weighting in ("subject", "attempt") if group is None else ("subject",):
                place = dict(population="standardised", weighting=weighting, variant=f"standard={name}")
                if group:
                    place.update(group_by="sex", group=group)
                for metric, of in (("bias", lambda e: e), ("mae", abs), ("rmse", lambda e: e * e)):
                    if group and metric == "rmse":
                        continue
                    cells = {
                        key: by_subject((r[0], of(e)) for r, e in errors_of(rows) if (r[3], year(r)) == key)
                        for key in keys
                    }
                    assert all(cells.values()), [key for key, cell in cells.items() if not cell]
                    weights = dict.fromkeys(keys, 1.0)
                    p, v, _, _, s = standard(cells, weights, weighting, sum)
                    half = stats.t.ppf(0.975, s - 1) * math.sqrt(v)
                    found = [p, p - half, p + half]
                    if metric == "rmse":
                        found = [math.sqrt(p) * math.exp(side * half / (2 * p)) for side in (0, -1, 1)]
                    out.append(dict(metric=metric, **place, value=found[0], low=found[1], high=found[2], n_subjects=s))
                if group:
                    continue
                for metric, inside in (
                    ("within_2_years", lambda e: abs(e) <= 2),
                    ("within_5_years", lambda e: abs(e) <= 5),
                    ("beyond_10_years", lambda e: abs(e) > 10),
                ):
                    cells = {
                        key: by_subject((r[0], int(inside(e))) for r, e in errors_of(rows) if (r[3], year(r)) == key)
                        for key in keys
                    }
                    out.append(dict(metric=metric, **place, **standard_rate(cells, dict.fromkeys(keys, 1.0), weighting)))


def standardised_rates(rows, out):
    for name, keys in (
        ("sex_13_17", list(itertools.product(("female", "male"), range(13, 18)))),
        ("years", [(None, y) for y in range(14, 21)]),
    ):
        for limit, offset in itertools.product(LIMITS, OFFSETS):
            for side in ("under_age_pass_rate", "adult_denial_rate"):
                own = [key for key in keys if (key[1] < limit) == (side == "under_age_pass_rate")]
                if not own:
                    continue
                for weighting in ("subject", "attempt"):
                    found = standard_rate(cells_of(rows, own, side, limit + offset), dict.fromkeys(own, 1.0), weighting)
                    place = dict(population="standardised", weighting=weighting, variant=f"standard={name}")
                    out.append(dict(metric=side, limit=limit, challenge=limit + offset, **place, **found))


def cells_of(rows, keys, side, challenge):
    cells = {}
    for key in keys:
        pairs = (
            (r[0], event(said(r, challenge), side, "conditional"))
            for r in rows
            if year(r) == key[1] and key[0] in (None, r[3])
        )
        cells[key] = by_subject((s, e) for s, e in pairs if e is not None)
    assert all(cells.values())
    return cells


def percentiles(rows, out):
    for group in ("female", "male", "unknown"):
        level = "" if group == "unknown" else group
        pairs = [(r[0], abs(e)) for r, e in errors_of(rows) if r[3] == level]
        values = np.array([e for _, e in pairs])
        subjects = len({s for s, _ in pairs})
        for name, share, least in (("median_absolute_error", 0.5, 6), ("p90_absolute_error", 0.9, 36)):
            value = np.quantile(values, share)
            below = rate(by_subject((s, int(e <= value)) for s, e in pairs), "attempt", trusted=0)
            half = stats.norm.ppf(0.975) * math.sqrt(share * (1 - share) / below["n_star"])
            row = dict(metric=name, weighting="attempt", group_by="sex", group=group, value=float(value))
            if subjects >= least:
                row.update(low=float(np.quantile(values, share - half)), high=float(np.quantile(values, share + half)))
            out.append(row)
        true = np.array([r[1] for r, _ in errors_of(rows) if r[3] == level])
        answers = np.array([r[6] for r, _ in errors_of(rows) if r[3] == level])
        line = stats.linregress(true, answers)
        place = dict(weighting="attempt", group_by="sex", group=group)
        out.append(dict(metric="slope", **place, value=float(line.slope)))
        out.append(dict(metric="r_squared", **place, value=float(line.rvalue**2)))
    middle = [(r[0], abs(r[6] - (r[1] + r[2]) / 2)) for r, _ in errors_of(rows)]
    value = np.quantile([e for _, e in middle], 0.9)
    out.append(dict(metric="p90_absolute_error", variant="age=mid", weighting="attempt", value=float(value)))
    found = rate(by_subject((s, int(e <= 3)) for s, e in middle), "subject")
    out.append(dict(metric="within_3_years", variant="age=mid", weighting="subject", **found))


def months(rows, out):
    for limit, offset in itertools.product(LIMITS, OFFSETS):
        for month in range(1, 13):
            low, high = limit - month / 12, limit - (month - 1) / 12
            inside = [r for r in rows if r[1] == r[2] and low <= r[1] < high]
            pairs = ((r[0], event(said(r, limit + offset), "under_age_pass_rate", "conditional")) for r in inside)
            subjects = by_subject((s, e) for s, e in pairs if e is not None)
            if subjects:
                place = dict(population=f"months_before:{month}", limit=limit, challenge=limit + offset)
                out.append(dict(metric="under_age_pass_rate", **place, **rate(subjects, "subject")))


def far(rows, out):
    for limit, offset, x in itertools.product(LIMITS, OFFSETS, range(1, 6)):
        passes = [r for r in rows if year(r) < limit and said(r, limit + offset) == "pass"]
        subjects = by_subject((r[0], int(year(r) < limit - x)) for r in passes)
        for weighting in ("subject", "attempt"):
            place = dict(limit=limit, challenge=limit + offset, population="under", variant=f"x={x}")
            out.append(dict(metric="far_under_age_pass_share", weighting=weighting, **place, **rate(subjects, weighting)))


def side_events(rows, limit, challenge):
    sides = []
    for side, under in (("under_age_pass_rate", True), ("adult_denial_rate", False)):
        pairs = ((r[0], event(said(r, challenge), side, "conditional")) for r in rows if (year(r) < limit) == under)
        sides.append(by_subject((s, e) for s, e in pairs if e is not None))
    return sides


def balanced(rows, out, data):
    rng = np.random.default_rng(7)
    for limit, offset in itertools.product(LIMITS, OFFSETS):
        under, over = side_events(rows, limit, limit + offset)
        subjects = sorted(set(under) | set(over))
        for weighting in ("subject", "attempt"):
            a, b = rate(under, weighting), rate(over, weighting)
            row = dict(
                metric="balanced_error", limit=limit, challenge=limit + offset, weighting=weighting, data=data,
                value=(a["value"] + b["value"]) / 2, n_subjects=len(subjects),
            )  # fmt: skip
            if set(under) & set(over):
                weights = rng.poisson(1.0, (8000, len(subjects)))
                means = []
                for side in (under, over):
                    k = np.array([sum(side.get(s, [])) for s in subjects], float)
                    m = np.array([len(side.get(s, [])) for s in subjects], float)
                    if weighting == "subject":
                        k, m = np.divide(k, m, out=np.zeros_like(k), where=m > 0), (m > 0).astype(float)
                    means.append((weights @ k) / (weights @ m))
                row["near"] = [float(x) for x in np.quantile((means[0] + means[1]) / 2, [0.025, 0.975])]
            else:
                row["low"] = row["value"] - math.hypot(a["value"] - a["low"], b["value"] - b["low"]) / 2
                row["high"] = row["value"] + math.hypot(a["high"] - a["value"], b["high"] - b["value"]) / 2
            out.append(row)


def projected(rows, out):
    rng = np.random.default_rng(8)
    total = sum(VISITORS.values())
    for limit, offset in itertools.product(LIMITS, OFFSETS):
        challenge = limit + offset
        place = dict(population="projected:shop", limit=limit, challenge=challenge, weighting="subject")
        found, all_cells = [], []
        for side, metric in (
            ("under_age_pass_rate", "minors_passed_per_1000"),
            ("adult_denial_rate", "adults_denied_per_1000"),
        ):
            ages = [a for a in VISITORS if (a < limit) == (side == "under_age_pass_rate")]
            cells = cells_of(rows, [(None, a) for a in ages], side, challenge)
            row = standard_rate(cells, {(None, a): VISITORS[a] for a in ages}, "subject")
            share = sum(VISITORS[a] for a in ages) / total
            out.append(dict(metric=side, **place, **row))
            scaled = {key: 1000 * share * row[key] for key in ("value", "low", "high")}
            out.append(dict(metric=metric, **place, **scaled))
            found.append((share, row["value"]))
            all_cells.append(cells)
        (pi, upr), (rest, adr) = found
        value = rest * (1 - adr) / (rest * (1 - adr) + pi * upr)
        subjects = sorted({s for cells in all_cells for cell in cells.values() for s in cell})
        weights = rng.poisson(1.0, (8000, len(subjects))).astype(float)
        means = []
        for cells in all_cells:
            mean, norm = 0.0, sum(VISITORS[key[1]] for key in cells)
            for key, cell in cells.items():
                x = np.array([np.mean(cell[s]) if s in cell else 0.0 for s in subjects])
                inside = np.array([float(s in cell) for s in subjects])
                mean = mean + VISITORS[key[1]] / norm * (weights @ x) / (weights @ inside)
            means.append(mean)
        replicates = rest * (1 - means[1]) / (rest * (1 - means[1]) + pi * means[0])
        near = [float(x) for x in np.quantile(replicates, [0.025, 0.975])]
        out.append(dict(metric="positive_predictive_value", **place, value=value, near=near))


def band(value):
    return sum(edge <= value for edge in EDGES)


def band_name(index):
    low = "" if index == 0 else EDGES[index - 1]
    return f"{low}-{'' if index == len(EDGES) else EDGES[index]}"


def band_answered(row):
    if row[5] != "answered":
        return "none"
    if row[7] == "":
        return band(row[6])
    inside = band(row[6])
    return inside if inside == len(EDGES) or row[7] <= EDGES[inside] else "undecided"


def bands(rows, out):
    for true in range(len(EDGES) + 1):
        own = [(r[0], band_answered(r)) for r in rows if band(year(r)) == true]
        wanted = {
            "band_recall": lambda a: a == true,
            "band_down": lambda a: isinstance(a, int) and a < true,
            "band_up": lambda a: isinstance(a, int) and a > true,
            "band_undecided": lambda a: a == "undecided",
            "band_not_answered": lambda a: a == "none",
        }
        for weighting in ("subject", "attempt"):
            place = dict(population=f"band:{band_name(true)}", weighting=weighting)
            for metric, of in wanted.items():
                out.append(dict(metric=metric, **place, **rate(by_subject((s, int(of(a))) for s, a in own), weighting)))
            for given in range(len(EDGES) + 1):
                found = rate(by_subject((s, int(a == given)) for s, a in own), weighting)
                out.append(dict(metric="band_confusion", **place, variant=f"answered={band_name(given)}", **found))


def repeats(rows, out):
    sets = {}
    for row in rows:
        sets.setdefault((row[0], row[4], year(row)), []).append(row)
    noise, corrected, squares, free = {}, {}, {}, {}
    for (subject, _, _), members in sets.items():
        values = np.array([r[6] for r in members if r[5] == "answered" and r[7] == ""])
        if len(values) < 2:
            continue
        away = np.abs(values - values.mean())
        noise.setdefault(subject, []).extend(away)
        corrected.setdefault(subject, []).extend(away * math.sqrt(len(values) / (len(values) - 1)))
        squares[subject] = squares.get(subject, 0.0) + np.sum(away**2)
        free[subject] = free.get(subject, 0) + len(values) - 1
    for metric, found in (("answer_noise", noise), ("answer_noise_corrected", corrected)):
        value, low, high = mean(found, "subject")
        out.append(dict(metric=metric, weighting="subject", value=value, low=low, high=high, n_subjects=len(found)))
    k, m = np.array(list(squares.values())), np.array(list(free.values()), float)
    r, s = k.sum() / m.sum(), len(k)
    half = stats.t.ppf(0.975, s - 1) * math.sqrt(s / (s - 1) * np.sum((k - r * m) ** 2)) / m.sum()
    found = [math.sqrt(r) * math.exp(side * half / (2 * r)) for side in (0, -1, 1)]
    out.append(dict(metric="within_subject_sd", weighting="attempt", value=found[0], low=found[1], high=found[2]))
    for limit, offset in itertools.product(LIMITS, OFFSETS):
        pairs = {}
        for (subject, _, _), members in sets.items():
            decisions = [d for d in (said(r, limit + offset) for r in members) if d in ("pass", "deny")]
            pairs.setdefault(subject, []).extend(int(a != b) for a, b in itertools.combinations(decisions, 2))
        found = rate({s: values for s, values in pairs.items() if values}, "subject")
        out.append(dict(metric="decision_flip_rate", limit=limit, challenge=limit + offset, weighting="subject", **found))


def retries(rows, out):
    for limit, offset in itertools.product(LIMITS, OFFSETS):
        passes = by_subject((r[0], int(said(r, limit + offset) == "pass")) for r in rows if year(r) < limit)
        for tries in (1, 3, 5):
            eligible = {s: v for s, v in passes.items() if len(v) >= tries}
            place = dict(metric="pass_within_tries", limit=limit, challenge=limit + offset, weighting="subject")
            one = rate(eligible, "subject")
            if tries == 1:
                out.append(dict(**place, variant="tries=1", **one))
                continue
            # Every draw of so many tries, counted out.
            x = np.array([np.mean([any(c) for c in itertools.combinations(v, tries)]) for v in eligible.values()])
            p, s = float(x.mean()), len(x)
            v = float(np.sum((x - p) ** 2)) / (s * (s - 1))
            few = min((x > 0).sum(), (x < 1).sum()) < 15
            m = sum(len(v) for v in eligible.values())
            n = s if np.all((x == 0) | (x == 1)) else n_star(p, v, s, m, s, few)
            out.append(dict(**place, variant=f"tries={tries}", **finish(p, float(n), counts_of(eligible))))
            out.append(dict(**place, variant=f"of={tries};tries=1", **one))
            value = 1 - (1 - one["value"]) ** tries
            out.append(dict(**place, variant=f"assumed=independent;tries={tries}", value=value))
            left = len(passes) - s
            out.append({**place, "metric": "retry_not_eligible", "variant": f"tries={tries}", "value": left})


def main():
    folder = Path(sys.argv[1])
    rows = draw()
    with (folder / "families.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["subject", "age_low", "age_high", "sex", "light", "status", "low", "high"])
        writer.writerows(rows)
    out = []
    for family in (standardised_errors, standardised_rates, percentiles, months, far, projected, bands, repeats, retries):
        family(rows, out)
    balanced(rows, out, "all")
    first = list({row[0]: row for row in reversed(rows)}.values())
    balanced(first, out, "first")
    for place in out:
        for key in ("value", "low", "high", "claim_low", "claim_high", "n_star"):
            if key in place:
                place[key] = float(place[key])
        for key, value in place.items():
            if isinstance(value, np.integer):
                place[key] = int(value)
    lines = ",\n".join(json.dumps(place) for place in out)
    (folder / "families.json").write_text(f"[\n{lines}\n]\n")
    print(len(rows), "attempts,", len(out), "rows")


if __name__ == "__main__":
    main()

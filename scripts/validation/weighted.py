#!/usr/bin/env python3
"""An independent computation of rows under design weights, on the data that families.py draws with weights of its own.

Writes fixtures/golden/weighted.csv (the data: drawn, no person) and fixtures/golden/weighted.json (the numbers), taken
attempt by attempt from textbook formulas of survey statistics: ratio (Hajek) means, and variances by linearisation with
subjects as primary sampling units of one stratum, drawn with replacement. Each mean and variance is also asked of
samplics (Taylor series), weighted standard deviations and lines of statsmodels; the script fails
where they disagree. `null` holds permutation nulls by brute force. Needs numpy, scipy, statsmodels, samplics and pandas.

    python3 scripts/validation/weighted.py fixtures/golden
"""

import csv
import itertools
import json
import math
import sys
import warnings
from pathlib import Path

import numpy as np
from clustered import decide, event, finish, root
from comparison import tango
from families import EDGES, LIMITS, OFFSETS, VISITORS, band, band_answered, band_name, year
from scipy import optimize, stats

warnings.filterwarnings("ignore")
import statsmodels.api as sm  # noqa: E402
from samplics.estimation import TaylorEstimator  # noqa: E402
from samplics.utils.types import PopParam  # noqa: E402
from statsmodels.stats.weightstats import DescrStatsW  # noqa: E402

Z = stats.norm.ppf(0.975)


def read(folder):
    """The rows of families.csv with a weight: people weigh differently, and some of their attempts do too."""
    rng = np.random.default_rng(20260303)
    own, rows = {}, []
    for row in csv.DictReader((folder / "families.csv").open()):
        subject = int(row["subject"])
        if subject not in own:
            own[subject] = (float(np.exp(rng.normal(0, 0.6))), rng.random() < 0.3)
        weight, varies = own[subject]
        weight *= rng.choice([1.0, 1.6]) if varies else 1.0
        number = lambda key: float(row[key]) if row[key] else ""  # noqa: E731
        rows.append(
            [subject, number("age_low"), number("age_high"), row["sex"], row["light"], row["status"], number("low"),
             number("high"), max(0.001, round(weight, 3))]
        )  # fmt: skip
    return rows


def said(row, challenge):
    return decide([row[0], year(row), row[3], row[4], row[5], row[6], row[7]], challenge, "at_or_above")


def by_subject(triples):
    """Values and weights of each subject's attempts."""
    out = {}
    for subject, value, weight in triples:
        out.setdefault(subject, []).append((value, weight))
    return out


CHECKED = 0


def ask_samplics(subjects, weighting, p, v):
    """The same mean and variance, from another implementation."""
    global CHECKED
    y, w, psu = [], [], []
    for subject, values in subjects.items():
        for value, weight in values:
            y.append(value)
            w.append(weight / (len(values) if weighting == "subject" else 1))
            psu.append(subject)
    if len(set(psu)) < 2 or len(set(y)) < 2:
        return
    found = TaylorEstimator(PopParam.mean)
    found.estimate(np.array(y, float), samp_weight=np.array(w), psu=np.array(psu))
    assert math.isclose(found.point_est, p, rel_tol=1e-12), (found.point_est, p)
    assert math.isclose(found.stderror**2, v, rel_tol=1e-9, abs_tol=1e-18), (found.stderror**2, v)
    CHECKED += 1


def means(subjects, weighting, check=False):
    """Weighted mean, its linearised variance, Kish's effective number of subjects, and each subject's residual."""
    divide = (lambda values: len(values)) if weighting == "subject" else (lambda values: 1)
    k = np.array([sum(w * y for y, w in values) / divide(values) for values in subjects.values()])
    m = np.array([sum(w for _, w in values) / divide(values) for values in subjects.values()])
    p, s = k.sum() / m.sum(), len(subjects)
    residual = math.sqrt(s / (s - 1)) * (k - p * m) / m.sum() if s > 1 else np.zeros(s)
    v = float(np.sum(residual**2))
    if check:
        ask_samplics(subjects, weighting, p, v)
    return float(p), v, m.sum() ** 2 / np.sum(m**2), dict(zip(subjects, residual))


def n_star(p, v, s, most, cap, few):
    if v <= 1e-20:
        return cap
    if p in (0, 1):
        return min(most, cap)
    n = min(most, p * (1 - p) / v * (Z / stats.t.ppf(0.975, s - 1)) ** 2)
    return min(n, cap) if few else n


def counts_of(subjects):
    return dict(
        n_attempts=sum(len(values) for values in subjects.values()),
        n_subjects=len(subjects),
        n_events=sum(y for values in subjects.values() for y, _ in values),
        n_event_subjects=sum(any(y for y, _ in values) for values in subjects.values()),
    )


def few_events(subjects, trusted=15):
    events = sum(any(y for y, _ in values) for values in subjects.values())
    return events < trusted or sum(not all(y for y, _ in values) for values in subjects.values()) < trusted


def rate(subjects, weighting, trusted=15):
    if not subjects:
        return None
    s = len(subjects)
    p, v, cap, _ = means(subjects, weighting, check=True)
    values = [value for values in subjects.values() for value in values]
    ys = {y for y, _ in values}
    p = 0.0 if ys == {0} else 1.0 if ys == {1} else p
    v = 0.0 if len(ys) == 1 else v
    if len(values) == s and len({w for _, w in values}) == 1:
        n = float(s)
    else:
        n = n_star(p, v, s, len(values), cap, few_events(subjects, trusted))
    return finish(p, float(n), counts_of(subjects))


def mean(subjects, weighting):
    p, v, _, _ = means(subjects, weighting, check=True)
    half = stats.t.ppf(0.975, len(subjects) - 1) * math.sqrt(v)
    return p, p - half, p + half


def cells_mean(cells, of_cells, weighting):
    """Weighted mean of the cells' means, its variance over subjects, cap and most of n*, subjects."""
    total = sum(of_cells[key] for key in cells)
    influence, p, cap, spread = {}, 0.0, 0.0, 0.0
    for key, subjects in cells.items():
        w = of_cells[key] / total
        here, _, own_cap, residual = means(subjects, weighting)
        p += w * here
        for subject, u in residual.items():
            influence[subject] = influence.get(subject, 0.0) + w * u
        cap = max(cap, w / own_cap)
        spread += w * w / sum(len(values) for values in subjects.values())
    v = sum(u * u for u in influence.values())
    return float(p), float(v), 1 / cap, 1 / spread, influence


def cells_rate(cells, of_cells, weighting):
    if len(cells) == 1:
        return rate(next(iter(cells.values())), weighting)
    p, v, cap, most, influence = cells_mean(cells, of_cells, weighting)
    pooled = {}
    for subjects in cells.values():
        for subject, values in subjects.items():
            pooled.setdefault(subject, []).extend(values)
    n = n_star(p, v, len(influence), most, cap, few_events(pooled))
    return finish(p, float(n), counts_of(pooled))


def select(rows, side, challenge, policy, inside):
    found = ((r[0], event(said(r, challenge), side, policy), r[8]) for r in rows if inside(r))
    return by_subject((s, e, w) for s, e, w in found if e is not None)


SIDES = ("under_age_pass_rate", "adult_denial_rate")


def on_side(row, side, limit):
    return (year(row) < limit) == (side == SIDES[0])


def rates(rows, out):
    for limit, offset, side in itertools.product(LIMITS, OFFSETS, SIDES):
        for policy in ("conditional", "fail_closed", "fail_open"):
            place = dict(metric=side, limit=limit, challenge=limit + offset, failure_policy=policy)
            years = range(limit - 5, limit) if side == SIDES[0] else range(limit, limit + 13)
            name = "under" if side == SIDES[0] else "over"
            for weighting in ("subject", "attempt"):
                everyone = select(rows, side, limit + offset, policy, lambda r: on_side(r, side, limit))
                out.append(dict(**place, population=name, weighting=weighting, **rate(everyone, weighting)))
                cells = {y: select(rows, side, limit + offset, policy, lambda r, y=y: year(r) == y) for y in years}
                window = f"window:{years[0]}-{years[-1]}"
                found = cells_rate(cells, dict.fromkeys(cells, 1.0), weighting)
                out.append(dict(**place, population=window, weighting=weighting, **found))
                if policy == "conditional":
                    pooled = select(rows, side, limit + offset, policy, lambda r: year(r) in years)
                    found = rate(pooled, weighting)
                    out.append(dict(**place, population=window, weighting=weighting, variant="window=pooled", **found))
            if policy == "conditional":
                for y in years:
                    if cells[y] and y < limit + 13:
                        out.append(dict(**place, population=f"age:{y}", weighting="subject", **rate(cells[y], "subject")))
                for sex in ("female", "male"):
                    own = select(rows, side, limit + offset, policy, lambda r: on_side(r, side, limit) and r[3] == sex)
                    group = dict(group_by="sex", group=sex)
                    out.append(dict(**place, population=name, weighting="subject", **group, **rate(own, "subject")))


def not_answered(rows, out):
    for weighting in ("subject", "attempt"):
        found = rate(by_subject((r[0], int(r[5] == "failed"), r[8]) for r in rows), weighting)
        out.append(dict(metric="involuntary_failure_rate", weighting=weighting, **found))
    never, subjects = {}, by_subject((r[0], int(r[5] == "answered"), r[8]) for r in rows)
    for subject, values in subjects.items():
        never[subject] = [(int(not any(y for y, _ in values)), sum(w for _, w in values) / len(values))]
    out.append(dict(metric="never_answered_rate", weighting="subject", **rate(never, "subject")))


def errors_of(rows):
    return [(r, r[6] - r[1]) for r in rows if r[5] == "answered" and r[7] == ""]


def errors(rows, out):
    found = errors_of(rows)
    for weighting in ("subject", "attempt"):
        for group in (None, "female"):
            if group and weighting == "attempt":
                continue
            own = [(r, e) for r, e in found if group is None or r[3] == group]
            place = dict(weighting=weighting, **({"group_by": "sex", "group": group} if group else {}))
            for metric, of in (("bias", lambda e: e), ("mae", abs), ("rmse", lambda e: e * e)):
                bounds = mean(by_subject((r[0], of(e), r[8]) for r, e in own), weighting)
                if metric == "rmse":
                    bounds = root(*bounds)
                out.append(dict(metric=metric, **place, value=bounds[0], low=bounds[1], high=bounds[2]))
        for x in (1, 2, 5, 10):
            found_x = rate(by_subject((r[0], int(abs(e) <= x), r[8]) for r, e in found), weighting)
            out.append(dict(metric=f"within_{x}_year{'s' if x > 1 else ''}", weighting=weighting, **found_x))
    for y in (15, 17, 24):
        bounds = mean(by_subject((r[0], abs(e), r[8]) for r, e in found if year(r) == y), "subject")
        place = dict(metric="mae", weighting="subject", population=f"age:{y}")
        out.append(dict(**place, value=bounds[0], low=bounds[1], high=bounds[2]))
    e = np.array([e for _, e in found])
    w = np.array([r[8] for r, _ in found])
    described = DescrStatsW(e, weights=w * len(w) / w.sum(), ddof=1)
    sd = math.sqrt(np.sum(w * (e - np.average(e, weights=w)) ** 2) / w.sum() * len(e) / (len(e) - 1))
    assert math.isclose(described.std, sd, rel_tol=1e-12)
    out.append(dict(metric="sd", weighting="attempt", value=sd))
    true, answers = np.array([r[1] for r, _ in found]), np.array([r[6] for r, _ in found])
    line = sm.WLS(answers, sm.add_constant(true), weights=w).fit()
    out.append(dict(metric="slope", weighting="attempt", value=float(line.params[1])))
    out.append(dict(metric="r_squared", weighting="attempt", value=float(line.rsquared)))
    for name, share in (
        ("median_absolute_error", 0.5),
        ("p90_absolute_error", 0.9),
        ("p95_absolute_error", 0.95),
        ("p99_absolute_error", 0.99),
    ):
        value = quantile(np.abs(e), w, share)
        below = rate(by_subject((r[0], int(abs(x) <= value), r[8]) for r, x in found), "attempt", trusted=0)
        half = Z * math.sqrt(share * (1 - share) / below["n_star"])
        low, high = (quantile(np.abs(e), w, end) for end in (max(0.0, share - half), min(1.0, share + half)))
        out.append(dict(metric=name, weighting="attempt", value=value, low=low, high=high))
        even = np.full(len(e), 2.5)
        assert math.isclose(quantile(np.abs(e), even, share), np.quantile(np.abs(e), share), rel_tol=1e-12)


def quantile(values, weights, share):
    """Each value stands at the share of the others' weight that lies below it; linear between: type 7 for equal weights."""
    order = np.lexsort((weights, values))
    x, w = values[order], weights[order]
    below = np.cumsum(w) - w
    return float(np.interp(share, below / (w.sum() - w), x))


def standardised(rows, out):
    for name, years in (("sex_18_30", range(18, 31)), ("sex_13_17", range(13, 18))):
        keys = list(itertools.product(("female", "male"), years))
        for weighting in ("subject", "attempt"):
            place = dict(population="standardised", weighting=weighting, variant=f"standard={name}")
            for metric, of in (("bias", lambda e: e), ("mae", abs), ("rmse", lambda e: e * e)):
                cells = {
                    key: by_subject((r[0], of(e), r[8]) for r, e in errors_of(rows) if (r[3], year(r)) == key)
                    for key in keys
                }
                p, v, _, _, influence = cells_mean(cells, dict.fromkeys(keys, 1.0), weighting)
                half = stats.t.ppf(0.975, len(influence) - 1) * math.sqrt(v)
                found = [p, p - half, p + half]
                if metric == "rmse":
                    found = root(*found)
                out.append(dict(metric=metric, **place, value=found[0], low=found[1], high=found[2]))
            cells = {
                key: by_subject((r[0], int(abs(e) <= 5), r[8]) for r, e in errors_of(rows) if (r[3], year(r)) == key)
                for key in keys
            }
            found = cells_rate(cells, dict.fromkeys(keys, 1.0), weighting)
            out.append(dict(metric="within_5_years", **place, **found))
    keys = list(itertools.product(("female", "male"), range(13, 18)))
    for limit, offset, side in itertools.product(LIMITS, OFFSETS, SIDES):
        own = [key for key in keys if (key[1] < limit) == (side == SIDES[0])]
        if not own:
            continue
        for weighting in ("subject", "attempt"):
            cells = {
                key: select(rows, side, limit + offset, "conditional", lambda r, key=key: (r[3], year(r)) == key)
                for key in own
            }
            place = dict(population="standardised", weighting=weighting, variant="standard=sex_13_17")
            found = cells_rate(cells, dict.fromkeys(own, 1.0), weighting)
            out.append(dict(metric=side, limit=limit, challenge=limit + offset, failure_policy="conditional", **place, **found))


def both(rows, out):
    """Balanced errors by linearisation, where people have attempts on both sides of the limit."""
    for limit, offset in itertools.product(LIMITS, OFFSETS):
        for weighting in ("subject", "attempt"):
            sides = [
                select(rows, side, limit + offset, "conditional", lambda r, side=side: on_side(r, side, limit))
                for side in SIDES
            ]
            assert set(sides[0]) & set(sides[1])
            found = [means(side, weighting) for side in sides]
            influence = {}
            for _, _, _, residual in found:
                for subject, u in residual.items():
                    influence[subject] = influence.get(subject, 0.0) + u / 2
            value = (found[0][0] + found[1][0]) / 2
            half = stats.t.ppf(0.975, len(influence) - 1) * math.sqrt(sum(u * u for u in influence.values()))
            out.append(dict(metric="balanced_error", limit=limit, challenge=limit + offset, weighting=weighting,
                            value=value, low=value - half, high=value + half))  # fmt: skip


def wilson(p, n, level):
    z = stats.norm.ppf(0.5 + level / 2)
    centre, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (0.0 if p == 0 else (centre - half) / (1 + z * z / n)), (1.0 if p == 1 else (centre + half) / (1 + z * z / n))


def shared(rows, out):
    """Photos by day beside those by night, of which many people have both: MOVER with the correlation of the two rates."""
    for level, limit, offset, side, pooled in itertools.product(("day", "night"), LIMITS, OFFSETS, SIDES, (False, True)):
        years = range(limit - 5, limit) if side == SIDES[0] else range(limit, limit + 13)
        inside = (lambda r: year(r) in years) if pooled else (lambda r: on_side(r, side, limit))
        parts = [
            select(rows, side, limit + offset, "conditional", lambda r, own=own: inside(r) and (r[4] == level) == own)
            for own in (True, False)
        ]
        assert len(set(parts[0]) & set(parts[1])) > 20
        (p, v, _, u), (q, w, _, t) = (means(part, "subject", check=True) for part in parts)
        sizes = [rate(part, "subject")["n_star"] for part in parts]
        product = sum(u[s] * t[s] for s in set(u) & set(t))
        r = product / math.sqrt(v * w) if min(v, w) > 1e-20 else 0.0

        def bounds(confidence):
            (l1, u1), (l2, u2) = (wilson(x, n, confidence) for x, n in zip((p, q), sizes))
            reach = lambda a, b: math.sqrt(a * a + b * b - 2 * r * a * b)  # noqa: E731
            return p - q - reach(p - l1, u2 - q), p - q + reach(u1 - p, q - l2)

        low, high = bounds(0.95)
        population = f"window:{years[0]}-{years[-1]}" if pooled else ("under" if side == SIDES[0] else "over")
        variant = "against=rest;window=pooled" if pooled else "against=rest"
        place = dict(population=population, group_by="light", group=level, weighting="subject", limit=limit,
                     challenge=limit + offset, failure_policy="conditional")  # fmt: skip
        counts = dict(
            n_attempts=sum(len(values) for part in parts for values in part.values()),
            n_subjects=len(set(parts[0]) | set(parts[1])),
        )
        out.append(dict(metric=f"{side}_difference", variant=variant, **place, value=p - q, low=low, high=high, **counts))
        away = (lambda level: bounds(level)[0]) if p > q else (lambda level: -bounds(level)[1])
        touched = optimize.brentq(away, 1e-9, 1 - 1e-13, xtol=1e-15, rtol=8.9e-16)
        out.append(dict(metric="difference_p", variant=f"adjusted=holm;{variant};of={side}", **place, value=1 - touched))
    for level, (metric, of) in itertools.product(("day", "night"), (("bias", lambda e: e), ("mae", abs))):
        parts = [
            by_subject((r[0], of(e), r[8]) for r, e in errors_of(rows) if (r[4] == level) == own) for own in (True, False)
        ]
        (p, _, _, u), (q, _, _, t) = (means(part, "subject", check=True) for part in parts)
        people = {s: u.get(s, 0.0) - t.get(s, 0.0) for s in set(u) | set(t)}
        half = stats.t.ppf(0.975, len(people) - 1) * math.sqrt(sum(x * x for x in people.values()))
        out.append(dict(metric=f"{metric}_difference", variant="against=rest", population="all", group_by="light", group=level,
                        weighting="subject", value=p - q, low=p - q - half, high=p - q + half, n_subjects=len(people)))  # fmt: skip


def projected(rows, out):
    total = sum(VISITORS.values())
    for limit, offset in itertools.product(LIMITS, OFFSETS):
        place = dict(population="projected:shop", limit=limit, challenge=limit + offset, weighting="subject")
        parts = []
        for side, metric in zip(SIDES, ("minors_passed_per_1000", "adults_denied_per_1000")):
            ages = [a for a in VISITORS if (a < limit) == (side == SIDES[0])]
            cells = {
                a: select(rows, side, limit + offset, "conditional", lambda r, a=a: year(r) == a) for a in ages
            }
            assert all(cells.values())
            row = cells_rate(cells, VISITORS, "subject")
            share = sum(VISITORS[a] for a in ages) / total
            out.append(dict(metric=side, failure_policy="conditional", **place, **row))
            scaled = {key: 1000 * share * row[key] for key in ("value", "low", "high")}
            out.append(dict(metric=metric, **place, **scaled))
            p, _, _, _, influence = cells_mean(cells, VISITORS, "subject")
            parts.append((share, p, influence))
        (pi, upr, u), (rest, adr, d) = parts
        minors, adults = pi * upr, rest * (1 - adr)
        value = adults / (minors + adults)
        # The derivative of the ratio, person by person.
        slopes = (-pi * adults / (minors + adults) ** 2, -rest * minors / (minors + adults) ** 2)
        people = {s: slopes[0] * u.get(s, 0.0) + slopes[1] * d.get(s, 0.0) for s in set(u) | set(d)}
        half = stats.t.ppf(0.975, len(people) - 1) * math.sqrt(sum(x * x for x in people.values()))
        bounds = dict(low=max(0.0, value - half), high=min(1.0, value + half))
        out.append(dict(metric="positive_predictive_value", **place, value=value, **bounds))


def far(rows, out):
    for limit, offset, x, weighting in itertools.product(LIMITS, OFFSETS, range(1, 6), ("subject", "attempt")):
        passes = [r for r in rows if year(r) < limit and said(r, limit + offset) == "pass"]
        found = rate(by_subject((r[0], int(year(r) < limit - x), r[8]) for r in passes), weighting)
        place = dict(limit=limit, challenge=limit + offset, population="under", variant=f"x={x}", weighting=weighting)
        out.append(dict(metric="far_under_age_pass_share", **place, **found))


def months(rows, out):
    for limit, offset, month in itertools.product(LIMITS, OFFSETS, range(1, 13)):
        low, high = limit - month / 12, limit - (month - 1) / 12
        inside = lambda r: r[1] == r[2] and low <= r[1] < high  # noqa: E731
        subjects = select(rows, SIDES[0], limit + offset, "conditional", inside)
        if subjects:
            place = dict(population=f"months_before:{month}", limit=limit, challenge=limit + offset)
            out.append(dict(metric=SIDES[0], failure_policy="conditional", **place, **rate(subjects, "subject")))


def bands(rows, out):
    for true, weighting in itertools.product(range(len(EDGES) + 1), ("subject", "attempt")):
        own = [(r[0], band_answered(r), r[8]) for r in rows if band(year(r)) == true]
        place = dict(population=f"band:{band_name(true)}", weighting=weighting)
        for metric, of in {
            "band_recall": lambda a: a == true,
            "band_down": lambda a: isinstance(a, int) and a < true,
            "band_not_answered": lambda a: a == "none",
        }.items():
            out.append(dict(metric=metric, **place, **rate(by_subject((s, int(of(a)), w) for s, a, w in own), weighting)))
        for given in range(len(EDGES) + 1):
            found = rate(by_subject((s, int(a == given), w) for s, a, w in own), weighting)
            out.append(dict(metric="band_confusion", **place, variant=f"answered={band_name(given)}", **found))


def nulls(rows, out):
    """What summaries over the sexes would be by chance: labels really moved between people of one age, 20,000 times. What
    a person's attempts weigh stays with the person."""
    names = sorted({r[3] for r in rows})
    label, age = {}, {}
    for r in rows:
        assert label.setdefault(r[0], r[3]) == r[3]
        age[r[0]] = min(age.get(r[0], 999), year(r))
    people = sorted(label)
    place_of = {s: i for i, s in enumerate(people)}
    observed = np.array([names.index(label[s]) for s in people])
    ages = np.array([age[s] for s in people])
    strata = [np.flatnonzero(ages == y) for y in sorted(set(ages))]
    for offset, side in itertools.product(OFFSETS, SIDES):
        limit = 18
        years = range(limit - 5, limit) if side == SIDES[0] else range(limit, limit + 13)
        number, weight = np.zeros((2, len(years), len(people)))
        seen = [set() for _ in names]
        for at, y in enumerate(years):
            for s, values in select(rows, side, limit + offset, "conditional", lambda r, y=y: year(r) == y).items():
                number[at, place_of[s]] = sum(w * e for e, w in values) / len(values)
                weight[at, place_of[s]] = sum(w for _, w in values) / len(values)
                seen[names.index(label[s])].add(s)

        def values(labels):
            one_hot = (labels[:, None] == np.arange(len(names))[None, :]).astype(float)
            with np.errstate(invalid="ignore", divide="ignore"):
                return np.mean((number @ one_hot) / (weight @ one_hot), axis=0)

        at = values(observed)
        groups = [g for g in range(len(names)) if len(seen[g]) >= 30 and np.isfinite(at[g])]
        assert len(groups) > 1
        rng = np.random.default_rng(78)
        drawn = []
        for _ in range(20_000):
            labels = observed.copy()
            for stratum in strata:
                labels[stratum] = rng.permutation(labels[stratum])
            drawn.append(values(labels)[groups])
        drawn, at = np.array(drawn), at[groups]
        of_pairs = lambda x: np.abs(x[..., :, None] - x[..., None, :]).sum((-2, -1))  # noqa: E731
        n = len(groups)
        for metric, of in (
            ("max_minus_min", lambda x: x.max(-1) - x.min(-1)),
            ("gini", lambda x: of_pairs(x) / (2 * n * (n - 1) * x.mean(-1))),
        ):
            null, own = of(drawn), float(of(at))
            noise = {}
            for key, share in (("median", 0.5), ("tail", 0.95)):
                step = math.sqrt(share * (1 - share) / len(null))
                noise[key] = float((np.quantile(null, share + step) - np.quantile(null, share - step)) / 2)
            found = dict(p=float((1 + np.sum(null >= own - 1e-12)) / (1 + len(null))), median=float(np.median(null)),
                         tail=float(np.quantile(null, 0.95)), noise=noise)  # fmt: skip
            place = dict(metric=metric, population=f"window:{years[0]}-{years[-1]}", weighting="subject")
            place |= dict(limit=limit, challenge=limit + offset, failure_policy="conditional")
            out.append(dict(**place, group_by="sex", group="", variant=f"of={side}", value=own, null=found))


def kish():
    """One attempt each, weights that know nothing of the outcome: n* falls by Kish's factor."""
    w, y = np.tile([0.5, 1.0, 3.0], 4000), np.repeat([0, 1, 0, 0], 3000)
    found = rate({i: [(int(a), float(b))] for i, (a, b) in enumerate(zip(y, w))}, "subject")
    effective = w.sum() ** 2 / np.sum(w**2)
    assert math.isclose(found["value"], 0.25) and abs(found["n_star"] / effective - 1) < 1e-3, found


def paired():
    """Two methods on 60 minors of one photo each, weights 1 to 3: the second passes 12 whom the first denies, the first 4."""
    weights = np.array([1.0 + 0.5 * (i % 5) for i in range(60)])
    d = np.array([1.0 if i < 12 else -1.0 if i < 16 else 0.0 for i in range(60)])
    people = weights.sum() ** 2 / np.sum(weights**2)
    b, c = (people * np.sum(weights * (d == sign)) / weights.sum() for sign in (1, -1))
    low, high = tango(b, c, people, 0.95)
    terms = (weights * d)[d != 0]
    signs = np.array(list(itertools.product((-1.0, 1.0), repeat=len(terms))))
    p = float(np.mean(np.abs(signs @ terms) >= abs(terms.sum()) - 1e-9))
    # Answers of 12 or 30 years of people of 17.
    errors = [np.where((d == (1.0 if second else -1.0)), 13.0, 5.0) for second in (0, 1)]
    mae = [float(np.average(e, weights=weights)) for e in errors]
    return dict(value=(b - c) / people, low=low, high=high, p=p, mae_difference=mae[1] - mae[0])


def main():
    folder = Path(sys.argv[1])
    rows = read(folder)
    with (folder / "weighted.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["subject", "age_low", "age_high", "sex", "light", "status", "low", "high", "weight"])
        writer.writerows(rows)
    out = []
    for family in (rates, not_answered, errors, standardised, both, shared, projected, far, months, bands, nulls):
        family(rows, out)
    kish()
    for place in out:
        for key in ("value", "low", "high", "claim_low", "claim_high", "n_star"):
            if key in place:
                place[key] = float(place[key])
        for key, value in place.items():
            if isinstance(value, np.integer):
                place[key] = int(value)
    lines = ",\n".join(json.dumps(place) for place in out)
    (folder / "weighted.json").write_text(f"[\n{lines}\n]\n")
    (folder / "weighted_pairs.json").write_text(json.dumps(paired(), indent=1) + "\n")
    print(len(rows), "attempts,", len(out), "rows,", CHECKED, "of them asked of samplics too")


main()

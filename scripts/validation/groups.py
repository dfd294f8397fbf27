#!/usr/bin/env python3
"""An independent computation of the rows about differences between groups on a drawn dataset.

Writes fixtures/golden/groups.csv (the data: drawn, no person) and fixtures/golden/groups.json (the numbers), taken
attempt by attempt from the definitions, without tallies: each group against everybody else, summaries over groups,
one challenge age for all, and permutation nulls by brute force (labels really moved, subject by subject, 20,000 times).
`near` holds bounds of a bootstrap that is drawn here with weights of NumPy's own generator; `null` the brute force.
Needs numpy, scipy and statsmodels.

    python3 scripts/validation/groups.py fixtures/golden
"""

import csv
import json
import math
import sys
from pathlib import Path

import numpy as np
from clustered import Z, by_subject, decide, event, rate, window
from scipy import optimize, stats
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.multitest import multipletests

LIMITS = (16, 18)
OFFSETS = (0, 5)
FLOOR = 30
RATIO_EVENTS = 10
ALPHA = 0.5
COLUMNS = {"sex": 2, "region": 3, "light": 7}
REPLICATES = 20_000


def draw():
    """Rows as `clustered.decide` wants them (subject, age, sex, region, status, low, high), and light."""
    rng = np.random.default_rng(20260303)
    rows = []
    for subject in range(1500):
        attempts = int(rng.choice([1, 1, 2, 3, 4]))
        age = int(rng.integers(10, 33))
        sex = str(rng.choice(["female", "male", ""], p=[0.5, 0.45, 0.05]))
        region = "isle" if subject in (7, 8) else str(rng.choice(["north", "south", "east"], p=[0.4, 0.4, 0.2]))
        span = int(rng.choice([0, 0, 0, 2]))
        own = rng.normal(0.8 if sex == "female" else 0.0, 2)
        for _ in range(attempts):
            here = age + int(rng.integers(0, span + 1))
            light = str(rng.choice(["day", "night"], p=[0.8, 0.2]))
            noise = rng.normal(0, 2.5 if light == "day" else 3.5)
            answer = min(100.0, max(0.0, round(2 * (here + 0.5 + own + noise)) / 2))
            kind = rng.random()
            if kind < 0.05:
                row = [subject, here, sex, region, "failed", "", ""]
            elif kind < 0.11:
                row = [subject, here, sex, region, "answered", answer, answer + 4]
            else:
                row = [subject, here, sex, region, "answered", answer, ""]
            rows.append([*row, light])
    order = rng.permutation(len(rows))
    return [rows[i] for i in order]


def level_of(row, column):
    parts = column.split("*")
    return "*".join(row[COLUMNS[part]] or "unknown" for part in parts)


def span_of(side, limit):
    return range(limit - 5, limit) if side == "under_age_pass_rate" else range(limit, limit + 13)


def shares(rows, side, challenge, keep):
    """Subject -> its outcomes (0 or 1) among the attempts that `keep` keeps and that were decided."""
    pairs = (
        (r[0], event(decide(r[:7], challenge, "at_or_above"), side, "conditional")) for r in rows if keep(r[1])
    )
    return by_subject((s, e) for s, e in pairs if e is not None)


def rated(rows, side, limit, challenge, population):
    """The row of a rate: value, n*, counts; None where it has no value."""
    under = side == "under_age_pass_rate"
    if population == "everyone":
        return rate(shares(rows, side, challenge, lambda age: (age < limit) == under), "subject")
    years = span_of(side, limit)
    if population == "pooled":
        return rate(shares(rows, side, challenge, lambda age: age in years), "subject")
    return window({year: shares(rows, side, challenge, lambda age: age == year) for year in years}, "subject")


def lone(rows, side, limit, challenge):
    """Whether a single year of the window has one person, whose variance nobody knows."""
    return any(len(shares(rows, side, challenge, lambda age: age == year)) == 1 for year in span_of(side, limit))


def wilson(p, n, level):
    z = stats.norm.ppf(0.5 + level / 2)
    centre, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (0.0 if p == 0 else (centre - half) / (1 + z * z / n)), (1.0 if p == 1 else (centre + half) / (1 + z * z / n))


def mover(one, other, bounds, level):
    """Difference and its bounds; `bounds(side, level)` are those of a side."""
    (p, q), (l1, u1), (l2, u2) = (one, other), bounds(0, level), bounds(1, level)
    d = p - q
    return d, d - math.hypot(p - l1, u2 - q), d + math.hypot(u1 - p, q - l2)


def p_at_zero(interval):
    """1 - the level at which an interval touches 0."""
    def gap(level):
        d, low, high = interval(level)
        return low if d > 0 else -high
    d, _, _ = interval(0.95)
    if d == 0 or gap(1e-9) < 0:
        return 1.0
    if gap(1 - 1e-13) > 0:
        return 1e-13
    return 1 - optimize.brentq(gap, 1e-9, 1 - 1e-13, xtol=1e-15, rtol=8.9e-16)


def place(metric, population, column, group=None, limit=None, offset=None, variant=""):
    out = dict(metric=metric, population=population, group_by=column, variant=variant, weighting="subject")
    out["group"] = group if group is not None else ""
    if limit is not None:
        out.update(limit=limit, challenge=limit + offset, failure_policy="conditional")
    return out


def population_name(side, limit, population):
    if population == "everyone":
        return "under" if side == "under_age_pass_rate" else "over"
    years = span_of(side, limit)
    return f"window:{years[0]}-{years[-1]}"


def groups_of(rows, column):
    levels = sorted({level_of(r, column) for r in rows})
    return {level: [r for r in rows if level_of(r, column) == level] for level in levels}


def errors_of(rows, years=None):
    keep = lambda r: r[4] == "answered" and r[6] == "" and (years is None or r[1] in years)
    return [(r[0], r[1], r[5] - r[1]) for r in rows if keep(r)]


def mean_error(rows, of, years=None):
    """Mean over subjects, its variance, subjects; over single years where years are given."""
    pairs = errors_of(rows, years)
    if years is None:
        per_cell = [by_subject((s, of(e)) for s, _, e in pairs)]
    else:
        per_cell = [by_subject((s, of(e)) for s, age, e in pairs if age == year) for year in years]
    if any(not cell for cell in per_cell):
        return None
    x, influence, subjects = 0.0, {}, set()
    for cell in per_cell:
        own = {s: np.mean(values) for s, values in cell.items()}
        here = np.mean(list(own.values()))
        x += here / len(per_cell)
        subjects |= set(own)
        for s, value in own.items():
            if len(own) > 1:
                u = (value - here) / math.sqrt(len(own) * (len(own) - 1)) / len(per_cell)
                influence[s] = influence.get(s, 0.0) + u
    return float(x), float(sum(u * u for u in influence.values())), len(subjects)


def adjusted(values):
    """Holm over the groups that are tested; the two groups of a column are one test."""
    tested = [key for key, value in values.items() if value is not None]
    if len(values) == 2:
        return dict(values)
    found = multipletests([values[key] for key in tested], method="holm")[1] if tested else []
    return {**dict.fromkeys(values), **dict(zip(tested, map(float, found)))}


def against_rest(rows, out):
    """Columns without a subject on both sides: MOVER."""
    for column in ("sex", "region", "sex*region"):
        groups = groups_of(rows, column)
        for side in ("under_age_pass_rate", "adult_denial_rate"):
            for limit in LIMITS:
                for offset in OFFSETS:
                    for population in ("everyone", "window") if "*" not in column else ("window",):
                        raw, found = {}, {}
                        for level, own in groups.items():
                            rest = [r for r in rows if level_of(r, column) != level]
                            sides = [rated(part, side, limit, limit + offset, population) for part in (own, rest)]
                            raw[level] = None
                            if None in sides:
                                continue
                            bounds = lambda at, lvl: wilson(sides[at]["value"], sides[at]["n_star"], lvl)
                            interval = lambda lvl: mover(sides[0]["value"], sides[1]["value"], bounds, lvl)
                            found[level] = interval(0.95), sides, p_at_zero(interval)
                            enough = min(s["n_subjects"] for s in sides) >= FLOOR and min(s["n_star"] for s in sides) >= 30
                            if population == "window":
                                enough &= not any(lone(part, side, limit, limit + offset) for part in (own, rest))
                            raw[level] = found[level][2] if enough else None
                        for level, holm in adjusted(raw).items():
                            if level not in found:
                                continue
                            (d, low, high), sides, p = found[level]
                            where = dict(column=column, group=level, limit=limit, offset=offset)
                            name = population_name(side, limit, population)
                            counts = {k: sum(s[k] for s in sides) for k in ("n_attempts", "n_subjects", "n_events")}
                            variant = "against=rest"
                            out.append(
                                {**place(f"{side}_difference", name, **where, variant=variant), **counts}
                                | dict(value=d, low=low, high=high)
                            )
                            variant = f"adjusted=%s;against=rest;of={side}"
                            out.append(place("difference_p", name, **where, variant=variant % "none") | dict(value=p))
                            if holm is not None:
                                out.append(place("difference_p", name, **where, variant=variant % "holm") | dict(value=holm))
        if "*" in column:
            continue
        for metric, of in (("mae", abs), ("bias", lambda e: e)):
            for years, name in ((None, "all"), (range(13, 18), "window:13-17"), (range(18, 31), "window:18-30")):
                raw, found = {}, {}
                for level, own in groups.items():
                    rest = [r for r in rows if level_of(r, column) != level]
                    sides = [mean_error(part, of, years) for part in (own, rest)]
                    raw[level] = None
                    if None in sides:
                        continue

                    def bounds(at, lvl):
                        x, v, s = sides[at]
                        half = stats.t.ppf(0.5 + lvl / 2, s - 1) * math.sqrt(v)
                        return x - half, x + half

                    interval = lambda lvl: mover(sides[0][0], sides[1][0], bounds, lvl)
                    found[level] = interval(0.95), sides, p_at_zero(interval)
                    raw[level] = found[level][2] if min(s[2] for s in sides) >= FLOOR else None
                for level, holm in adjusted(raw).items():
                    if level not in found:
                        continue
                    (d, low, high), sides, p = found[level]
                    out.append(
                        place(f"{metric}_difference", name, column, level, variant="against=rest")
                        | dict(value=d, low=low, high=high, n_subjects=sum(s[2] for s in sides))
                    )
                    if holm is not None:
                        variant = f"adjusted=holm;against=rest;of={metric}"
                        out.append(place("difference_p", name, column, level, variant=variant) | dict(value=holm))


def shared(rows, out):
    """The column `light`: people have photos by day and by night."""
    rng = np.random.default_rng(5)
    column = "light"
    for level, own in groups_of(rows, column).items():
        rest = [r for r in rows if level_of(r, column) != level]
        for side in ("under_age_pass_rate", "adult_denial_rate"):
            for limit in LIMITS:
                for offset in OFFSETS:
                    for population in ("everyone", "pooled"):
                        years = span_of(side, limit)
                        under = side == "under_age_pass_rate"
                        inside = (lambda age: (age < limit) == under) if population == "everyone" else (lambda age: age in years)
                        parts = [shares(part, side, limit + offset, inside) for part in (own, rest)]
                        subjects = sorted(set(parts[0]) | set(parts[1]))
                        x = np.array([[np.mean(part[s]) if s in part else 0.0 for part in parts] for s in subjects])
                        here = np.array([[float(s in part) for part in parts] for s in subjects])
                        value = x.sum(0) / here.sum(0)
                        weights = rng.poisson(1.0, (4000, len(subjects)))
                        drawn = (weights @ x) / (weights @ here)
                        near = np.quantile(drawn[:, 0] - drawn[:, 1], [0.025, 0.975])
                        name = population_name(side, limit, population)
                        variant = "against=rest;window=pooled" if population == "pooled" else "against=rest"
                        out.append(
                            place(f"{side}_difference", name, column, level, limit, offset, variant)
                            | dict(value=float(value[0] - value[1]), near=[float(b) for b in near], n_subjects=len(subjects))
                        )
        for metric, of in (("mae", abs), ("bias", lambda e: e)):
            cells = [{s: np.mean(v) for s, v in by_subject((s, of(e)) for s, _, e in errors_of(part)).items()} for part in (own, rest)]
            means = [float(np.mean(list(cell.values()))) for cell in cells]
            influence = {}
            for sign, cell, m in zip((1, -1), cells, means):
                for s, value in cell.items():
                    u = sign * (value - m) / math.sqrt(len(cell) * (len(cell) - 1))
                    influence[s] = influence.get(s, 0.0) + u
            d, v, n = means[0] - means[1], sum(u * u for u in influence.values()), len(influence)
            half = stats.t.ppf(0.975, n - 1) * math.sqrt(v)
            p = 2 * stats.t.sf(abs(d) / math.sqrt(v), n - 1)
            out.append(
                place(f"{metric}_difference", "all", column, level, variant="against=rest")
                | dict(value=d, low=d - half, high=d + half, n_subjects=n)
            )
            variant = f"adjusted=holm;against=rest;of={metric}"
            out.append(place("difference_p", "all", column, level, variant=variant) | dict(value=float(p)))


def gini(x):
    x = np.asarray(x)
    n = len(x)
    return 0.0 if x.sum() == 0 else float(n / (n - 1) * np.abs(x[:, None] - x[None, :]).sum() / (2 * n * n * x.mean()))


def tau(x, v):
    found = combine_effects(np.asarray(x), np.asarray(v), method_re="chi2")
    return math.sqrt(max(0.0, found.tau2))


def variance(row):
    if "n_star" in row and 0 < row["value"] < 1:
        return row["value"] * (1 - row["value"]) / row["n_star"]
    return ((row["high"] - row["low"]) / (2 * Z)) ** 2


def summaries(rows, out):
    for column in ("sex", "region", "sex*region", "light"):
        groups = groups_of(rows, column)
        for limit in LIMITS:
            for offset in OFFSETS:
                for population in ("everyone", "window") if "*" not in column else ("window",):
                    both = {}
                    for side in ("under_age_pass_rate", "adult_denial_rate"):
                        whole = rated(rows, side, limit, limit + offset, population)
                        found = {g: rated(own, side, limit, limit + offset, population) for g, own in groups.items()}
                        kept = {g: row for g, row in found.items() if row and row["n_subjects"] >= FLOOR}
                        both[side] = kept
                        name = population_name(side, limit, population)
                        where = dict(population=name, column=column, limit=limit, offset=offset, variant=f"of={side}")
                        out.append(place("groups_left_out", **where) | dict(value=len(groups) - len(kept)))
                        if len(kept) < 2:
                            continue
                        x = [row["value"] for row in kept.values()]
                        values = dict(
                            max_minus_min=max(x) - min(x),
                            gini=gini(x),
                            parity_gap=max(abs(one - whole["value"]) for one in x),
                            between_group_sd=tau(x, [variance(row) for row in kept.values()]),
                        )
                        if all(row["n_event_subjects"] >= RATIO_EVENTS for row in kept.values()):
                            values["max_over_min"] = max(x) / min(x)
                            values["max_over_geometric_mean"] = max(x) / float(stats.gmean(x))
                        for metric, value in values.items():
                            out.append(place(metric, **where) | dict(value=value))
                        worst_claim(out, side, kept, place(side, name, column, None, limit, offset, "worst=group"))
                    passes, denials = both.values()
                    kept = [g for g in passes if g in denials]
                    if len(kept) < 2:
                        continue
                    u, a = [passes[g]["value"] for g in kept], [denials[g]["value"] for g in kept]
                    name = "all" if population == "everyone" else f"window:{limit - 5}-{limit + 12}"
                    where = dict(population=name, column=column, limit=limit, offset=offset, variant="alpha=0.5")
                    rate_ = 1 - (ALPHA * (max(u) - min(u)) + (1 - ALPHA) * (max(a) - min(a)))
                    out.append(place("fairness_discrepancy_rate", **where) | dict(value=rate_))
                    out.append(place("garbe", **where) | dict(value=ALPHA * gini(u) + (1 - ALPHA) * gini(a)))
        if "*" in column:
            continue
        for metric, of in (("mae", abs), ("bias", lambda e: e)):
            for years, name in ((None, "all"), (range(13, 18), "window:13-17"), (range(18, 31), "window:18-30")):
                whole = mean_error(rows, of, years)
                found = {g: mean_error(own, of, years) for g, own in groups.items()}
                kept = {g: row for g, row in found.items() if row and row[2] >= FLOOR}
                if len(kept) < 2:
                    continue
                x, v = [row[0] for row in kept.values()], [row[1] for row in kept.values()]
                values = dict(
                    max_minus_min_years=max(x) - min(x),
                    parity_gap_years=max(abs(one - whole[0]) for one in x),
                    between_group_sd_years=tau(x, v),
                )
                if metric == "mae":
                    values |= dict(gini=gini(x), max_over_min=max(x) / min(x), max_over_geometric_mean=max(x) / float(stats.gmean(x)))
                for summary, value in values.items():
                    out.append(place(summary, name, column, variant=f"of={metric}") | dict(value=value))


def worst_claim(out, side, kept, where):
    level = 1 - 0.05 / len(kept)

    def claims(row):
        k, n = row["value"] * row["n_star"], row["n_star"]
        high = 1.0 if k >= n else float(stats.beta.ppf(level, k + 1, n - k)) if k > 0 else 1 - (1 - level) ** (1 / n)
        low = 0.0 if k <= 0 else float(stats.beta.ppf(1 - level, k, n - k + 1)) if k < n else (1 - level) ** (1 / n)
        return high, low

    row = max(kept.values(), key=lambda row: (claims(row)[0], row["value"]))
    high, low = claims(row)
    out.append(where | dict(value=row["value"], claim_high=high, claim_low=low, n_subjects=row["n_subjects"]))


def fixed(rows, out):
    """10 % of the males of the window at 18, their years pooled; the buffer's grid is 18, 18.5, ..., 33."""
    males = [r for r in rows if r[2] == "male"]
    side = "under_age_pass_rate"
    grid = [18 + step / 2 for step in range(31)]
    challenge = next(c for c in grid if rated(males, side, 18, c, "pooled")["value"] <= 0.10)
    out.append(place("fixed_challenge_age", "window:13-17", "sex", "male", variant="fixed=males") | dict(limit=18, value=challenge))
    for column in ("sex", "region"):
        for level, own in groups_of(rows, column).items():
            for side in ("under_age_pass_rate", "adult_denial_rate"):
                for population in ("everyone", "window"):
                    found = rated(own, side, 18, challenge, population)
                    if found:
                        keys = ("value", "low", "high", "claim_low", "claim_high", "n_subjects", "n_events")
                        out.append(
                            place(side, population_name(side, 18, population), column, level, variant="fixed=males")
                            | dict(limit=18, challenge=challenge, failure_policy="conditional")
                            | {key: found[key] for key in keys}
                        )


class Labels:
    """Labels of one column: which subjects can change theirs, in which strata."""

    def __init__(self, rows, column):
        levels, ages = {}, {}
        for r in rows:
            levels.setdefault(r[0], set()).add(level_of(r, column))
            ages[r[0]] = min(ages.get(r[0], 999), r[1])
        self.names = sorted({level for own in levels.values() for level in own})
        self.subjects = sorted(levels)
        self.label = np.array([self.names.index(next(iter(levels[s]))) if len(levels[s]) == 1 else -1 for s in self.subjects])
        age = np.array([ages[s] for s in self.subjects])
        self.strata = [np.flatnonzero((age == year) & (self.label >= 0)) for year in sorted(set(age))]

    def permuted(self, rng):
        label = self.label.copy()
        for stratum in self.strata:
            label[stratum] = rng.permutation(label[stratum])
        return label


def nulls(rows, out):
    """Labels really moved. A summary's values come from sums over subjects: shares and weights, component by component."""
    for column in ("sex", "region", "light"):
        labels = Labels(rows, column)
        place_of = {s: i for i, s in enumerate(labels.subjects)}
        for what in (("rates", 18, 0, "window"), ("rates", 18, 5, "everyone"), ("errors", None, None, "all"), ("errors", None, None, "window")):
            kind, limit, offset, population = what
            components = []
            if kind == "rates":
                for side in ("under_age_pass_rate", "adult_denial_rate"):
                    under = side == "under_age_pass_rate"
                    cells = [[y] for y in span_of(side, limit)] if population == "window" else [[y for y in range(121) if (y < limit) == under]]
                    for years in cells:
                        keep = lambda age, years=years: age in years
                        components.append((side, lambda part, keep=keep, side=side: shares(part, side, limit + offset, keep)))
            else:
                for years in [None] if population == "all" else [[y] for y in range(13, 18)]:
                    components.append(("mae", lambda part, years=years: by_subject((s, abs(e)) for s, _, e in errors_of(part, years))))
            n, k = len(labels.subjects), len(labels.names)
            number, weight = np.zeros((len(components), n)), np.zeros((len(components), n))
            stay = np.zeros((2, len(components), k))
            split = {s for s, label in zip(labels.subjects, labels.label) if label < 0}
            for c, (_, of) in enumerate(components):
                for s, values in of([r for r in rows if r[0] not in split]).items():
                    number[c, place_of[s]], weight[c, place_of[s]] = np.mean(values), 1.0
                for g, level in enumerate(labels.names):
                    for values in of([r for r in rows if r[0] in split and level_of(r, column) == level]).values():
                        stay[:, c, g] += np.mean(values), 1.0

            def values(label):
                """By side, then by group."""
                one_hot = (label[:, None] == np.arange(k)[None, :]).astype(float)
                sums, weights = number @ one_hot + stay[0], weight @ one_hot + stay[1]
                with np.errstate(invalid="ignore", divide="ignore"):
                    ratio = sums / weights
                sides = {}
                for (side, _), row in zip(components, ratio):
                    sides.setdefault(side, []).append(row)
                return {side: np.mean(found, axis=0) for side, found in sides.items()}

            def enough(side):
                subjects = [0] * k
                for c, (name, of) in enumerate(components):
                    if name == side:
                        for g, level in enumerate(labels.names):
                            found = of([r for r in rows if level_of(r, column) == level])
                            subjects[g] = subjects[g] | set(found) if isinstance(subjects[g], set) else set(found)
                return {g for g in range(k) if len(subjects[g]) >= FLOOR}

            observed = values(labels.label)
            kept = {side: sorted(g for g in enough(side) if np.isfinite(found[g])) for side, found in observed.items()}
            rng = np.random.default_rng(77)
            drawn = [values(labels.permuted(rng)) for _ in range(REPLICATES)]
            summaries_ = {}
            for side, groups in kept.items():
                if len(groups) < 2:
                    continue
                spread = "max_minus_min" if kind == "rates" else "max_minus_min_years"
                summaries_[spread, side] = lambda v, side=side, groups=groups: v[side][groups].max() - v[side][groups].min()
                summaries_["gini", side] = lambda v, side=side, groups=groups: gini(v[side][groups])
            if kind == "rates":
                groups = sorted(set(kept["under_age_pass_rate"]) & set(kept["adult_denial_rate"]))
                if len(groups) > 1:
                    u, a = "under_age_pass_rate", "adult_denial_rate"
                    summaries_["garbe", None] = lambda v: (gini(v[u][groups]) + gini(v[a][groups])) / 2
                    summaries_["fairness_discrepancy_rate", None] = lambda v: 1 - (
                        np.ptp(v[u][groups]) + np.ptp(v[a][groups])
                    ) / 2
            for (metric, side), of in summaries_.items():
                at, null = of(observed), np.array([of(v) for v in drawn])
                falls = metric == "fairness_discrepancy_rate"
                hits = np.sum(null <= at + 1e-12) if falls else np.sum(null >= at - 1e-12)
                if kind == "errors":
                    name = "all" if population == "all" else "window:13-17"
                elif side is None:
                    name = "all" if population == "everyone" else f"window:{limit - 5}-{limit + 12}"
                else:
                    name = population_name(side, limit, population)
                variant = "alpha=0.5" if side is None else f"of={side}"
                q = 0.05 if falls else 0.95
                # Standard errors of a quantile of so many draws: half the distance of the order statistics beside it.
                noise = {}
                for key, share in (("median", 0.5), ("tail", q)):
                    step = math.sqrt(share * (1 - share) / REPLICATES)
                    noise[key] = float((np.quantile(null, share + step) - np.quantile(null, share - step)) / 2)
                out.append(
                    place(metric, name, column, None, limit, offset, variant)
                    | dict(null=dict(p=float((1 + hits) / (1 + REPLICATES)), median=float(np.median(null)), tail=float(np.quantile(null, q)), noise=noise))
                )


def main():
    folder = Path(sys.argv[1])
    rows = draw()
    with (folder / "groups.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["subject", "age", "sex", "region", "status", "low", "high", "light"])
        writer.writerows(rows)
    out = []
    against_rest(rows, out)
    shared(rows, out)
    summaries(rows, out)
    fixed(rows, out)
    nulls(rows, out)
    lines = ",\n".join(json.dumps(row, default=float) for row in out)
    (folder / "groups.json").write_text(f"[\n{lines}\n]\n")
    print(len(rows), "attempts,", len(out), "rows")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""An independent computation of the threshold and error rows on a drawn, clustered dataset.

Writes fixtures/golden/clustered.csv (the data: drawn, no person) and fixtures/golden/clustered.json (the numbers), taken
attempt by attempt from the definitions, without tallies. Needs numpy and scipy.

    python3 scripts/validation/clustered.py fixtures/golden
"""

import csv
import json
import math
import sys
from pathlib import Path

import numpy as np
from scipy import stats

Z = stats.norm.ppf(0.975)


def draw():
    """Subjects of several ages and 1-6 attempts, answers with ties, ranges, failures and refusals."""
    rng = np.random.default_rng(20260101)
    rows = []
    for subject in range(420):
        attempts = int(rng.choice([1, 1, 1, 2, 3, 4, 6]))
        age = int(rng.integers(9, 33))
        sex = str(rng.choice(["female", "male"]))
        own = rng.normal(0, 2)
        for _ in range(attempts):
            here = age + int(rng.integers(0, 4))
            region = str(rng.choice(["north", "south", ""]))
            kind = rng.random()
            answer = min(100.0, max(0.0, round(2 * (here + 0.5 + own + rng.normal(0, 2.5))) / 2))
            if kind < 0.05:
                rows.append([subject, here, sex, region, "failed", "", ""])
            elif kind < 0.08:
                rows.append([subject, here, sex, region, "refused", "", ""])
            elif kind < 0.14:
                rows.append([subject, here, sex, region, "answered", answer, answer + 4])
            else:
                rows.append([subject, here, sex, region, "answered", answer, ""])
    order = rng.permutation(len(rows))
    return [rows[i] for i in order]


def decide(row, challenge, tie):
    """'pass', 'deny', 'undecided' or 'none'."""
    _, _, _, _, status, low, high = row
    if status != "answered":
        return "none"
    if high == "":
        passes = low >= challenge if tie == "at_or_above" else low > challenge
        return "pass" if passes else "deny"
    if low >= challenge:
        return "pass"
    return "deny" if high <= challenge else "undecided"


def event(decision, side, policy):
    """None: not in the denominator."""
    if policy == "conditional" and decision in ("undecided", "none"):
        return None
    if decision in ("undecided", "none"):
        passes = policy == "fail_open"
    else:
        passes = decision == "pass"
    return int(passes if side == "under_age_pass_rate" else not passes)


def by_subject(pairs):
    out = {}
    for subject, value in pairs:
        out.setdefault(subject, []).append(value)
    return out


def n_star(p, v, s, most, cap, few):
    if v == 0:
        return cap
    if p in (0, 1):
        return min(most, cap)
    n = min(most, p * (1 - p) / v * (Z / stats.t.ppf(0.975, s - 1)) ** 2)
    return min(n, cap) if few else n


def finish(p, n, counts):
    k = p * n
    centre, half = p + Z * Z / (2 * n), Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    low = 0.0 if p == 0 else (centre - half) / (1 + Z * Z / n)
    high = 1.0 if p == 1 else (centre + half) / (1 + Z * Z / n)
    claim_high = 1.0 if k >= n else stats.beta.ppf(0.95, k + 1, n - k) if k > 0 else 1 - 0.05 ** (1 / n)
    claim_low = 0.0 if k <= 0 else stats.beta.ppf(0.05, k, n - k + 1) if k < n else 0.05 ** (1 / n)
    return dict(value=p, low=low, high=high, claim_low=claim_low, claim_high=claim_high, n_star=n, **counts)


def counts_of(subjects):
    return dict(
        n_attempts=sum(len(values) for values in subjects.values()),
        n_subjects=len(subjects),
        n_events=sum(sum(values) for values in subjects.values()),
        n_event_subjects=sum(any(values) for values in subjects.values()),
    )


def few_events(subjects, trusted=15):
    return (
        sum(any(values) for values in subjects.values()) < trusted
        or sum(not all(values) for values in subjects.values()) < trusted
    )


def rate(subjects, weighting, trusted=15):
    s = len(subjects)
    if s == 0:
        return None
    k = np.array([sum(values) for values in subjects.values()], float)
    m = np.array([len(values) for values in subjects.values()], float)
    if weighting == "subject":
        p = np.mean(k / m)
        v = np.sum((k / m - p) ** 2) / (s * (s - 1)) if s > 1 else 0.0
        cap = s
    else:
        p = k.sum() / m.sum()
        v = s / (s - 1) * np.sum((k - p * m) ** 2) / m.sum() ** 2 if s > 1 else 0.0
        cap = m.sum() ** 2 / np.sum(m**2)
    n = float(s) if np.all(m == 1) else n_star(p, v, s, m.sum(), cap, few_events(subjects, trusted))
    return finish(float(p), float(n), counts_of(subjects))


def window(per_year, weighting):
    """The equal mean of single years; None where a year has nobody."""
    if any(not subjects for subjects in per_year.values()):
        return None
    w = 1 / len(per_year)
    influence, p, cap, spread, pooled = {}, 0.0, 0.0, 0.0, {}
    for subjects in per_year.values():
        k = np.array([sum(values) for values in subjects.values()], float)
        m = np.array([len(values) for values in subjects.values()], float)
        s = len(subjects)
        here = np.mean(k / m) if weighting == "subject" else k.sum() / m.sum()
        p += w * here
        for subject, values in subjects.items():
            ks, ms = sum(values), len(values)
            if s < 2:
                u = 0.0
            elif weighting == "subject":
                u = w * (ks / ms - here) / math.sqrt(s * (s - 1))
            else:
                u = w * (ks - here * ms) / m.sum() * math.sqrt(s / (s - 1))
            influence[subject] = influence.get(subject, 0.0) + u
            pooled.setdefault(subject, []).extend(values)
        own_cap = s if weighting == "subject" else m.sum() ** 2 / np.sum(m**2)
        cap = max(cap, w / own_cap)
        spread += w * w / m.sum()
    v = sum(u * u for u in influence.values())
    n = n_star(p, v, len(pooled), 1 / spread, 1 / cap, few_events(pooled))
    return finish(float(p), float(n), counts_of(pooled))


def thresholds(rows, out, group):
    for limit in (16, 18):
        for offset in (0, 5, 9):
            challenge = limit + offset
            for side in ("under_age_pass_rate", "adult_denial_rate"):
                under = side == "under_age_pass_rate"
                years = range(limit - 5, limit) if under else range(limit, limit + 13)
                for policy in ("conditional", "fail_closed", "fail_open"):
                    if group and policy != "conditional":
                        continue
                    subset = [r for r in rows if not group or r[2] == group]

                    def events(keep):
                        pairs = ((r[0], event(decide(r, challenge, "at_or_above"), side, policy)) for r in subset if keep(r[1]))
                        return by_subject((s, e) for s, e in pairs if e is not None)

                    everybody = events(lambda age: (age < limit) == under)
                    per_year = {year: events(lambda age: age == year) for year in years}
                    for weighting in ("subject", "attempt"):
                        if group and weighting == "attempt":
                            continue
                        place = dict(
                            metric=side, limit=limit, challenge=challenge, failure_policy=policy, weighting=weighting
                        )
                        if group:
                            place.update(group_by="sex", group=group)
                        out.append({**place, "population": "under" if under else "over", **rate(everybody, weighting)})
                        found = window(per_year, weighting)
                        if found:
                            out.append({**place, "population": f"window:{years[0]}-{years[-1]}", **found})
                        if not group and policy == "conditional" and weighting == "subject":
                            for year in years:
                                found = rate(per_year[year], weighting)
                                if found:
                                    out.append({**place, "population": f"age:{year}", **found})


def mean(subjects, weighting):
    s = len(subjects)
    k = np.array([sum(values) for values in subjects.values()])
    m = np.array([len(values) for values in subjects.values()], float)
    if weighting == "subject":
        x = np.mean(k / m)
        v = np.sum((k / m - x) ** 2) / (s * (s - 1))
    else:
        x = k.sum() / m.sum()
        v = s / (s - 1) * np.sum((k - x * m) ** 2) / m.sum() ** 2
    half = stats.t.ppf(0.975, s - 1) * math.sqrt(v)
    return float(x), float(x - half), float(x + half)


def root(mean, _low, high):
    """The root of a mean of squares, its bounds those of the logarithm."""
    half = (high - mean) / (2 * mean)
    return math.sqrt(mean), math.sqrt(mean) * math.exp(-half), math.sqrt(mean) * math.exp(half)


def errors(rows, out):
    for variant, shift in (("", 0.0), ("age=mid", 0.5)):
        pairs = [(r[0], r[5] - r[1] - shift) for r in rows if r[4] == "answered" and r[6] == ""]
        for weighting in ("subject", "attempt"):
            place = dict(population="all", weighting=weighting, variant=variant)
            for name, of in (("bias", lambda e: e), ("mae", abs), ("rmse", lambda e: e * e)):
                found = mean(by_subject((s, of(e)) for s, e in pairs), weighting)
                if name == "rmse":
                    found = root(*found)
                out.append(dict(metric=name, **place, value=found[0], low=found[1], high=found[2]))
            if not variant:
                found = rate(by_subject((s, int(abs(e) <= 5)) for s, e in pairs), weighting)
                out.append(dict(metric="within_5_years", **place, **found))
    pairs = [(r[0], r[5] - r[1]) for r in rows if r[4] == "answered" and r[6] == ""]
    values = np.array([abs(e) for _, e in pairs])
    for name, share in (("median_absolute_error", 0.5), ("p90_absolute_error", 0.9), ("p95_absolute_error", 0.95)):
        value = np.quantile(values, share)
        below = rate(by_subject((s, int(abs(e) <= value)) for s, e in pairs), "attempt", trusted=0)
        half = stats.norm.ppf(0.975) * math.sqrt(share * (1 - share) / below["n_star"])
        out.append(
            dict(
                metric=name,
                population="all",
                weighting="attempt",
                value=float(value),
                low=float(np.quantile(values, max(0, share - half))),
                high=float(np.quantile(values, min(1, share + half))),
            )
        )
    true = np.array([r[1] for r in rows if r[4] == "answered" and r[6] == ""], float)
    answers = np.array([r[5] for r in rows if r[4] == "answered" and r[6] == ""], float)
    line = stats.linregress(true, answers)
    place = dict(population="all", weighting="attempt")
    out.append(dict(metric="slope", **place, value=float(line.slope)))
    out.append(dict(metric="r_squared", **place, value=float(line.rvalue**2)))
    out.append(dict(metric="sd", **place, value=float(np.std(answers - true, ddof=1))))


def main():
    folder = Path(sys.argv[1])
    rows = draw()
    with (folder / "clustered.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["subject", "age", "sex", "region", "status", "low", "high"])
        writer.writerows(rows)
    out = []
    thresholds(rows, out, None)
    thresholds(rows, out, "female")
    errors(rows, out)
    for place in out:
        for key in ("value", "low", "high", "claim_low", "claim_high", "n_star"):
            if key in place:
                place[key] = float(place[key])
    lines = ",\n".join(json.dumps(place) for place in out)
    (folder / "clustered.json").write_text(f"[\n{lines}\n]\n")
    print(len(rows), "attempts,", len(out), "rows")


if __name__ == "__main__":
    main()

"""Attacks published rows: what can be concluded about the small counts that they do not show?

    python3 scripts/validation/attack.py FOLDER...

Each FOLDER holds release.csv (published rows, and nothing else is used to build the constraints), perhaps earlier.csv (rows of
an earlier release), small.csv (which counts are small and not to be recovered: used only to judge) and about.json. Written
apart from src/publish/disclosure: passes are cumulative here, the solver is HiGHS (through SciPy). A line of JSON a folder.
"""

import csv
import json
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_matrix

LARGEST = {"uk_7_5": 7, "threshold_10": 9, "midpoint6": 0}
WITHOUT = {"involuntary_failure_rate": 0, "refusal_rate": 1, "abstention_rate": 2}
# Rows whose n is a count of its own: of attempts, and of attempts answered with an age.
ALONE = {"flow_attempted", "mae"}
# Rows that say, by having a value, of how many people at least they are.
PEOPLE = {"bias": 30, "mae": 30, "rmse": 30, "median_absolute_error": 30}
PEOPLE |= {"p90_absolute_error": 36, "p95_absolute_error": 72, "p99_absolute_error": 368}
RATES = {"under_age_pass_rate": "pass", "adult_denial_rate": "deny"}


def interval(rule, shown):
    """The counts that a published number may stand for."""
    if rule == "uk_7_5":
        return [c for c in range(max(0, shown - 10), shown + 11) if c > 7 and 5 * ((c + 2) // 5) == shown]
    if rule == "midpoint6":
        return [c for c in range(0, shown + 7) if (0 if c == 0 else -(-c // 6) * 6 - 3) == shown]
    return [shown]


def ages(row):
    limit = int(row["limit"])
    if row["population"] == "under":
        return 0, limit
    if row["population"] == "over":
        return limit, 999
    first, last = row["population"].split(":")[1].split("-")
    return int(first), int(last) + 1


class System:
    """Variables at least 0, equalities, and bounds of sums; and the most that can be asked of several sums at once."""

    def __init__(self):
        self.count, self.equal, self.least = 0, [], []

    def new(self, shape):
        block = np.arange(self.count, self.count + int(np.prod(shape))).reshape(shape)
        self.count += block.size
        return block

    def close(self, targets, largest):
        """Makes the matrices, once for all programmes: for each target a variable that is at most it and at most `largest`."""
        self.targets = [(np.fromiter(t, int), np.fromiter(t.values(), float)) for t in targets]
        self.base = self.count
        capped = self.new(len(targets))
        rows, limits = [], []
        for terms, low, high in self.least:
            if high is not None:
                rows.append(terms), limits.append(high)
            if low:
                rows.append({v: -w for v, w in terms.items()}), limits.append(-low)
        for y, terms in zip(capped, targets):
            rows.append({int(y): 1.0} | {v: -w for v, w in terms.items()}), limits.append(0)

        def matrix(rows):
            i = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
            v = np.fromiter((v for row in rows for v in row), int)
            w = np.fromiter((w for row in rows for w in row.values()), float)
            return coo_matrix((w, (i, v)), shape=(len(rows), self.count)).tocsr()

        self.matrices = {"A_ub": matrix(rows), "b_ub": np.array(limits, float)}
        self.matrices |= {"A_eq": matrix(self.equal), "b_eq": np.zeros(len(self.equal))}
        self.bounds = np.zeros((self.count, 2))
        self.bounds[:, 1] = np.inf
        self.bounds[capped, 1] = largest

    def at_end(self, wanted, up):
        """The values of the wanted targets in a world that has as many of them as it can at their largest, or at 0."""
        c = np.zeros(self.count)
        if up:
            c[self.base + np.array(wanted)] = -1.0
        else:
            for index in wanted:
                np.add.at(c, self.targets[index][0], self.targets[index][1])
        found = linprog(c, **self.matrices, bounds=self.bounds, method="highs")
        assert found.status == 0, f"the published rows contradict each other: {found.message}"
        return {index: float(found.x[self.targets[index][0]] @ self.targets[index][1]) for index in wanted}


def plus(*parts):
    """The sum of linear expressions, each (weight, variables)."""
    terms = {}
    for weight, variables in parts:
        for variable in np.ravel(variables):
            terms[int(variable)] = terms.get(int(variable), 0.0) + weight
    return {v: w for v, w in terms.items() if w}


class Attack:
    def __init__(self, rows, about):
        self.rule, self.largest = about["rule"], LARGEST[about["rule"]]
        spoken = [r for r in rows if r["metric"] in RATES and r["n_attempts"] + r["status"] != "not_applicable"]
        self.methods = sorted({r["method"] for r in rows})
        self.groups = [("", "")]
        named = sorted({(r["group_by"], r["group"]) for r in rows if r["group_by"]})
        columns = sorted({by for by, _ in named} | set(about["unnamed"]))
        for by in columns:
            self.groups += [g for g in named if g[0] == by]
            if by in about["unnamed"]:
                self.groups.append((by, ""))
        self.edges = sorted({0} | {a for r in spoken for a in ages(r) if a < 999})
        self.ages = sorted({float(r["challenge"]) for r in spoken if r["challenge"] and r["status"] != "not_applicable"})
        # Methods that decide themselves, at these limits.
        decided = sorted({(r["method"], int(r["limit"])) for r in spoken if not r["challenge"]})
        self.decided = {}
        s = self.system = System()
        levels, segments, ladder = len(self.groups), len(self.edges), len(self.ages)
        self.answered, self.none, self.passed, self.denied, self.kinds = {}, {}, {}, {}, {}
        for m in self.methods:
            self.answered[m] = s.new((levels, segments))
            self.none[m] = s.new((levels, segments))
            self.passed[m] = s.new((levels, segments, ladder))
            self.kinds[m] = s.new((levels, 3))
            undecided = m in about["undecided"]
            self.denied[m] = s.new((levels, segments, ladder)) if undecided else None
            for limit in (limit for of, limit in decided if of == m):
                passed, denied = self.decided[m, limit] = s.new((levels, segments)), s.new((levels, segments))
                for place in np.ndindex(passed.shape):
                    terms = plus((1, passed[place]), (1, denied[place]), (-1, self.answered[m][place]))
                    s.least.append((terms, None, 0))
            for g in range(levels):
                s.equal.append(plus((1, self.kinds[m][g]), (-1, self.none[m][g])))
                for a in range(segments):
                    f = self.passed[m][g, a]
                    for c in range(ladder):
                        above = f[c - 1] if c else self.answered[m][g, a]
                        s.least.append((plus((1, f[c]), (-1, above)), None, 0))
                        if undecided:
                            d = self.denied[m][g, a]
                            s.least.append((plus((1, f[c]), (1, d[c]), (-1, self.answered[m][g, a])), None, 0))
                            if c:
                                # Who leaves "pass" from one age to the next, and who enters "deny", are people who can.
                                s.least.append((plus((1, d[c - 1]), (-1, d[c])), None, 0))
                    first = self.methods[0]
                    if m != first:
                        s.equal.append(
                            plus(
                                (1, self.answered[m][g, a]),
                                (1, self.none[m][g, a]),
                                (-1, self.answered[first][g, a]),
                                (-1, self.none[first][g, a]),
                            )
                        )
            for by in columns:
                own = [i for i, g in enumerate(self.groups) if g[0] == by]
                blocks = [self.answered[m], self.none[m], self.passed[m], self.kinds[m]]
                blocks += [block for (of, _), pair in self.decided.items() if of == m for block in pair]
                for block in blocks + ([self.denied[m]] if undecided else []):
                    for place in np.ndindex(block.shape[1:]):
                        s.equal.append(plus((1, block[(own, *place)]), (-1, block[(0, *place)])))
        self.sums = {}

    def read(self, rows):
        """Bounds from published rows."""
        for r in rows:
            flags = r["flags"].split(";")
            rule = next((f for f in flags if f in LARGEST), None)
            if rule and r["metric"] in PEOPLE and r["value"]:
                answered = self.answered[r["method"]][self.groups.index((r["group_by"], r["group"]))]
                self.system.least.append((plus((1, answered)), PEOPLE[r["metric"]], None))
            if rule is None or not self.speaks(r) or r["status"] == "not_applicable":
                continue
            shown = {"n": (r["n_attempts"], "n_summed"), "events": (r["n_events"], "events_summed")}
            for which, (cell, summed) in shown.items():
                if which == "events" and r["metric"] in ALONE:
                    continue
                terms = self.terms(r, which)
                if cell and summed not in flags:
                    possible = interval(rule, int(cell))
                    self.system.least.append((terms, min(possible), max(possible)))
                elif which == "events" and not cell and "redacted" in flags:
                    self.system.least.append((terms, 0, LARGEST[rule]))
                elif which == "events" and not cell and r["n_attempts"] and "withheld" in flags and not r["group_by"]:
                    # Were the events of the whole dataset few, the row would say so.
                    if r["n_subjects"] and not self.is_small(r):
                        self.system.least.append((terms, LARGEST[rule] + 1, None))

    def is_small(self, row):
        return any(s["count"] and all(s[k] == row[k] for k in ("method", "metric", "limit", "challenge", "population")) and
                   not s["group_by"] and s["which"] == "events" for s in self.small)

    def speaks(self, r):
        return r["metric"] in {*RATES, *WITHOUT, *ALONE}

    def terms(self, r, which):
        m, g = r["method"], self.groups.index((r["group_by"], r["group"]))
        if r["metric"] == "mae":
            return plus((1, self.answered[m][g]))
        if r["metric"] not in RATES:
            if which == "n":
                return plus((1, self.answered[m][g]), (1, self.none[m][g]))
            return plus((1, self.kinds[m][g, WITHOUT[r["metric"]]]))
        low, high = ages(r)
        segment = [i for i, e in enumerate(self.edges) if low <= e < high]
        if r["challenge"]:
            c = self.ages.index(float(r["challenge"]))
            passed = (1, self.passed[m][g, segment, c])
            if self.denied[m] is None:
                denied = [(1, self.answered[m][g, segment]), (-1, self.passed[m][g, segment, c])]
            else:
                denied = [(1, self.denied[m][g, segment, c])]
        else:
            passed, own = ((1, block[g, segment]) for block in self.decided[m, int(r["limit"])])
            denied = [own]
        event = [passed] if RATES[r["metric"]] == "pass" else denied
        other = denied if RATES[r["metric"]] == "pass" else [passed]
        return plus(*{"n": event + other, "events": event, "others": other}[which])

    def recovered(self, small):
        """The targets whose range is not all of 0 to the largest redacted count."""
        terms = [self.terms(s, s["which"]) for s in small]
        # Several rows speak of one count.
        place = {}
        first = [place.setdefault(tuple(sorted(t.items())), i) for i, t in enumerate(terms)]
        self.system.close(terms, self.largest)
        lost = []
        for up in (True, False):
            left, end = sorted(set(first)), "up" if up else "down"
            alone = False
            while left:
                value = self.system.at_end(left[:1] if alone else left, up)
                still = [i for i, x in value.items() if (x < self.largest - 1e-6 if up else x > 1e-6)]
                if len(value) == 1:
                    lost += [(s, end, value[i]) for i in still for s, of in zip(small, first) if of == i]
                    left = left[1:]
                else:
                    # Where together none is at its end, the first one is tried alone.
                    alone, left = len(still) == len(left), still
                    continue
                alone = False
        return lost


def attack(folder):
    def rows(name):
        path = folder / name
        return list(csv.DictReader(path.open())) if path.exists() else []

    release, earlier, small = rows("release.csv"), rows("earlier.csv"), rows("small.csv")
    one = Attack(release + earlier, json.loads((folder / "about.json").read_text()))
    one.small = small
    one.read(release)
    one.read(earlier)
    lost = one.recovered(small)
    return {
        "folder": folder.name,
        "targets": len(small),
        "recovered": [
            " ".join([s["method"], s["group_by"], s["group"], s["metric"], s["limit"], s["challenge"], s["population"], s["which"], s["count"], end, f"{x:.3f}"])
            for s, end, x in lost
        ],
    }


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(json.dumps(attack(Path(name))), flush=True)

#!/usr/bin/env python3
"""Independent values for comparisons of two methods on the same people.

Writes fixtures/golden/comparison.json: Tango's score interval by maximising the likelihood numerically under each
difference (no closed form), the example printed in Tango (1998), and the exact McNemar test of statsmodels. Needs numpy,
scipy and statsmodels.

    python3 scripts/validation/comparison.py fixtures/golden
"""

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


def main():
    out = Path(sys.argv[1])
    golden = {
        "source": "scipy, statsmodels; scripts/validation/comparison.py",
        "tango_30_10_200": case(30, 10, 200),
        # Tango (1998), example of Table V: 43 pairs positive by both, b = 0, c = 1 of 44; printed: -0.118, 0.061.
    }
    out.joinpath("comparison.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Values for planning (src/stats/presented.rs, paired_power.rs, intra.rs) from SciPy, by trying every number.

Writes fixtures/golden/plan.json. Needs numpy, scipy and statsmodels.

    python3 scripts/validation/plan.py fixtures/golden/plan.json
"""

import json
import sys

import numpy as np
import scipy
import scipy.optimize
import scipy.stats
import statsmodels
from statsmodels.stats.proportion import proportion_confint

LEVEL = 0.95


def carries(k, n, least=30, width=0.3, small=0.05, share=1.3):
    """Which counts can carry a claim under the default protocol, with statsmodels' Wilson intervals."""
    k = np.asarray(k)
    low, high = proportion_confint(k, n, alpha=0.05, method="wilson")
    wide, p = high - low, k / n
    return (n >= least) & (wide <= width) & ((wide <= small) | (wide <= share * p))


def bounds(k, n):
    """One-sided upper Clopper-Pearson bounds."""
    return np.where(k == n, 1.0, scipy.stats.beta.ppf(LEVEL, k + 1, np.maximum(n - k, 1e-300)))


def shown(n, limit):
    """The counts that show the limit and can carry it."""
    # No count above n * limit has a bound at or below the limit.
    k = np.arange(0, int(n * limit) + 2)
    k = k[k <= n]
    return k[(bounds(k, n) <= limit) & carries(k, n)]


def presented():
    cases = []
    for limit, shares in [(0.05, (0, 0.1, 0.25, 0.5)), (0.1, (0, 0.1, 0.5)), (0.01, (0, 0.1, 0.25, 0.5)), (0.2, (0, 0.25, 0.5)), (0.03, (0, 0.3))]:
        for share in shares:
            for wanted in (0.8, 0.9):
                rate = limit * share
                horizon = int(12 / limit / (1 - share) ** 2) + 400
                powers = np.array([0.0] + [scipy.stats.binom.pmf(shown(n, limit), n, rate).sum() for n in range(1, horizon)])
                needed = int(np.nonzero(powers < wanted)[0][-1]) + 1
                assert needed < horizon * 0.8, (limit, rate, needed, horizon)
                at = sorted({40, 73, 100, needed - 1, needed, needed + 17} & set(range(1, horizon)))
                cases.append(
                    {"limit": limit, "rate": rate, "wanted": wanted, "needed": needed, "powers": [{"n": n, "power": float(powers[n])} for n in at]}
                )
    return cases


def presented_sets():
    cases = []
    for n, rate, limit in [
        (25, 0.0, 0.2), (40, 0.0, 0.2), (59, 0.0, 0.05), (73, 0.0, 0.05), (80, 0.004, 0.05), (120, 0.005, 0.05), (200, 0.01, 0.05),
        (300, 0.0, 0.01), (300, 0.001, 0.02), (1000, 0.005, 0.01), (150, 0.08, 0.2), (60, 0.1, 0.3), (5000, 0.01, 0.02),
    ]:
        k = np.arange(0, n + 1)
        fine = carries(k, n)
        sums = np.cumsum(np.where(fine, scipy.stats.binom.pmf(k, n, rate), 0.0))
        enough = np.nonzero((sums >= 0.8) & fine)[0]
        least = float(bounds(enough[:1], n)[0]) if len(enough) and enough[0] < n else None
        accepted = shown(n, limit)
        power = lambda r: scipy.stats.binom.pmf(accepted, n, r).sum()
        rates = np.linspace(0, limit, 20001)
        passing = [r for r in rates if power(r) >= 0.8] if len(accepted) else []
        largest = None
        if passing and passing[-1] < limit:
            largest = float(scipy.optimize.brentq(lambda r: power(r) - 0.8, passing[-1], passing[-1] + limit / 20000, xtol=1e-14))
        cases.append({"n": n, "rate": rate, "limit": limit, "least_limit": least, "largest_rate": largest})
    return cases


def tango_below(b, c, n, margin):
    """Whether Tango's upper one-sided bound is below the margin: his statistic at the margin, from his closed form (1998, eq. 6 to 10)."""
    z = scipy.stats.norm.ppf(LEVEL)
    first = 2 * n
    second = -b - c + (2 * n - b + c) * margin
    third = -c * margin * (1 - margin)
    q = (np.sqrt(second**2 - 4 * first * third) - second) / (2 * first)
    statistic = (b - c - n * margin) / np.sqrt(n * (2 * q + margin * (1 - margin)))
    return statistic < -z


def paired(n, discordant, margin):
    """Every pair of counts of a trinomial, added up."""
    b, c = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
    inside = b + c <= n
    b, c = b[inside].astype(float), c[inside].astype(float)
    fine = tango_below(b, c, n, margin)
    if discordant == 0:
        return float(fine[(b == 0) & (c == 0)][0])
    logs = scipy.special.gammaln(n + 1) - scipy.special.gammaln(b + 1) - scipy.special.gammaln(c + 1) - scipy.special.gammaln(n - b - c + 1)
    chance = np.exp(logs + (b + c) * np.log(discordant / 2) + (n - b - c) * np.log1p(-discordant))
    return float(chance[fine].sum())


def paired_power():
    cells = [(30, 0.1, 0.1), (52, 0.0, 0.05), (51, 0.0, 0.05), (80, 0.05, 0.05), (120, 0.05, 0.05), (150, 0.2, 0.1), (200, 0.02, 0.03)]
    cells += [(300, 0.1, 0.05), (300, 0.4, 0.08), (500, 0.02, 0.02), (7, 0.3, 0.5), (600, 0.05, 0.02)]
    return [{"n": n, "discordant": d, "margin": m, "power": paired(n, d, m)} for n, d, m in cells]


def paired_needed():
    cases = []
    for discordant, margin, wanted, horizon in [(0.02, 0.05, 0.8, 260), (0.05, 0.05, 0.8, 330), (0.1, 0.1, 0.9, 260), (0.05, 0.1, 0.8, 160), (0.2, 0.1, 0.8, 330)]:
        powers = np.array([0.0] + [paired(n, discordant, margin) for n in range(1, horizon)])
        needed = int(np.nonzero(powers < wanted)[0][-1]) + 1
        assert needed < horizon * 0.85, (discordant, margin, needed, horizon)
        cases.append({"discordant": discordant, "margin": margin, "wanted": wanted, "n": needed})
    return cases


def share_with_event():
    cases = []
    for rate, attempts, correlation in [(0.01, 1, 0.3), (0.01, 3, 0.1), (0.01, 3, 0.8), (0.2, 5, 0.5), (0.05, 10, 0.02), (0.5, 2, 0.4), (0.001, 4, 0.6), (0.9, 3, 0.2), (0.03, 50, 0.25)]:
        a, b = rate * (1 - correlation) / correlation, (1 - rate) * (1 - correlation) / correlation
        cases.append({"rate": rate, "attempts": attempts, "correlation": correlation, "share": float(1 - scipy.stats.betabinom.pmf(0, attempts, a, b))})
    return cases


def clustered():
    """The mean n* (METRICS M15) of drawn datasets of beta-binomial subjects, as many of them as planned."""
    rng = np.random.default_rng(7)
    cases = []
    for n, rate, attempts, correlation, draws in [(600, 0.08, 3, 0.2, 4000), (1500, 0.03, 5, 0.5, 4000), (400, 0.3, 2, 0.6, 4000), (2000, 0.05, 10, 0.1, 4000)]:
        effect = 1 + (attempts - 1) * correlation
        subjects = n
        for _ in range(20):
            correction = (scipy.stats.t.ppf(0.975, subjects - 1) / scipy.stats.norm.ppf(0.975)) ** 2
            subjects = int(np.ceil(n * effect / attempts * correction * (1 - 1e-12)))
        a, b = rate * (1 - correlation) / correlation, (1 - rate) * (1 - correlation) / correlation
        events = rng.binomial(attempts, rng.beta(a, b, (draws, subjects)))
        shares = events / attempts
        p, v = shares.mean(axis=1), shares.var(axis=1, ddof=1) / subjects
        n_star = np.minimum(subjects * attempts, p * (1 - p) / v / correction)
        few = ((events > 0).sum(axis=1) < 15) | ((events < attempts).sum(axis=1) < 15)
        n_star = np.where(few, np.minimum(n_star, subjects), n_star)
        cases.append({"n": n, "rate": rate, "attempts": attempts, "correlation": correlation, "subjects": subjects, "mean_n_star": float(n_star.mean())})
    return cases


def main():
    made = {
        "_made_with": f"scripts/validation/plan.py, scipy {scipy.__version__}, statsmodels {statsmodels.__version__}",
        "presented": presented(),
        "presented_sets": presented_sets(),
        "paired_power": paired_power(),
        "paired_needed": paired_needed(),
        "share_with_event": share_with_event(),
        "clustered": clustered(),
    }
    with open(sys.argv[1], "w") as out:
        json.dump(made, out, indent=1)
        out.write("\n")


main()

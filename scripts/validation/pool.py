#!/usr/bin/env python3
"""Values for putting studies together (src/stats/meta.rs) from statsmodels and SciPy.

Writes fixtures/golden/pool.json. Needs numpy, scipy and statsmodels.

    python3 scripts/validation/pool.py fixtures/golden/pool.json
"""

import json
import sys

import numpy as np
import scipy
import scipy.optimize
import scipy.special
import scipy.stats
import statsmodels
import statsmodels.stats.proportion
from statsmodels.stats.meta_analysis import combine_effects

# Colditz et al. (1994), JAMA 271: ill and well with and without BCG.
BCG = [
    (4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209), (62, 13536, 248, 12619), (33, 5036, 47, 5761), (180, 1361, 372, 1079), (8, 2537, 10, 619),
    (505, 87886, 499, 87892), (29, 7470, 45, 7232), (17, 1699, 65, 1600), (186, 50448, 141, 27197), (5, 2493, 3, 2338), (27, 16886, 29, 17825),
]  # fmt: skip


def combined():
    rng = np.random.default_rng(5)
    cases = []
    for studies, tau in [(2, 0.5), (3, 0.0), (5, 0.2), (8, 1.0), (20, 0.3)]:
        variance = rng.uniform(0.01, 0.3, studies)
        value = rng.normal(-3, tau, studies) + rng.normal(0, np.sqrt(variance))
        res = combine_effects(value, variance, method_re="iterated", use_t=False)
        fixed, _, _, _ = res.conf_int(alpha=0.05, use_t=False)
        _, random, _, _ = res.conf_int(alpha=0.05, use_t=True)
        tau2 = max(0.0, float(res.tau2))
        # statsmodels lets the variance fall below 0: then the random effects are the fixed ones with Student's quantile.
        if res.tau2 <= 0:
            half = scipy.stats.t.ppf(0.975, studies - 1) * res.sd_eff_w_fe
            random = (res.mean_effect_fe - half, res.mean_effect_fe + half)
        cases.append(
            {
                "value": value.tolist(), "variance": variance.tolist(), "q": float(res.q), "q_p": float(scipy.stats.chi2.sf(res.q, studies - 1)),
                "i2": float(max(0.0, 1 - (studies - 1) / res.q)), "tau2_pm": tau2, "fixed": float(res.mean_effect_fe), "fixed_low": float(fixed[0]),
                "random": float(res.mean_effect_re if res.tau2 > 0 else res.mean_effect_fe), "random_low": float(random[0]), "random_high": float(random[1]),
            }
        )  # fmt: skip
    return cases


def bcg():
    a, b, c, d = np.array(BCG, dtype=float).T
    value = np.log(a / (a + b) / (c / (c + d)))
    variance = 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)
    k = len(BCG)

    def q(tau2):
        w = 1 / (variance + tau2)
        mean = (w * value).sum() / w.sum()
        return (w * (value - mean) ** 2).sum()

    tau2 = scipy.optimize.brentq(lambda t: q(t) - (k - 1), 0, 10, xtol=1e-15)
    w = 1 / (variance + tau2)
    mean, se = (w * value).sum() / w.sum(), w.sum() ** -0.5
    half = scipy.stats.t.ppf(0.975, k - 2) * np.sqrt(tau2 + se**2)
    return {"q": q(0.0), "tau2": tau2, "mean": mean, "se": se, "prediction_low": mean - half, "prediction_high": mean + half}


def holders():
    """Three holders of seventeen-year-olds: who pass are answered 20, the others 15. What tests/suite/pool.rs puts together."""
    counts = [(5, 100), (0, 150), (12, 200)]
    events, n = np.array(counts, dtype=float).T
    add = np.where(events == 0, 0.5, 0.0)
    value = np.log((events + add) / (n - events + add))
    variance = 1 / (events + add) + 1 / (n - events + add)

    def pooled(value, variance):
        k = len(value)

        def q(tau2):
            w = 1 / (variance + tau2)
            return (w * (value - (w * value).sum() / w.sum()) ** 2).sum()

        tau2 = scipy.optimize.brentq(lambda t: q(t) - (k - 1), 0, 100, xtol=1e-15) if q(0) > k - 1 else 0.0
        w = 1 / (variance + tau2)
        mean, se = (w * value).sum() / w.sum(), w.sum() ** -0.5
        half, more = scipy.stats.t.ppf(0.975, k - 1) * se, scipy.stats.t.ppf(0.975, k - 2) * np.sqrt(tau2 + se**2)
        return {
            "q": q(0), "q_p": scipy.stats.chi2.sf(q(0), k - 1), "i_squared": max(0, 1 - (k - 1) / q(0)), "tau_squared": tau2, "value": mean, "low": mean - half,
            "high": mean + half, "prediction_low": mean - more, "prediction_high": mean + more,
        }  # fmt: skip

    rate = pooled(value, variance)
    for key in ["value", "low", "high", "prediction_low", "prediction_high"]:
        rate[key] = float(scipy.special.expit(rate[key]))
    e, m = events.sum(), n.sum()
    fixed = {"value": e / m, "claim_high": scipy.stats.beta.ppf(0.95, e + 1, m - e), "claim_low": scipy.stats.beta.ppf(0.05, e, m - e + 1)}
    low, high = statsmodels.stats.proportion.proportion_confint(e, m, alpha=0.05, method="wilson")
    fixed |= {"low": low, "high": high}
    # Absolute errors of 3 and of 2 years; nobody errs in the second holder otherwise than by 2, so that its variance is 0.
    p = events / n
    mean, of_mean = 2 + p, p * (1 - p) / (n - 1)
    w = 1 / of_mean[[0, 2]]
    mae = {"value": (w * mean[[0, 2]]).sum() / w.sum()}
    return {"counts": counts, "rate": {key: float(v) for key, v in rate.items()}, "fixed": {key: float(v) for key, v in fixed.items()}, "mae": {key: float(v) for key, v in mae.items()}}


def main():
    made = {"_made_with": f"scripts/validation/pool.py, scipy {scipy.__version__}, statsmodels {statsmodels.__version__}", "combined": combined(), "bcg": bcg(), "holders": holders()}
    with open(sys.argv[1], "w") as out:
        json.dump(made, out, indent=1)
        out.write("\n")


main()

#!/usr/bin/env python3
"""Values for src/stats from SciPy, statsmodels and scikit-learn, or from definitions written out without speed in mind.

Writes fixtures/golden/stats.json. Needs numpy, scipy, statsmodels and scikit-learn.

    python3 scripts/validation/stats.py fixtures/golden/stats.json
"""

import json
import sys

import numpy as np
import scipy
import scipy.stats
import sklearn
import statsmodels
from statsmodels.stats.meta_analysis import combine_effects


def dersimonian_laird():
    """Between-group variance, statsmodels' one-step method of moments."""
    rng = np.random.default_rng(1)
    cases = []
    for groups, tau in [(2, 0.1), (5, 0.02), (12, 0.5), (12, 0.0), (40, 1.0)]:
        variance = rng.uniform(0.001, 0.05, groups)
        value = rng.normal(0.3, tau, groups) + rng.normal(0, np.sqrt(variance))
        tau2 = max(0.0, combine_effects(value, variance, method_re="dl").tau2)
        cases.append({"value": value.tolist(), "variance": variance.tolist(), "tau2": tau2})
    return cases


def poisson_weights():
    """The first weights of the Poisson bootstrap, from the text of its definition, one at a time."""
    m64, m32, golden = 2**64 - 1, 2**32 - 1, 0x9E3779B97F4A7C15

    def mix(x):
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & m64
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB & m64
        return x ^ (x >> 31)

    def key(seed, counters):
        k = mix((seed + golden) & m64)
        for counter in counters:
            k = mix(((k + golden) & m64) ^ mix((counter + golden) & m64))
        return k

    def bits(k, counter):
        x = ((k & m32) + counter * 0x9E3779B9) & m32
        x = ((x ^ (x >> 16)) * 0x21F0AAAD & m32) ^ (k >> 32)
        x = (x ^ (x >> 15)) * 0xD35A2D97 & m32
        return x ^ (x >> 15)

    steps = np.round(65536 * scipy.stats.poisson.cdf(np.arange(8), 1))
    cases = []
    for seed, rank in [(0, 0), (0, 1), (12345678901234567, 9999999)]:
        weights = []
        for replicate in range(128):
            block, lane = divmod(replicate, 64)
            drawn = bits(key(seed, [0x626F6F74, rank]), block * 32 + lane % 32)
            half = drawn & 0xFFFF if lane < 32 else drawn >> 16
            weights.append(int((half >= steps).sum()))
        cases.append({"seed": seed, "rank": rank, "weights": weights})
    return cases


def main(path):
    values = {
        "source": f"numpy {np.__version__}, scipy {scipy.__version__}, statsmodels {statsmodels.__version__}, "
        f"scikit-learn {sklearn.__version__}; scripts/validation/stats.py",
        "dersimonian_laird": dersimonian_laird(),
        "poisson_weights": poisson_weights(),
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(values, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])

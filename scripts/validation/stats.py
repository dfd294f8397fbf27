#!/usr/bin/env python3
"""Values for src/stats from SciPy, statsmodels and scikit-learn, or from definitions written out without speed in mind.

Writes fixtures/golden/stats.json. Needs numpy, scipy, statsmodels and scikit-learn.

    python3 scripts/validation/stats.py fixtures/golden/stats.json
"""

import json
import sys

import numpy as np
import scipy
import scipy.optimize
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


def tango():
    """Score bounds of a paired difference; the constrained likelihood is maximised numerically."""
    z = scipy.stats.norm.ppf(0.975)

    def statistic(b, c, n, delta):
        low, high = max(0.0, -delta), (1 - delta) / 2

        def loss(q):
            p = q + delta
            rest = 1 - p - q
            terms = [(b, p), (c, q), (n - b - c, rest)]
            return -sum(k * np.log(max(x, 1e-300)) for k, x in terms if k > 0)

        q = scipy.optimize.minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-14}).x
        variance = max(2 * q + delta * (1 - delta), 1e-300)
        return (b - c - n * delta) / np.sqrt(n * variance)

    cases = []
    for b, c, n in [(1, 0, 44), (0, 1, 29), (2, 4, 50), (9, 2, 60), (5, 5, 100), (12.5, 3.25, 90), (40, 61, 1000), (3, 30, 45), (0.4, 0, 60)]:
        point = (b - c) / n
        high = scipy.optimize.brentq(lambda d: statistic(b, c, n, d) + z, point + 1e-9, 1 - 1e-9, xtol=1e-13)
        low = scipy.optimize.brentq(lambda d: statistic(b, c, n, d) - z, -1 + 1e-9, point - 1e-9, xtol=1e-13)
        cases.append({"b": b, "c": c, "n": n, "low": low, "high": high})
    return cases


def sign_flip_all():
    """All sign flips, by scipy's permutation test."""
    rng = np.random.default_rng(2)
    cases = []
    shares = [k / m for m in (1, 2, 3, 4) for k in range(-m, m + 1) if k]
    for size in [2, 3, 5, 9, 12]:
        d = rng.choice(shares, size)
        result = scipy.stats.permutation_test(
            (d,), lambda x, axis: np.round(np.sum(x, axis=axis), 9), permutation_type="samples", n_resamples=np.inf, vectorized=True
        )
        cases.append({"d": d.tolist(), "p": float(result.pvalue)})
    return cases


def sign_flip_drawn():
    """The whole distribution of the sum of twelfths with random signs, by convolution."""
    rng = np.random.default_rng(3)
    cases = []
    for size, shift in [(25, 0), (60, 1), (300, 0), (300, 1)]:
        d = rng.integers(-12, 13, size) + shift
        d = np.where(d > 12, 12, d)
        distribution = np.ones(1)
        for value in np.abs(d):
            step = np.zeros(2 * value + 1)
            step[0] += 0.5
            step[-1] += 0.5
            distribution = np.convolve(distribution, step)
        sums = np.arange(len(distribution)) - len(distribution) // 2
        p = float(distribution[np.abs(sums) >= abs(d.sum())].sum())
        cases.append({"d": (d / 12).tolist(), "p": p})
    return cases


def main(path):
    values = {
        "source": f"numpy {np.__version__}, scipy {scipy.__version__}, statsmodels {statsmodels.__version__}, "
        f"scikit-learn {sklearn.__version__}; scripts/validation/stats.py",
        "dersimonian_laird": dersimonian_laird(),
        "poisson_weights": poisson_weights(),
        "tango": tango(),
        "sign_flip_all": sign_flip_all(),
        "sign_flip_drawn": sign_flip_drawn(),
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(values, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])

#!/usr/bin/env python3
"""Values for src/stats from SciPy, statsmodels and scikit-learn, or from definitions written out without speed in mind.

Writes fixtures/golden/stats.json. Needs numpy, scipy, statsmodels and scikit-learn.

    python3 scripts/validation/stats.py fixtures/golden/stats.json
"""

import itertools
import json
import sys

import numpy as np
import scipy
import scipy.integrate
import scipy.optimize
import scipy.stats
import sklearn
import sklearn.metrics
import statsmodels
import statsmodels.api as sm
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


def auc_clustered():
    """Obuchowski's variance by comparing all pairs, for clusters with attempts of both classes, ties included."""
    rng = np.random.default_rng(4)
    cases = []
    for subjects, most in [(12, 1), (30, 4), (60, 6)]:
        subject = np.repeat(np.arange(subjects), rng.integers(1, most + 1, subjects))
        positive = rng.integers(0, 2, len(subject)).astype(bool)
        own = rng.normal(0, 1, subjects)[subject]
        a = np.round(own + positive + rng.normal(0, 1, len(subject)), 1)
        b = np.round(own + 0.5 * positive + rng.normal(0, 1, len(subject)), 1)

        def placements(score):
            wins = (score[positive][:, None] > score[~positive][None, :]) + 0.5 * (score[positive][:, None] == score[~positive][None, :])
            return wins.mean(), wins.mean(axis=1), wins.mean(axis=0)

        def covariance(one, other):
            (area1, v10, v01), (area2, w10, w01) = one, other
            m, n = positive.sum(), (~positive).sum()
            s = np.zeros(4)
            for i in range(subjects):
                mine_p, mine_n = subject[positive] == i, subject[~positive] == i
                x1, y1 = (v10[mine_p] - area1).sum(), (v01[mine_n] - area1).sum()
                x2, y2 = (w10[mine_p] - area2).sum(), (w01[mine_n] - area2).sum()
                s += [x1 * x2, y1 * y2, x1 * y2, y1 * x2]
            with_p, with_n = len(set(subject[positive])), len(set(subject[~positive]))
            s10 = with_p / ((with_p - 1) * m) * s[0]
            s01 = with_n / ((with_n - 1) * n) * s[1]
            s11 = subjects / (subjects - 1) * (s[2] + s[3]) / 2
            return s10 / m + s01 / n + 2 * s11 / (m * n)

        pa, pb = placements(a), placements(b)
        cases.append({
            "subject": subject.tolist(), "positive": positive.astype(int).tolist(), "a": a.tolist(), "b": b.tolist(),
            "auc_a": float(sklearn.metrics.roc_auc_score(positive, a)), "var_a": float(covariance(pa, pa)),
            "difference": float(sklearn.metrics.roc_auc_score(positive, b) - sklearn.metrics.roc_auc_score(positive, a)),
            "var_difference": float(covariance(pa, pa) + covariance(pb, pb) - 2 * covariance(pa, pb)),
        })
    return cases


def det():
    """Errors at each distinct score; scikit-learn's det_curve where it is defined, counts where it is not."""
    rng = np.random.default_rng(5)
    cases = []
    for size, digits, weights in [(40, 1, [1]), (200, 2, [1]), (120, 1, [1, 2, 3, 6])]:
        over = rng.integers(0, 2, size)
        score = np.round(over + rng.normal(0, 1, size), digits)
        weight = rng.choice(weights, size)
        points = []
        for t in np.unique(score):
            under_pass = weight[(over == 0) & (score >= t)].sum() / weight[over == 0].sum()
            over_denial = weight[(over == 1) & (score < t)].sum() / weight[over == 1].sum()
            points.append([float(t), float(under_pass), float(over_denial)])
        fpr, fnr, thresholds = sklearn.metrics.det_curve(over, score, sample_weight=weight)
        for t, p, d in zip(thresholds, fpr, fnr):
            mine = [x for x in points if x[0] == t]
            assert not mine or np.allclose(mine[0][1:], [p, d])
        apart = np.array([round(abs(p - d), 12) for _, p, d in points])
        best = points[np.flatnonzero(apart == apart.min())[-1]]
        cases.append({
            "rows": [[float(s), int(o), int(w)] for s, o, w in zip(score, over, weight)], "points": points,
            "eer": (best[1] + best[2]) / 2, "eer_threshold": best[0],
            "threshold_at_10_percent": next(t for t, p, _ in points if p <= 0.1),
        })
    return cases


def crps_normal():
    """The integral of the squared distance of the distribution functions."""
    cases = []
    for mean, sd, y in [(20, 2, 25), (0, 1, 0.3), (17.9, 4.4, 18.1), (30, 0.1, 31), (18, 12, 9)]:
        square = lambda x: (scipy.stats.norm.cdf(x, mean, sd) - (x >= y)) ** 2
        ends = sorted([mean - 12 * sd, y, mean + 12 * sd])
        pieces = [(min(ends[0], y), y), (y, max(ends[-1], y))]
        value = sum(scipy.integrate.quad(square, low, high, points=[mean] if low < mean < high else None, epsabs=1e-14, epsrel=1e-13, limit=400)[0] for low, high in pieces)
        cases.append({"mean": mean, "sd": sd, "y": y, "crps": value})
    return cases


def probabilities():
    """Brier score and log loss."""
    rng = np.random.default_rng(6)
    p = rng.beta(0.5, 0.5, 80)
    y = (rng.random(80) < p).astype(int)
    return {
        "p": p.tolist(), "y": y.tolist(), "brier": float(sklearn.metrics.brier_score_loss(y, p)),
        "log_loss": float(sklearn.metrics.log_loss(y, p)),
    }


def calibration():
    """Bins of equal mass with equal values unsplit, and the error of redraws."""
    rng = np.random.default_rng(7)
    cases = []
    for size, digits in [(7, 3), (100, 1), (400, 3), (1000, 2)]:
        p = np.round(rng.beta(0.8, 0.6, size), digits)
        y = (rng.random(size) < np.clip(p + 0.1, 0, 1)).astype(int)
        order = np.sort(p)
        middle = {v: (np.searchsorted(order, v, "left") + np.searchsorted(order, v, "right")) / 2 for v in np.unique(p)}
        place = np.array([int(np.floor(15 * middle[v] / size + 1e-9)) for v in p])
        bins = [[int((place == b).sum()), int(y[place == b].sum()), float(p[place == b].mean())] for b in range(15) if (place == b).any()]
        error = lambda z: sum(abs(z[..., place == b].sum(-1) - p[place == b].sum()) for b in range(15)) / size
        drawn = error((rng.random((40000, size)) < p).astype(np.int8)) if size < 500 else np.concatenate(
            [error((rng.random((2000, size)) < p).astype(np.int8)) for _ in range(10)])
        cases.append({
            "p": p.tolist(), "y": y.tolist(), "bins": bins, "ece": float(error(y)),
            "redrawn_mean": float(drawn.mean()), "redrawn_sd": float(drawn.std()), "redraws": len(drawn),
        })
    return cases


def normal_quantile():
    p = np.concatenate([np.exp(-np.arange(1, 300) / 3), np.arange(1, 200) / 200, [0.025, 0.975, 0.95, 0.9995, 1 - 1e-10]])
    return [[float(x), float(scipy.stats.norm.ppf(x))] for x in p]


def permutation():
    """All ways to deal the labels of three groups to a few subjects: moments of the sums, and tails of one contrast."""
    rng = np.random.default_rng(8)
    cases = []
    for sizes in [(3, 2, 2), (1, 4, 3), (2, 5, 0)]:
        group = np.repeat(np.arange(3), sizes)
        values = np.column_stack([rng.integers(0, 3, len(group)) / 2, rng.integers(1, 3, len(group))])
        sums = []
        for labels in set(itertools.permutations(group.tolist())):
            labels = np.array(labels)
            sums.append(np.concatenate([values[labels == g].sum(axis=0) for g in range(3)]))
        sums = np.array(sums)
        contrast = sums[:, 0] - sums[:, 4]
        cases.append({
            "group": group.tolist(), "values": values.tolist(), "mean": sums.mean(axis=0).tolist(),
            "covariance": np.cov(sums.T, bias=True).tolist(),
            "distribution": [{"at": float(at), "p": float((contrast >= at - 1e-9).mean())} for at in np.unique(contrast)],
        })
    return cases


def woodruff():
    """Bounds of percentiles over people with several values: statsmodels' cluster-robust variance of the share below."""
    rng = np.random.default_rng(9)
    cases = []
    for people, most, share in [(40, 3, 0.5), (60, 5, 0.9), (80, 4, 0.95), (380, 3, 0.99)]:
        attempts = rng.integers(1, most + 1, people)
        subject = np.repeat(np.arange(people), attempts)
        values = np.round(np.abs(3 * rng.normal(size=people)[subject] + 2 * rng.normal(size=len(subject))), 3)
        below = (values <= np.quantile(values, share)).astype(float)
        fit = sm.OLS(below, np.ones(len(below))).fit(cov_type="cluster", cov_kwds={"groups": subject})
        p, v = fit.params[0], fit.cov_params()[0, 0]
        z, t = scipy.stats.norm.ppf(0.975), scipy.stats.t.ppf(0.975, people - 1)
        n_star = min(len(below), p * (1 - p) / v * (z / t) ** 2)
        half = z * np.sqrt(share * (1 - share) / n_star)
        cases.append({
            "subject": subject.tolist(), "values": values.tolist(), "share": share, "beyond": len(set(subject[below == 0])),
            "low": float(np.quantile(values, max(share - half, 0))), "high": float(np.quantile(values, min(share + half, 1))),
        })
    return cases


def weighted():
    """Rates and means of people who weigh differently: statsmodels' weighted least squares with cluster-robust variance."""
    rng = np.random.default_rng(10)
    z = scipy.stats.norm.ppf(0.975)
    cases = []
    for people, most, rate in [(25, 1, 0.4), (40, 4, 0.5), (60, 3, 0.08), (2, 3, 0.5)]:
        subject = np.repeat(np.arange(people), rng.integers(1, most + 1, people))
        weight = (rng.integers(1, 8, people)[subject] if people > 40 else rng.integers(1, 8, len(subject))).astype(float)
        event = (rng.random(len(subject)) < rate).astype(float)
        event[:2] = [1, 0]
        error = np.round(rng.normal(1, 4, len(subject)), 3)
        case = {"person": subject.tolist(), "weight": weight.astype(int).tolist(), "event": event.astype(int).tolist(), "error": error.tolist()}
        attempts = np.bincount(subject)[subject]
        t = scipy.stats.t.ppf(0.975, people - 1)
        for name, w in [("subject", weight / attempts), ("attempt", weight)]:
            found = {}
            for what, y in [("rate", event), ("mean", error)]:
                fit = sm.WLS(y, np.ones(len(y)), weights=w).fit(cov_type="cluster", cov_kwds={"groups": subject})
                found[what] = {"value": float(fit.params[0]), "variance": float(fit.cov_params()[0, 0])}
            own = np.bincount(subject, w)
            p, v = found["rate"]["value"], found["rate"]["variance"]
            n, cap = min(len(subject), p * (1 - p) / v * (z / t) ** 2), own.sum() ** 2 / (own**2).sum()
            few = min(len(set(subject[event == 1])), len(set(subject[event == 0]))) < 15
            found["rate"]["n_star"] = float(min(n, cap) if few else n)
            found["rate"]["dominated"] = bool(cap < people / 2)
            case[name] = found
        cases.append(case)
    return cases


def shown(n, limit):
    """Most events with which the upper bound is at most the limit, for every n; -1 when there is none."""
    k = scipy.stats.binom.ppf(0.05, n, limit).astype(int)
    return np.where(scipy.stats.binom.cdf(k, n, limit) <= 0.05, k, k - 1)


def power():
    cases = []
    for n, rate, limit in [(59, 0.0, 0.05), (500, 0.02, 0.05), (77, 0.01, 0.1), (20000, 0.0085, 0.01), (40, 0.3, 0.5)]:
        k = shown(np.array([n]), limit)[0]
        cases.append({"n": n, "true_rate": rate, "limit": limit, "power": float(scipy.stats.binom.cdf(k, n, rate))})
    return cases


def subjects_needed():
    """By trying every number of subjects."""
    cases = []
    for rate, limit, wanted, most in [
        (0.001, 0.01, 0.9, 20000), (0.005, 0.01, 0.8, 20000), (0.02, 0.05, 0.8, 20000), (0.0, 0.02, 0.9, 20000),
        (0.1, 0.15, 0.9, 20000), (0.008, 0.01, 0.8, 100000), (0.0005, 0.001, 0.8, 60000),
    ]:
        n = np.arange(1, most + 1)
        fails = np.flatnonzero(scipy.stats.binom.cdf(shown(n, limit), n, rate) < wanted)
        cases.append({"true_rate": rate, "limit": limit, "wanted": wanted, "n": int(n[fails[-1]]) + 1})
    return cases


def shown_by():
    """What so many people show: most events, the largest rate that passes, the least limit at a rate; by trying and by root finding."""
    cases = []
    for n, limit, wanted, level, rate in [
        (300, 0.05, 0.8, 0.95, 0.02), (1000, 0.01, 0.9, 0.95, 0.004), (60, 0.1, 0.5, 0.99, 0.03), (5000, 0.01, 0.8, 0.9, 0.0),
        (40, 0.3, 0.8, 0.975, 0.2), (299, 0.01, 0.8, 0.95, 0.001),
    ]:
        upper = [scipy.stats.beta.ppf(level, k + 1, n - k) for k in range(n)]
        allowed = max(k for k in range(n) if upper[k] <= limit)
        largest = scipy.optimize.brentq(lambda r: scipy.stats.binom.cdf(allowed, n, r) - wanted, 1e-12, 1 - 1e-12, xtol=1e-16)
        kept = next(k for k in range(n) if scipy.stats.binom.cdf(k, n, rate) >= wanted)
        cases.append({
            "n": n, "limit": limit, "wanted": wanted, "level": level, "true_rate": rate, "allowed_events": allowed,
            "power": float(scipy.stats.binom.cdf(allowed, n, rate)), "largest_rate": float(largest), "least_limit": float(upper[kept]),
        })
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
        "auc_clustered": auc_clustered(),
        "det": det(),
        "crps_normal": crps_normal(),
        "probabilities": probabilities(),
        "calibration": calibration(),
        "normal_quantile": normal_quantile(),
        "permutation": permutation(),
        "power": power(),
        "subjects_needed": subjects_needed(),
        "woodruff": woodruff(),
        "shown_by": shown_by(),
        "weighted": weighted(),
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(values, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])

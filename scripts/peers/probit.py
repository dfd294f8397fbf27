#!/usr/bin/env python3
"""Writes fixtures/golden/probit.json: probit lines with clustered covariance, as statsmodels fits them.

Use: probit.py fixtures/golden. Needs: numpy, scipy, statsmodels, scikit-learn.
"""
import json
import sys
from pathlib import Path

import numpy as np
import statsmodels.api as sm
from scipy.stats import norm, t
from sklearn.isotonic import IsotonicRegression

random = np.random.default_rng(20)
# Name, subjects, attempts each at most, challenge age, standard deviation of the estimate, of the subject.
CASES = [("one attempt each", 400, 1, 23.0, 2.5, 0.0), ("clustered", 150, 5, 20.4, 1.5, 2.5), ("few", 24, 3, 25.0, 4.0, 1.0),
         ("flat", 60, 2, 21.0, 60.0, 0.0), ("all ages exact", 120, 4, 18.3, 0.8, 0.6)]


def rising_half(x, y):
    ages = np.unique(x)
    share = IsotonicRegression().fit(x, y).predict(ages)
    if share[0] >= 0.5 or share[-1] < 0.5:
        return None
    first = int(np.argmax(share >= 0.5 - 1e-12))
    if abs(share[first] - 0.5) < 1e-12:
        flat = ages[np.abs(share - 0.5) < 1e-12]
        return float((flat[0] + flat[-1]) / 2)
    return float((ages[first - 1] + ages[first]) / 2)


def main():
    fits = []
    for name, subjects, most, challenge, noise, between in CASES:
        rows = []
        for unit in range(subjects):
            age = random.uniform(10, 35)
            age = round(age, 4) if name == "all ages exact" else np.floor(age) + 0.5
            own = random.normal(0, between)
            rows += [(unit, age, int(age + own + random.normal(0, noise) >= challenge)) for _ in range(random.integers(1, most + 1))]
        unit, x, y = (np.array(column) for column in zip(*rows))
        model = sm.Probit(y, sm.add_constant(x))
        fit = model.fit(disp=0, method="newton", tol=1e-14, maxiter=200, cov_type="cluster", cov_kwds={"groups": unit})
        a, b = fit.params
        v = fit.cov_params()
        q = t.ppf(0.975, len(np.unique(unit)) - 1)
        square, middle, free = b * b - q * q * v[1, 1], a * b - q * q * v[0, 1], a * a - q * q * v[0, 0]
        bounds = None
        if square > 0:
            root = np.sqrt(middle * middle - square * free)
            bounds = [(-middle - root) / square, (-middle + root) / square]
        error = np.sqrt(v[1, 1])
        fits.append({"name": name, "rows": [[int(u), float(a), int(p)] for u, a, p in rows], "intercept": a, "slope": b,
                     "covariance": v.tolist(), "half": -a / b, "half_bounds": bounds,
                     "slope_bounds": [b - q * error, b + q * error], "sharpness": b * norm.pdf(0),
                     "rising_half": rising_half(x, y)})
        print(name, len(rows), -a / b, bounds, b, fits[-1]["rising_half"])
    (Path(sys.argv[1]) / "probit.json").write_text(json.dumps({"fits": fits}, separators=(",", ":")) + "\n")


main()

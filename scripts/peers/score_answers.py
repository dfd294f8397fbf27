#!/usr/bin/env python3
"""Scoring recorded answers: agebench beside NumPy and fairlearn, one after the other, with the ratios.

  score_answers.py AGEBENCH [--rows 1000000] [--numpy 60] [--fairlearn 3] [--rounds 2] [--keep FOLDER]

Draws ROWS answers of people with one to five photos each and writes them as a CSV. Then, in turns:

  agebench   `agebench score FILE`, the whole default protocol with two group columns and their crossing, reading and
             writing included: wall seconds and rows with an interval
  numpy      under-age pass rate and adult denial rate at 18 with challenge age 25, and mean absolute error, for
             everybody and each sex x region, subjects resampled: one bincount a sum and replicate, in as many processes
             as there are cores; reading left out; seconds of 2,000 replicates, from as many as --numpy says
  fairlearn  the same three through MetricFrame with n_boot (rows resampled, it knows no subjects), one process; reading
             left out; seconds a replicate

The ratio to fairlearn is per metric and interval: 2,000 replicates of 3 metrics in its cells, against all rows with an
interval that agebench writes. Medians over the rounds. Prints one JSON line. Needs: numpy, pandas, fairlearn.
"""
import argparse
import csv
import json
import multiprocessing
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy as np
import pandas as pd

LIMIT, CHALLENGE, REPLICATES = 18, 25, 2000


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("agebench")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--numpy", type=int, default=60, help="replicates timed")
    parser.add_argument("--fairlearn", type=int, default=3, help="replicates timed")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--keep", type=pathlib.Path)
    return parser.parse_args()


def draw(rows, file):
    """Answers as a national test set might hold them; the seed is fixed."""
    random = np.random.default_rng(20)
    photos = random.integers(1, 6, rows)
    subject = np.repeat(np.arange(rows), photos)[:rows]
    people = subject[-1] + 1
    age = random.integers(8, 60, people)[subject]
    answer = np.clip(age + random.normal(0, 3, people)[subject] + random.normal(0, 2, rows), 0, 100)
    sex = random.choice(["female", "male"], people)[subject]
    region = random.choice(["north", "east", "south", "west"], people)[subject]
    table = pd.DataFrame({"subject_id": np.char.add("p", subject.astype(str)), "true_age": age, "age": answer.round(2),
                          "sex": sex, "region": region})
    table.to_csv(file, index=False)


def by_agebench(program, file, folder):
    protocol = folder / "protocol.toml"
    protocol.write_text('crossings = [["sex", "region"]]\n')
    out = folder / "out"
    command = [program, "score", file, "--groups", "sex,region", "--protocol", protocol, "--out", out, "--replace"]
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds = time.perf_counter() - begun
    with open(out / "metrics.csv", newline="") as rows:
        intervals = sum(1 for row in csv.DictReader(rows) if row["low"] and row["high"])
    return seconds, intervals


class Bootstrap:
    """Sums by cell under weights of subjects; the last cell is everybody."""

    def __init__(self, table):
        true, answer = table.true_age.to_numpy(float), table.age.to_numpy(float)
        self.subject, names = pd.factorize(table.subject_id)
        self.subjects = len(names)
        self.cell, cells = pd.factorize(table.sex + "*" + table.region)
        self.cells = len(cells)
        under = true < LIMIT
        passed = answer >= CHALLENGE
        self.sums = [(under & passed, under), (~under & ~passed, ~under), (np.abs(answer - true), np.ones(len(true)))]
        self.sums = [[np.asarray(part, float) for part in pair] for pair in self.sums]

    def values(self, weights):
        total = lambda part: (lambda sums: np.append(sums, sums.sum()))(np.bincount(self.cell, weights * part, self.cells))
        return [total(top) / total(bottom) for top, bottom in self.sums]

    def replicate(self, seed):
        drawn = np.random.default_rng(seed).integers(0, self.subjects, self.subjects)
        return self.values(np.bincount(drawn, minlength=self.subjects)[self.subject])


def replicate(seed):
    return bootstrap.replicate(seed)


def by_numpy(table, replicates, jobs):
    global bootstrap
    begun = time.perf_counter()
    bootstrap = Bootstrap(table)
    ready = time.perf_counter()
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        drawn = np.array(pool.map(replicate, range(replicates), chunksize=max(1, replicates // (4 * jobs))))
    np.percentile(drawn, [2.5, 97.5], axis=0)
    return ready - begun + (time.perf_counter() - ready) * REPLICATES / replicates


def by_fairlearn(table, replicates):
    from fairlearn.metrics import MetricFrame

    def rate(of, event):
        def share(true, answer):
            chosen = of(true)
            return float(event(answer[chosen]).mean()) if chosen.any() else float("nan")

        return share

    metrics = {"under_age_pass_rate": rate(lambda true: true < LIMIT, lambda answer: answer >= CHALLENGE),
               "adult_denial_rate": rate(lambda true: true >= LIMIT, lambda answer: answer < CHALLENGE),
               "mae": lambda true, answer: float(np.abs(answer - true).mean())}
    begun = time.perf_counter()
    frame = MetricFrame(metrics=metrics, y_true=table.true_age.astype(float), y_pred=table.age.astype(float),
                        sensitive_features=table[["sex", "region"]], n_boot=replicates, ci_quantiles=[0.025, 0.975])
    frame.overall_ci, frame.by_group_ci
    intervals = len(metrics) * (1 + len(frame.by_group))
    return (time.perf_counter() - begun) / replicates, intervals


def main():
    options = arguments()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or pathlib.Path(scratch)
        folder.mkdir(exist_ok=True)
        file = folder / "answers.csv"
        draw(options.rows, file)
        table = pd.read_csv(file)
        own, numpy_seconds, fairlearn_seconds = [], [], []
        for _ in range(options.rounds):
            seconds, intervals = by_agebench(options.agebench, file, folder)
            own.append(seconds)
            numpy_seconds.append(by_numpy(table, options.numpy, options.jobs))
            seconds, their_intervals = by_fairlearn(table, options.fairlearn)
            fairlearn_seconds.append(seconds)
    ours, theirs, third = map(statistics.median, (own, numpy_seconds, fairlearn_seconds))
    third_all = third * REPLICATES
    print(json.dumps({
        "rows": options.rows,
        "agebench_seconds": round(ours, 2),
        "agebench_rows_with_interval": intervals,
        "numpy_seconds": round(theirs, 1),
        "numpy_ratio": round(theirs / ours, 1),
        "fairlearn_seconds_a_replicate": round(third, 2),
        "fairlearn_intervals": their_intervals,
        "fairlearn_ratio_per_interval": round(third_all / their_intervals / (ours / intervals)),
    }))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Every peer beside agebench in one go, in turns, and the measured tables of docs/performance.md.

  measure.py AGEBENCH --weights FOLDER [--ort-library FILE] [--rounds 5] [--seconds 6] [--short]
             [--pictures FOLDER] [--no-scoring] [--write docs/performance.md]

Pictures: for each work of `WORKS`, round by round, the Python pipeline (onnxruntime_pipeline.py, two processes of one thread)
and `agebench run` with each engine and as many workers, so that a busy moment meets all of them. A rate is that of a long
run less that of a run over one picture, so that starting and loading count on neither side; what they take stands in a column
of its own. The limit is workers / (mean time of decoding and preparing + mean time of the engine), from the time columns
of that same run: what would be reached if reading files, hashing, queueing, writing and scoring took no time. Ratios are
those within a round; every figure is the median over the rounds.

Answers: score_answers.py, in as many rounds.

With --write the tables go between the markers of that file; they are printed in any case. With --short one round of a second
each shows that everything works, and says nothing about speed. FOLDER holds ssrnet_imdb_nhwc.onnx and
faceapi_age_gender_nchw.onnx; a work whose weights are absent is left out, and said. The ONNX Runtime of the running Python is
used on both sides unless --ort-library names another. Needs: numpy, pillow, onnx, onnxruntime, pandas, fairlearn.
"""
import argparse
import csv
import importlib.util
import json
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
JOBS = 2

# Name, network, the pictures' sizes, the recipe, the batch that suits the peer best.
FACE = {"mean": [122.782, 117.001, 104.298], "std": [256, 256, 256]}
WORKS = [
    ("SSR-Net 64 px, 200 x 200 JPEG", "ssrnet_imdb_nhwc.onnx", "small", 64, "nhwc", "bgr", {}, None, 32),
    ("face-api 112 px, 200 x 200 JPEG", "faceapi_age_gender_nchw.onnx", "small", 112, "nchw", "rgb", FACE, "age", 32),
    ("MobileNetV2's shape 224 px, JPEG of 0.2, 1.2, 3.8 and 12 megapixels", None, "large", 224, "nchw", "rgb", {}, None, 4),
]
PICTURES = {"small": ("200x200", 200), "large": ("500x400,1280x960,2400x1600,4000x3000", 4)}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("agebench", type=lambda text: str(pathlib.Path(text).resolve()))
    parser.add_argument("--weights", type=pathlib.Path, required=True)
    parser.add_argument("--ort-library")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=6.0, help="length of one measurement, about")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--pictures", type=pathlib.Path, help="where they are drawn, and found by the next run")
    parser.add_argument("--no-scoring", action="store_true", help="leave out the recorded answers")
    parser.add_argument("--write", type=pathlib.Path)
    options = parser.parse_args()
    if options.short:
        options.rounds, options.seconds = 1, 1.0
    needed = ["numpy", "PIL", "onnx", "onnxruntime"] + ([] if options.no_scoring else ["pandas", "fairlearn"])
    absent = [name for name in needed if importlib.util.find_spec(name) is None]
    if absent:
        parser.error(f"this Python lacks {', '.join(absent)}" + ("" if options.no_scoring else " (--no-scoring needs neither pandas nor fairlearn)"))
    return options


def python(script, *words):
    command = [sys.executable, HERE / script, *map(str, words)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def timed(command):
    """Wall seconds and peak memory in MB of a program that must succeed."""
    begun = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{said.decode()}")
    return time.perf_counter() - begun, usage.ru_maxrss / 1024


class Pictures:
    """A folder of drawn pictures that is a dataset too; each may be listed several times."""

    def __init__(self, folder, sizes, each):
        self.folder = folder
        if not folder.exists():
            drawn = folder.with_suffix(".drawing")  # an interrupted run leaves nothing that looks whole
            shutil.rmtree(drawn, ignore_errors=True)
            python("draw_photos.py", drawn, "--sizes", sizes, "--each", each)
            drawn.rename(folder)
        self.files = sorted(path.name for path in folder.iterdir() if path.suffix == ".jpg")
        text = 'name = "drawn"\nversion = "1"\nlabel_kind = "chronological"\nage_precision = "year"\n'
        (folder / "dataset.toml").write_text(text)

    def list(self, count):
        """A manifest of `count` samples; ages only because every dataset has them."""
        with open(self.folder / "manifest.csv", "w") as out:
            print("sample_id,path,subject_id,age", file=out)
            for number in range(count):
                print(f"s{number:07},{self.files[number % len(self.files)]},p{number:07},{10 + number % 30}", file=out)


def of_this_python():
    """The library inside the onnxruntime of the Python that runs this."""
    capi = pathlib.Path(importlib.util.find_spec("onnxruntime").origin).parent / "capi"
    return next((str(file) for file in sorted(capi.glob("libonnxruntime*")) if "providers" not in file.name), None)


class Work:
    def __init__(self, work, options, scratch, pictures):
        self.name, network, which, self.size, self.layout, self.channels, self.scale, self.output, self.batch = work
        self.options, self.pictures = options, pictures[which]
        self.network = options.weights.resolve() / network if network else scratch / "mobilenet_v2_shape.onnx"
        self.method, self.out = scratch / f"method-{self.size}", scratch / "out"
        self.method.mkdir()
        keys = "".join(f"{key} = {json.dumps([float(number) for number in values])}\n" for key, values in self.scale.items())
        name = f'name = "{self.output}"\n' if self.output else ""
        (self.method / "method.toml").write_text(
            f'name = "work"\nkind = "estimation"\nversion = "1"\n[onnx]\nfile = {json.dumps(str(self.network))}\n'
            f'[onnx.input]\nsize = [{self.size}, {self.size}]\nlayout = "{self.layout}"\nchannels = "{self.channels}"\n'
            f'resize = "bilinear_antialias"\n{keys}[onnx.output]\n{name}head = "scaled_years"\nscale = 1e-6\noffset = 30\n')
        self.rounds = []

    def peer(self, repeat):
        words = [self.network, self.pictures.folder, "--size", self.size, "--layout", self.layout, "--channels", self.channels,
                 "--jobs", JOBS, "--batch", self.batch, "--repeat", repeat]
        for key, values in self.scale.items():
            words += [f"--{key}", ",".join(map(str, values))]
        words += ["--output", self.output] if self.output else []
        begun = time.perf_counter()
        said = json.loads(python("onnxruntime_pipeline.py", *words))
        wall = time.perf_counter() - begun
        return {"rate": said["images_per_second"], "start": wall - said["seconds"],
                "memory": JOBS * said["peak_mb_of_the_largest_process"]}

    def own(self, engine, count):
        def run(count):
            self.pictures.list(count)
            command = [self.options.agebench, "run", self.method, "--dataset", self.pictures.folder, "--out", self.out,
                       "--replace", "--jobs", str(JOBS), "--engine", engine]
            library = self.options.ort_library or of_this_python()
            return timed(command + (["--ort-library", library] if engine == "onnxruntime" and library else []))

        start, _ = run(1)
        wall, memory = run(count)
        with open(self.out / "outcomes.csv", newline="") as rows:
            rows = [(int(row["prepare_ns"]), int(row["answer_ns"])) for row in csv.DictReader(rows)]
        prepare, answer = (sum(column) / len(rows) / 1e6 for column in zip(*rows))
        rate = (count - 1) / (wall - start)
        limit = 1000 * JOBS / (prepare + answer)
        return {"rate": rate, "start": start, "memory": memory, "prepare": prepare, "answer": answer, "limit": limit,
                "reached": rate / limit}

    def round(self):
        """One round; how many pictures a measurement takes is found in the first."""
        count = len(self.pictures.files)
        if not self.rounds:
            self.repeat = 1
            self.counts = {engine: 16 * JOBS for engine in ("onnxruntime", "tract")}
            self.repeat = max(1, round(self.options.seconds * self.peer(1)["rate"] / count))
            for engine, few in self.counts.items():
                self.counts[engine] = max(few, round(self.options.seconds * self.own(engine, 2 * few)["limit"]))
        self.rounds.append({"peer": self.peer(self.repeat)}
                           | {engine: self.own(engine, pictures) for engine, pictures in self.counts.items()})

    def median(self, who, what):
        return statistics.median(one[who][what] for one in self.rounds)

    def ratio(self, who):
        return statistics.median(one[who]["rate"] / one["peer"]["rate"] for one in self.rounds)


def tables(works):
    lines = ["Images per second, and how many times the peer's:", "",
             "| work | Pillow + ONNX Runtime, 2 processes | agebench + onnxruntime | agebench + tract |", "|---|---|---|---|"]
    figure = lambda value: f"{value:.0f}" if value >= 100 else f"{value:.1f}"
    for work in works:
        own = [f"{figure(work.median(who, 'rate'))} ({work.ratio(who):.2f}x)" for who in ("onnxruntime", "tract")]
        lines.append(f"| {work.name} | {figure(work.median('peer', 'rate'))} | {own[0]} | {own[1]} |")
    lines += ["", "The limit: milliseconds a picture on one worker, the images per second that two workers could make of them, and the",
              "share of that which the whole run reaches:", "",
              "| work | engine | decode and prepare | engine | their sum | limit | reached |", "|---|---|---|---|---|---|---|"]
    for work in works:
        for who in ("onnxruntime", "tract"):
            prepare, answer = work.median(who, "prepare"), work.median(who, "answer")
            lines.append(f"| {work.name} | {who} | {prepare:.3f} | {answer:.3f} | {prepare + answer:.3f} "
                         f"| {figure(work.median(who, 'limit'))} | {100 * work.median(who, 'reached'):.0f} % |")
    lines += ["", "Seconds from the command to the first answers and back (a run over one picture; the peer: everything that is not",
              "answering), and peak memory in MB, the weights among it (the peer: of both processes):", "",
              "| work | peer | agebench + onnxruntime | agebench + tract |", "|---|---|---|---|"]
    for work in works:
        cells = [f"{work.median(who, 'start'):.2f} s, {work.median(who, 'memory'):.0f} MB" for who in ("peer", "onnxruntime", "tract")]
        lines.append(f"| {work.name} | {cells[0]} | {cells[1]} | {cells[2]} |")
    return lines


def machine():
    cpu = "an unknown processor"
    if os.path.exists("/proc/cpuinfo"):
        found = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
        cpu = found.group(1).strip() if found else cpu
    from importlib.metadata import version

    versions = ", ".join(f"{name} {version(name)}" for name in ("pillow", "numpy", "onnxruntime"))
    return f"{os.cpu_count()} cores of {cpu}, {platform.system()} {platform.release().split('.')[0]}; Python {platform.python_version()}, {versions}"


def main():
    options = arguments()
    scratch = pathlib.Path(tempfile.mkdtemp())
    try:
        python("draw_network.py", scratch / "mobilenet_v2_shape.onnx")
        place = (options.pictures or scratch).resolve()
        place.mkdir(parents=True, exist_ok=True)
        pictures = {name: Pictures(place / name, *drawn) for name, drawn in PICTURES.items()}
        works = []
        for work in WORKS:
            if work[1] and not (options.weights / work[1]).exists():
                print(f"left out: {work[0]}: no {work[1]} in {options.weights}", file=sys.stderr)
                continue
            works.append(Work(work, options, scratch, pictures))
        helped = []
        for number in range(options.rounds):
            helped.append(timed([options.agebench, "--help"])[0])
            for work in works:
                work.round()
                print(f"round {number + 1} of {options.rounds}: {work.name}: {json.dumps(work.rounds[-1])}", file=sys.stderr)
        lines = [f"{machine()}; median of {options.rounds} rounds; load before the last: {os.getloadavg()[0]:.1f}.", ""]
        lines += tables(works)
        lines += ["", f"`agebench --help` takes {1000 * statistics.median(helped):.0f} ms."]
        if not options.no_scoring:
            rows = 100_000 if options.short else 1_000_000
            words = ["--rounds", options.rounds, "--rows", rows, "--fairlearn", 1, "--jobs", JOBS]
            said = json.loads(python("score_answers.py", options.agebench, *words))
            lines += ["", f"Scoring {said['rows']:,} recorded answers: agebench {said['agebench_seconds']} s for "
                      f"{said['agebench_rows_with_interval']:,} rows with an interval, reading and writing included; NumPy "
                      f"{said['numpy_seconds']} s for 27 ({said['numpy_ratio']} times as long); fairlearn "
                      f"{said['fairlearn_seconds_a_replicate']} s a replicate, {said['fairlearn_ratio_per_interval']:,} times as long an interval."]
    finally:
        shutil.rmtree(scratch)
    text = "\n".join(lines)
    print(text)
    if options.write:
        page = options.write.read_text()
        begin, end = "<!-- measured by scripts/peers/measure.py -->\n", "<!-- end of what was measured -->"
        before, rest = page.split(begin, 1)
        options.write.write_text(before + begin + text + "\n" + end + rest.split(end, 1)[1])


if __name__ == "__main__":
    main()

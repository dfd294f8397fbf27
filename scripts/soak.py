"""Long runs of agebench, watched: do memory, file descriptors, threads and processes stay flat?

    cargo build --release && nice -n 19 python3 scripts/soak.py --agebench target/release/agebench --out /tmp/soak

Three runs, each with ten samples of /proc a second (the harness and all that it started):

- records: 1,000,000 attempts of a method that answers at once and looks at nothing (the bundled `declared`);
- faces: 200,000 attempts of the bundled drawn faces, over and over, through a bundled ONNX method;
- restarts: 1,000 attempts of a program that ends after every answer, so that each needs a new process.

Prints a table in Markdown, and writes DIR/soak.svg, a picture of the memory, and DIR/soak.csv with every sample: second, run, rows written, resident and peak MiB, open
descriptors, threads, processes. `--share 0.01` makes everything a hundredth, to try it. Memory is flat when its median in the last
fifth of a run is within 5 % or 4 MiB of that in the second fifth. Ends with 1 when anything grows, and when a run
was too short to say. Linux only.
"""

import argparse
import csv
import os
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
CARD = 'name = "{name}"\nversion = "1"\nlabel_kind = "chronological"\nage_precision = "year"\n'
PROGRAM = 'name = "ends"\nkind = "estimation"\nversion = "1"\n[command]\nprogram = "sh"\nargs = ["ends.sh"]\n'
ENDS = r"""echo '{"type":"ready","agebench":1,"media":"none","answers":["age"]}'
read -r hello
while read -r line; do
    case $line in
    *'"attempt"'*)
        n=${line#*\"n\":}
        echo "{\"type\":\"answer\",\"n\":${n%%[!0-9]*},\"status\":\"answered\",\"age\":20}"
        exit 0 ;;
    esac
done
"""
# How long what is watched took to settle is no growth: it begins after the first fifth.
KEYS = ["resident", "descriptors", "threads", "processes"]


def dataset(folder, rows, pictures=()):
    """A dataset of `rows` samples, five a person, each a record or one of `pictures` in turn."""
    folder.mkdir(parents=True)
    (folder / "dataset.toml").write_text(CARD.format(name=folder.name))
    with open(folder / "manifest.csv", "w", encoding="utf-8") as out:
        out.write("sample_id,subject_id,age" + (",path\n" if pictures else "\n"))
        for row in range(rows):
            path = f",{pictures[row % len(pictures)]}" if pictures else ""
            out.write(f"s{row},p{row // 5},{10 + row // 5 % 30}{path}\n")
    return folder


def family(root):
    """The process `root` and all that came of it, as far as they live."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = Path(f"/proc/{entry}/stat").read_text()
            except OSError:
                continue
            parents[int(entry)] = int(stat[stat.rindex(")") + 2:].split()[1])
    found, grew = {root}, True
    while grew:
        more = {one for one, parent in parents.items() if parent in found} - found
        found, grew = found | more, bool(more)
    return found


def look(pid):
    """What the process `pid` holds now; None when it is gone."""
    try:
        status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
        mebibytes = lambda key: int(status[key].split()[0]) / 1024
        return {
            "resident": mebibytes("VmRSS"), "peak": mebibytes("VmHWM"), "threads": int(status["Threads"]),
            "descriptors": len(os.listdir(f"/proc/{pid}/fd")), "processes": len(family(pid)),
        }
    except (OSError, KeyError):
        return None


def rows_of(out):
    """Rows that are on disk, by the journal; they stand in it by the last line."""
    try:
        last = (out / "outcomes.journal").read_bytes().splitlines()[-1]
        return int(last.split(b'"rows":')[1].split(b",")[0])
    except (OSError, IndexError, ValueError):
        return None


def watch(command, out, writer, name, most):
    begun, samples, stopped = time.monotonic(), [], False
    with open(out.parent / f"{name}.log", "wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        while process.poll() is None:
            seen, rows = look(process.pid), rows_of(out)
            # Attempts only: before them a manifest is read, after them rows are scored.
            if seen and rows is not None:
                seen |= {"second": round(time.monotonic() - begun, 2), "run": name, "rows": rows}
                samples.append(seen)
                writer.writerow([seen[key] for key in ["second", "run", "rows", "resident", "peak", "descriptors", "threads", "processes"]])
            if time.monotonic() - begun > most and not stopped:
                process.send_signal(signal.SIGINT)
                stopped = True
            time.sleep(0.1)
    if process.returncode not in ((130,) if stopped else (0, 4)):
        sys.exit(f"{name} ended with {process.returncode}: see {out.parent}/{name}.log")
    return samples, time.monotonic() - begun, stopped


def fifth(samples, which, key):
    part = samples[len(samples) * which // 5: max(len(samples) * (which + 1) // 5, len(samples) * which // 5 + 1)]
    return statistics.median(sample[key] for sample in part)


def plot(table, file):
    """An SVG of resident memory against the share of the attempts that is done, a line a run, from soak.csv."""
    runs = {}
    with open(table, newline="", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            runs.setdefault(row["run"], []).append((int(row["rows"]), float(row["resident"])))
    width, height, left, top = 640, 260, 60, 20
    most = max((resident for points in runs.values() for _, resident in points), default=0.0) * 1.2 or 1.0
    at = lambda share, resident: f"{left + share * (width - left - 120):.1f},{top + (1 - resident / most) * (height - top - 40):.1f}"
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
             f'<title>Resident memory of three long runs</title><rect width="{width}" height="{height}" fill="white"/>',
             f'<text x="{left}" y="{height - 8}">share of the attempts that is done, from none to all</text>']
    for mark in range(0, int(most) + 1, 50):
        _, y = at(0, mark).split(",")
        parts.append(f'<path d="M{at(0, mark)} L{at(1, mark)}" stroke="#ccc"/><text x="{left - 8}" y="{y}" dy="4" text-anchor="end">{mark} MiB</text>')
    for dash, (name, points) in zip(["", "6 3", "2 3"], runs.items()):
        end = max(rows for rows, _ in points) or 1
        line = " L".join(at(rows / end, resident) for rows, resident in points)
        x, y = at(1, points[-1][1]).split(",")
        parts.append(f'<path d="M{line}" fill="none" stroke="black" stroke-dasharray="{dash}"/><text x="{x}" y="{y}" dx="8" dy="4">{name}</text>')
    file.write_text("\n".join([*parts, "</svg>", ""]), encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agebench", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="a folder that is not there")
    parser.add_argument("--share", type=float, default=1.0, help="of the full numbers")
    parser.add_argument("--only", choices=["records", "faces", "restarts"], help="one of the three")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="after which a run is stopped; its rows so far are told")
    arguments = parser.parse_args()
    agebench, place = arguments.agebench.resolve(), arguments.out.resolve()
    place.mkdir(parents=True)
    count = lambda full: max(int(full * arguments.share), 10)
    for name, card in [("ends", PROGRAM)]:
        (place / name).mkdir()
        (place / name / "method.toml").write_text(card)
    (place / "ends" / "ends.sh").write_text(ENDS)
    # Linked, not copied: drawn faces, over and over.
    faces = place / "data-faces"
    names = sorted(path.name for path in (PACKAGE / "fixtures/faces/images").iterdir())
    runs = [
        ("records", count(1_000_000), "declared", lambda rows: dataset(place / "data-records", rows)),
        ("restarts", count(1_000), place / "ends", lambda rows: dataset(place / "data-restarts", rows)),
        ("faces", count(200_000), "drawn-even", lambda rows: dataset(faces, rows, [f"images/{name}" for name in names])),
    ]
    grew, unsaid, lines = [], [], []
    with open(place / "soak.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["second", "run", "rows", "resident", "peak", "descriptors", "threads", "processes"])
        for name, rows, method, make in runs:
            if arguments.only not in (None, name):
                continue
            data = make(rows)
            if name == "faces":
                (faces / "images").mkdir()
                for picture in names:
                    os.link(PACKAGE / "fixtures/faces/images" / picture, faces / "images" / picture) if os.stat(PACKAGE).st_dev == os.stat(faces).st_dev \
                        else (faces / "images" / picture).write_bytes((PACKAGE / "fixtures/faces/images" / picture).read_bytes())
            out = place / f"run-{name}"
            samples, seconds, stopped = watch([agebench, "run", method, "--dataset", data, "--out", out, "--max-failed", str(rows)], out, writer, name, arguments.minutes * 60)
            file.flush()
            if stopped and samples:
                rows = samples[-1]["rows"]
            if len(samples) < 10:
                unsaid.append(name)
                lines.append(f"| {name} | {rows:,} | {seconds:.0f} s | too short to say | | | |")
                continue
            cells = []
            for key in KEYS:
                early, late = fifth(samples, 1, key), fifth(samples, 4, key)
                slack = max(4.0, early * 0.05) if key == "resident" else 1.0
                if late > early + slack:
                    grew.append(f"{name}: {key} from {early:.0f} to {late:.0f}")
                cells.append(f"{early:.0f} → {late:.0f}")
            lines.append(f"| {name} | {rows:,} | {seconds:.0f} s | " + " | ".join(cells) + f" | {max(sample['peak'] for sample in samples):.0f} |")
    plot(place / "soak.csv", place / "soak.svg")
    print("| run | attempts | time, scoring included | resident MiB, second → last fifth | descriptors | threads | processes | peak MiB |")
    print("|---|---|---|---|---|---|---|---|")
    print("\n".join(lines))
    if grew or unsaid:
        sys.exit("; ".join([f"grew: {one}" for one in grew] + [f"{name}: too short to say whether anything grows" for name in unsaid]))


main()

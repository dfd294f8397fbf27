#!/usr/bin/env python3
"""Every mutant of the statistics, the tallies and the metrics that cargo-mutants lists, in a few builds instead of thousands.

In a copy of the package, FOLDER/package, each mutated function becomes as many copies as it has mutants, and the environment variable
MUTANT picks one. Each test runs once by itself and says which of these functions it reaches; then, once a mutant, those that reach it run
until one fails, the quickest first. Mutants that do not compile are found by the compiler and left out ("unviable"); what cannot be copied
is left to cargo-mutants itself, and listed. "missed" is what the tests reach and do not tell apart, "unreached" what no test reaches.

    cargo install cargo-mutants
    python3 scripts/validation/mutants.py FOLDER            # src/stats; goes on where it was stopped
    python3 scripts/validation/mutants.py FOLDER tally metric/groups stats/mean # rooms and files
    python3 scripts/validation/mutants.py FOLDER tally --most 300               # the next 300: a build of so many needs 3 GB
    python3 scripts/validation/mutants.py FOLDER metric --sample 200 --seed 1   # 200 of them, drawn
    python3 scripts/validation/mutants.py FOLDER tally --again --tests tally metric score compare # those that no test caught, by more
    python3 scripts/validation/mutants.py FOLDER --report   # what is known so far

The tests of the mutants' own rooms run, unless `--tests` names others. For those of `stats`, `tally` and `metric` only the rooms that these
use are built; else the whole light package. `--build` stops before the tests and `--run` begins there, so that FOLDER/tests, FOLDER/todo.json and
this script can be taken to a machine with more cores (FOLDER/package must be the package there, for the golden values that tests read).

Needs cargo, cargo-mutants 27 and Python 3.9 on Linux or macOS. Writes FOLDER/results.jsonl, a line a mutant.
"""

import argparse
import collections
import concurrent.futures
import json
import math
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The rooms that are built where only the tests of one of these run; else the whole light package.
USED = ["age", "finding", "keys", "outcome", "protocol", "stats", "table", "tally"]
ISLANDS = {"stats": ["stats"], "tally": USED, "metric": [*USED, "metric"]}
SWITCH = """
struct Chosen { mutant: u32, reached: Option<std::fs::File> }
static CHOSEN: std::sync::LazyLock<Chosen> = std::sync::LazyLock::new(|| {
    let mutant = std::env::var("MUTANT").ok().and_then(|k| k.parse().ok()).unwrap_or(u32::MAX);
    if mutant != u32::MAX { std::panic::set_hook(Box::new(|_| std::process::exit(101))) }
    Chosen { mutant, reached: std::env::var("REACHED").ok().map(|path| std::fs::File::create(path).unwrap()) }
});
static REACHED: [std::sync::atomic::AtomicBool; PLACES] = [const { std::sync::atomic::AtomicBool::new(false) }; PLACES];
#[inline(always)]
pub(crate) fn mutant(place: usize) -> u32 {
    if let Some(mut file) = CHOSEN.reached.as_ref() && !REACHED[place].swap(true, std::sync::atomic::Ordering::Relaxed) {
        std::io::Write::write_all(&mut file, format!("{place}\\n").as_bytes()).unwrap();
    }
    CHOSEN.mutant
}
"""
ALLOWED = "#![allow(warnings, arithmetic_overflow, unconditional_panic, unconditional_recursion)]\n"
FUNCTION = re.compile(r"^[ \t]*(?:pub(?:\([a-z: ]+\))? )?(?:const )?fn ", re.M)


def closing(text, start, opening, end):
    """The place behind the bracket that closes the one at `start`; `->` is none."""
    depth, at = 0, start
    while True:
        if text[at : at + 2] == "->":
            at += 2
            continue
        depth += (text[at] == opening) - (text[at] == end)
        at += 1
        if depth == 0:
            return at


def top_level(text, mark):
    """Places of `mark` outside of all brackets."""
    depth, places = 0, []
    for at, letter in enumerate(text):
        if letter == ">" and text[at - 1] == "-":
            continue
        depth += (letter in "([{<") - (letter in ")]}>")
        single = text[at - 1 : at + 2].count(":") == 1 if mark == ":" else True
        if letter == mark and depth == 0 and single:
            places.append(at)
    return places


def parts(text):
    """Arguments of a list."""
    ends = [-1, *top_level(text, ","), len(text)]
    return [part for part in (text[a + 1 : b].strip() for a, b in zip(ends, ends[1:])) if part]


class Function:
    """A function taken apart: what stands before `fn`, its name, generics, arguments, what follows them, and its body."""

    def __init__(self, text):
        found = FUNCTION.search(text)
        self.text, self.head = text, text[: found.start()]
        self.before = text[found.start() : found.end()].replace("const fn", "fn")
        at = found.end()
        self.name = re.match(r"\w+", text[at:])[0]
        at += len(self.name)
        after = closing(text, at, "<", ">") if text[at] == "<" else at
        self.generics = text[at:after]
        end = closing(text, after, "(", ")")
        self.arguments = parts(text[after + 1 : end - 1])
        self.brace = end + top_level(text[end:].replace("{", ";"), ";")[0]
        self.rest = text[end : self.brace]

    def copy(self, name, body):
        return f"#[allow(warnings)]\n{self.before}{name}{self.generics}({', '.join(self.arguments)}){self.rest}{body}"

    def switch(self, place, mutants, inherent):
        """The function that calls the copy of the chosen mutant."""
        names, typed = [], []
        for number, argument in enumerate(self.arguments):
            if re.match(r"^&?('\w+ )?(mut )?self$", argument):
                names.append("self")
                typed.append(argument if argument.startswith("&") else "self")
                continue
            names.append(f"a{number}_")
            typed.append(f"a{number}_: {argument[top_level(argument, ':')[0] + 1 :].strip()}")
        call = lambda name: f"{'Self::' if inherent else ''}{name}({', '.join(names)})"
        arms = " ".join(f"{k} => return {call(f'{self.name}__{k}')}," for k in mutants)
        signature = f"{self.before}{self.name}{self.generics}({', '.join(typed)}){self.rest}"
        return f"{self.head}{signature}{{ match crate::mutant({place}) {{ {arms} _ => {call(self.name + '__as_it_is')} }} }}"


def chained(function, place, bodies):
    """A function that returns `impl Iterator`: the mutants as alternatives of one type."""
    text = function.text[function.brace :]
    for k, body in bodies:
        text = f"{{ if crate::mutant({place}) == {k} {{ rayon::iter::Either::Left(\n/*BEGIN {k}*/{body}/*END {k}*/\n) }} else {{ rayon::iter::Either::Right({text}) }} }}"
    return function.text[: function.brace] + text


def within(function, place, bodies):
    """A function that only its own name can be called by: the mutants as arms within it."""
    arms = "".join(f"\n/*BEGIN {k}*/{k} => {body}/*END {k}*/" for k, body in bodies)
    return f"{function.text[: function.brace]}{{ match crate::mutant({place}) {{ {arms}\n_ => {function.text[function.brace :]} }} }}"


def with_copies(path, text, chosen, mutants, unviable, left):
    """The text of a file with a copy of its function for each mutant."""
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    place = lambda point: starts[point["line"] - 1] + point["column"] - 1
    functions = collections.defaultdict(list)
    for k in chosen:
        if not mutants[k].get("function"):
            left[k] = "outside of a function"
            continue
        span = mutants[k]["function"]["span"]
        functions[place(span["start"]), place(span["end"])].append(k)
    for start, end in sorted(functions):
        if any(first < start and end < last for first, last in functions):
            left.update((k, "in a function of a function") for k in functions.pop((start, end)))
    for (start, end), own in sorted(functions.items(), reverse=True):
        source, name, returned = text[start:end], *(mutants[own[0]]["function"][key] for key in ("function_name", "return_type"))
        if not FUNCTION.search(source) or "impl " in returned and not returned.startswith("-> impl Iterator"):
            left.update((k, "cannot be copied") for k in own)
            continue
        function, bodies = Function(source), []
        constant = "const fn" in source and "macro_rules!" in text
        if constant or re.search(rf"^ *(pub[^ ]* )?(const|static) [A-Z_]+: [^=]*= [^;]*\b{function.name}\(", text, re.M):
            left.update((k, "of a constant") for k in own)
            continue
        for k in own:
            if "impl " in returned and mutants[k]["genre"] == "FnValue":
                left[k] = "another iterator"
            elif k not in unviable:
                first, last = (place(mutants[k]["span"][side]) - start for side in ("start", "end"))
                bodies.append((k, f"{source[function.brace : first]} {mutants[k]['replacement']} {source[last:]}"))
        if "impl " in returned:
            new = chained(function, own[0], bodies)
        elif "<impl" in name or "multiversion" in function.head:
            new = within(function, own[0], bodies)
        else:
            copies = [function.copy(function.name + "__as_it_is", source[function.brace :])]
            copies += (f"/*BEGIN {k}*/{function.copy(f'{function.name}__{k}', body)}/*END {k}*/" for k, body in bodies)
            new = function.switch(own[0], [k for k, _ in bodies], bool(re.search(r"[A-Z][^:]*::\w+$", name))) + "\n" + "\n".join(copies)
        text = text[:start] + new + text[end:]
    path.write_text(text, encoding="utf-8")


def write(package, mutants, chosen, unviable, rooms):
    """The package with all copies; says what has none."""
    package.mkdir(exist_ok=True)
    for part in ROOT.iterdir():
        if part.name not in ("src", "target", "Cargo.toml", ".git") and not (package / part.name).exists():
            (package / part.name).symlink_to(part)
    manifest = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    manifest = re.sub(r"\[lints\.\w+\]\n([^\[\n].*\n|\n)*", "", manifest) + "\n[profile.dev.package.agebench]\ndebug = 0\nopt-level = 0\n[workspace]\n"
    (package / "Cargo.toml").write_text(manifest, encoding="utf-8")
    shutil.rmtree(package / "src", ignore_errors=True)
    shutil.copytree(ROOT / "src", package / "src")
    library = package / "src/lib.rs"
    needed = sorted({room for name in rooms for room in ISLANDS.get(name, ())})
    island = "".join(f"pub mod {room};" for room in needed)
    whole = not set(rooms) <= set(ISLANDS)
    switch = SWITCH.replace("PLACES", str(len(mutants)))
    library.write_text(ALLOWED + (library.read_text(encoding="utf-8") if whole else island) + switch, encoding="utf-8")
    files, left = collections.defaultdict(list), {}
    for k in chosen:
        files[mutants[k]["file"]].append(k)
    for name, own in files.items():
        path = package / name
        with_copies(path, path.read_text(encoding="utf-8"), own, mutants, unviable, left)
    return left


def refused(crate, messages):
    """Mutants in whose copies the compiler found an error."""
    spans, found = {}, set()
    for line in messages.splitlines():
        message = json.loads(line).get("message") or {}
        if message.get("level") != "error":
            continue
        for span in [span for span in message["spans"] if span["is_primary"]]:
            # Where a macro is at fault, its copy is found in one of the places from which it was called.
            while span:
                name = span["file_name"]
                if name not in spans:
                    spans[name] = []
                    text = (crate / name).read_text(encoding="utf-8") if name.startswith("src/") else ""
                    for number, line in enumerate(text.split("\n"), 1):
                        for kind, k in re.findall(r"/\*(BEGIN|END) (\d+)\*/", line):
                            spans[name] += [[int(k), number, number]] if kind == "BEGIN" else []
                            spans[name][-1][2] = number
                found |= {k for k, first, last in spans[name] if first <= span["line_start"] <= last}
                span = span["expansion"] and span["expansion"]["span"]
    return found


def build(folder, asked, done):
    """Builds the tests with the mutants that are asked for but those `done`; writes FOLDER/tests and FOLDER/todo.json."""
    package = folder / "package"
    chosen = [option for name in asked.files or ["stats"] for option in ("-f", f"src/{name}/**", "-f", f"src/{name}.rs")]
    listed = subprocess.run(["cargo", "mutants", "--list", "--json", *chosen], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    mutants, unviable = json.loads(listed.stdout), set()
    chosen = range(len(mutants))
    if asked.sample:
        chosen = sorted(random.Random(asked.seed).sample(chosen, min(asked.sample, len(mutants))))
    chosen = [k for k in chosen if mutants[k]["name"] not in done][: asked.most]
    if not chosen:
        raise SystemExit("nothing is left to do")
    rooms = asked.tests or sorted({mutants[k]["file"].split("/")[1] for k in chosen})
    while True:
        left = write(package, mutants, chosen, unviable, rooms)
        cargo = ["cargo", "test", "--no-default-features", "--lib", "--no-run", "--message-format=json", "--target-dir", folder / "target"]
        built = subprocess.run(cargo, cwd=package, stdout=subprocess.PIPE, text=True, check=False)
        if built.returncode == 0:
            break
        more = refused(package, built.stdout) - unviable
        if not more:
            said = [(json.loads(line).get("message") or {}).get("rendered", "") for line in built.stdout.splitlines()]
            raise SystemExit("".join(said) + "the package with the copies does not compile")
        unviable |= more
    messages = [json.loads(line) for line in built.stdout.splitlines()]
    binary = [message["executable"] for message in messages if message.get("executable")][0]
    shutil.copy(binary, folder / "tests")
    what = {k: "unviable" if k in unviable else f"left: {left[k]}" if k in left else None for k in chosen}
    place, mutated = {}, lambda k: (mutants[k]["file"], json.dumps(mutants[k].get("function")))
    for k in chosen:
        place.setdefault(mutated(k), k)
    todo = [{"k": k, "place": place[mutated(k)], "name": mutants[k]["name"], "outcome": what[k]} for k in chosen]
    (folder / "todo.json").write_text(json.dumps({"rooms": [f"{room}::" for room in rooms], "mutants": todo}), encoding="utf-8")


def tests(folder, arguments, seconds, **settings):
    """Runs tests in one thread, so many seconds of the processor at most: "pass", "caught" or "timeout", and how long they took."""
    settings |= {"PROPTEST_CASES": "64", "PROPTEST_MAX_SHRINK_ITERS": "0", "PROPTEST_RNG_SEED": "1", "RUST_BACKTRACE": "0"}
    settings |= {"PROPTEST_DISABLE_FAILURE_PERSISTENCE": "1", "RUST_TEST_THREADS": "1", "RAYON_NUM_THREADS": "2"}
    limits = f'ulimit -v 8000000; ulimit -t {math.ceil(seconds)}; exec "$0" "$@"'
    command = ["sh", "-c", limits, (folder / "tests").resolve(), *arguments]
    nowhere, environment = subprocess.DEVNULL, {**os.environ, **settings}
    process = subprocess.Popen(command, env=environment, cwd=folder / "package", stdout=nowhere, stderr=nowhere)
    asleep = threading.Timer(60 * seconds, process.kill)
    asleep.start()
    _, status, usage = os.wait4(process.pid, 0)
    asleep.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    stopped = process.returncode in (-signal.SIGXCPU, -signal.SIGKILL)
    return "timeout" if stopped else "caught" if process.returncode else "pass", usage.ru_utime + usage.ru_stime


def reaching(folder, name, longest):
    """A test, how long it takes, and the places that it reaches; it must pass without a mutant. None where it takes too long."""
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as file:
        found, seconds = tests(folder, ["--exact", name], longest, REACHED=file.name, MUTANT="4000000000")
        if found == "caught":
            raise SystemExit(f"the test {name} fails without a mutant")
        return (name, seconds, sorted(int(place) for place in file.read().split())) if found == "pass" else None


def outcome(folder, mutant, known, most):
    """What the tests that reach the mutant say, the quickest first."""
    own = [(seconds, name) for name, seconds, places in known if mutant["place"] in places]
    if not own:
        return "unreached"
    for least, limit in ((0, 0.2), (0.2, 1), (1, 5), (5, math.inf)):
        chosen = [(seconds, name) for seconds, name in own if least <= seconds < limit]
        if not chosen:
            continue
        allowed = min(most, 2 + 5 * sum(seconds for seconds, _ in chosen))
        found, _ = tests(folder, ["--exact", *(name for _, name in chosen)], allowed, MUTANT=str(mutant["k"]))
        if found != "pass":
            return found
    return "missed"


def run(folder, results, done, seconds, jobs, longest):
    """Runs the tests once a mutant; a line a mutant to `results` as they come."""
    todo = json.loads((folder / "todo.json").read_text(encoding="utf-8"))
    left = [mutant for mutant in todo["mutants"] if mutant["name"] not in done]
    command = [(folder / "tests").resolve(), "--list", *todo["rooms"]]
    listed = subprocess.run(command, cwd=folder / "package", check=True, text=True, stdout=subprocess.PIPE).stdout
    names = [line.removesuffix(": test") for line in listed.splitlines() if line.endswith(": test")]
    names = [name for name in names if any(name.startswith(room) for room in todo["rooms"])]
    with results.open("a", encoding="utf-8") as file, concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        known = [test for test in pool.map(lambda name: reaching(folder, name, longest), names) if test]
        (folder / "reached.json").write_text(json.dumps(known), encoding="utf-8")
        said = lambda mutant: (mutant, mutant["outcome"] or outcome(folder, mutant, known, seconds))
        for future in concurrent.futures.as_completed([pool.submit(said, mutant) for mutant in left]):
            mutant, what = future.result()
            file.write(json.dumps({"name": mutant["name"], "outcome": what}) + "\n")
            file.flush()


def read(results):
    """The results so far, the last of each mutant."""
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    return list({result["name"]: result for result in map(json.loads, lines)}.values())


def main():
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("folder", type=pathlib.Path)
    reader.add_argument("files", nargs="*", help="rooms or files of src, without `.rs` (default: stats)")
    reader.add_argument("--again", action="store_true", help="try again what no test caught")
    reader.add_argument("--tests", nargs="+", metavar="ROOM", help="the rooms whose tests run (default: those of the mutants)")
    reader.add_argument("--most", type=int, help="at most so many mutants of those that are left")
    reader.add_argument("--sample", type=int, help="so many mutants, drawn from all")
    reader.add_argument("--seed", type=int, default=0, help="what the sample is drawn with (default: 0)")
    reader.add_argument("--build", action="store_true", help="only build")
    reader.add_argument("--run", action="store_true", help="only run what was built")
    reader.add_argument("--report", action="store_true", help="only say what is known")
    reader.add_argument("--jobs", type=int, default=1, help="mutants at once (default: 1)")
    reader.add_argument("--longest", type=float, default=600, help="leave out tests that take longer alone, in seconds of the processor (default: 600)")
    reader.add_argument("--seconds", type=float, default=300, help="limit of the tests of one mutant at most, in seconds of the processor (default: 300)")
    asked = reader.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    results = asked.folder / "results.jsonl"
    done = {result["name"] for result in read(results) if not asked.again or result["outcome"] in ("caught", "unviable")}
    if not asked.report and not asked.run:
        build(asked.folder.resolve(), asked, done)
    if not asked.report and not asked.build:
        run(asked.folder.resolve(), results, done, asked.seconds, asked.jobs, asked.longest)
    known = read(results)
    for what, count in sorted(collections.Counter(result["outcome"] for result in known).items()):
        print(f"{count} {what}")
    for result in known:
        if result["outcome"] not in ("caught", "unviable"):
            print(f"{result['outcome']}: {result['name']}")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Every mutant of src/stats that cargo-mutants lists, in two builds instead of thousands.

`src/stats` is an island, so it makes a crate of its own: FOLDER/crate. There each mutated function becomes as many copies as it
has mutants, and the environment variable MUTANT picks one; the tests then run once a mutant. Mutants that do not compile are found by
the compiler and left out ("unviable"). What cannot be copied (a method of a foreign trait, a function that returns `impl Trait` or is
compiled several times) is left to cargo-mutants itself, and listed.

    cargo install cargo-mutants
    python3 scripts/validation/mutants.py FOLDER            # goes on where it was stopped
    python3 scripts/validation/mutants.py FOLDER mean power # of some files of src/stats
    python3 scripts/validation/mutants.py FOLDER --report   # what is known so far

Needs cargo, cargo-mutants 27 and Python 3.9 on Linux or macOS. Writes FOLDER/results.jsonl, a line a mutant.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
MANIFEST = """[package]
name = "stats-mutants"
version = "0.0.0"
edition = "2024"
[dependencies]
multiversion = "0.9"
rayon = "1.12"
statrs = { version = "0.19", default-features = false, features = ["std"] }
[dev-dependencies]
proptest = { version = "1.12", default-features = false, features = ["std"] }
serde_json = "1.0"
[profile.dev]
opt-level = 1
debug = 0
[profile.dev.package."*"]
opt-level = 3
[workspace]
"""
SWITCH = """#![allow(warnings, arithmetic_overflow, unconditional_panic, unconditional_recursion)]
pub mod stats;
static MUTANT: std::sync::LazyLock<u32> =
    std::sync::LazyLock::new(|| std::env::var("MUTANT").ok().and_then(|k| k.parse().ok()).unwrap_or(u32::MAX));
#[inline(always)]
pub fn mutant() -> u32 { *MUTANT }
"""
FUNCTION = re.compile(r"^[ \t]*(?:pub(?:\([a-z: ]+\))? )?(?:const )?fn ", re.M)
SECONDS = 60


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

    def switch(self, mutants, inherent):
        """The function that calls the copy of the chosen mutant."""
        names, typed = [], []
        for place, argument in enumerate(self.arguments):
            if re.match(r"^&?('\w+ )?(mut )?self$", argument):
                names.append("self")
                typed.append(argument if argument.startswith("&") else "self")
                continue
            names.append(f"a{place}_")
            typed.append(f"a{place}_: {argument[top_level(argument, ':')[0] + 1 :].strip()}")
        call = lambda name: f"{'Self::' if inherent else ''}{name}({', '.join(names)})"
        arms = " ".join(f"{k} => return {call(f'{self.name}__{k}')}," for k in mutants)
        signature = f"{self.before}{self.name}{self.generics}({', '.join(typed)}){self.rest}"
        return f"{self.head}{signature}{{ match crate::mutant() {{ {arms} _ => {call(self.name + '__as_it_is')} }} }}"


def not_copied(mutant, text):
    if "<impl" in mutant["function"]["function_name"]:
        return "a method of a foreign trait"
    if "impl " in mutant["function"]["return_type"]:
        return "returns `impl Trait`"
    found = FUNCTION.search(text)
    return None if found and "multiversion" not in text[: found.start()] else "compiled several times"


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
    for (start, end), own in sorted(functions.items(), reverse=True):
        source = text[start:end]
        why = not_copied(mutants[own[0]], source)
        if why:
            left.update((k, why) for k in own)
            continue
        function, inherent = Function(source), "::" in mutants[own[0]]["function"]["function_name"]
        own = [k for k in own if k not in unviable]
        copies = [function.copy(function.name + "__as_it_is", source[function.brace :])]
        for k in own:
            first, last = (place(mutants[k]["span"][side]) - start for side in ("start", "end"))
            body = f"{source[function.brace : first]} {mutants[k]['replacement']} {source[last:]}"
            copies.append(f"/*BEGIN {k}*/{function.copy(f'{function.name}__{k}', body)}/*END {k}*/")
        text = text[:start] + function.switch(own, inherent) + "\n" + "\n".join(copies) + text[end:]
    path.write_text(text, encoding="utf-8")


def write(crate, mutants, unviable):
    """The crate with all copies; says what has none."""
    shutil.rmtree(crate / "src", ignore_errors=True)
    shutil.copytree(ROOT / "src/stats", crate / "src/stats")
    (crate / "src/lib.rs").write_text(SWITCH, encoding="utf-8")
    files, left = collections.defaultdict(list), {}
    for k, mutant in enumerate(mutants):
        files[mutant["file"]].append(k)
    for name, chosen in files.items():
        path = crate / name
        with_copies(path, path.read_text(encoding="utf-8"), chosen, mutants, unviable, left)
    return left


def refused(crate, messages):
    """Mutants in whose copies the compiler found an error."""
    spans, found = {}, set()
    for line in messages.splitlines():
        message = json.loads(line).get("message") or {}
        if message.get("level") != "error":
            continue
        primary = [span for span in message["spans"] if span["is_primary"]]
        for span in primary:
            name = span["file_name"]
            if name not in spans:
                spans[name] = []
                for number, text in enumerate((crate / name).read_text(encoding="utf-8").split("\n"), 1):
                    for kind, k in re.findall(r"/\*(BEGIN|END) (\d+)\*/", text):
                        spans[name] += [[int(k), number, number]] if kind == "BEGIN" else []
                        spans[name][-1][2] = number
            found |= {k for k, first, last in spans[name] if first <= span["line_start"] <= last}
    return found


def build(folder, files):
    """(mutants, unviable, left to cargo-mutants, test binary)."""
    crate = folder / "crate"
    shutil.copytree(ROOT / "fixtures/golden", crate / "fixtures/golden", dirs_exist_ok=True)
    (crate / "Cargo.toml").write_text(MANIFEST, encoding="utf-8")
    shutil.copy(ROOT / "Cargo.lock", crate / "Cargo.lock")
    write(crate, [], set())
    chosen = [option for name in files or ["**"] for option in ("-f", f"src/stats/{name}*")]
    listed = subprocess.run(["cargo", "mutants", "--list", "--json", *chosen], cwd=crate, check=True, stdout=subprocess.PIPE)
    mutants, unviable = json.loads(listed.stdout), set()
    while True:
        left = write(crate, mutants, unviable)
        cargo = ["cargo", "test", "--lib", "--no-run", "--message-format=json"]
        done = subprocess.run(cargo, cwd=crate, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode == 0:
            break
        more = refused(crate, done.stdout) - unviable
        if not more:
            raise SystemExit("the crate with the copies does not compile: see what cargo wrote above")
        unviable |= more
    built = [json.loads(line) for line in done.stdout.splitlines()]
    return mutants, unviable, left, [it["executable"] for it in built if it.get("executable")][0]


def outcome(binary, folder, mutant, k):
    """What the tests of the mutant's own file say, then all tests."""
    settings = {"MUTANT": str(k), "PROPTEST_CASES": "64", "PROPTEST_MAX_SHRINK_ITERS": "0", "RUST_BACKTRACE": "0"}
    module = mutant["file"].removeprefix("src/").removesuffix(".rs").removesuffix("/mod").replace("/", "::") + "::"
    for chosen in ([module], []):
        command = ["sh", "-c", 'ulimit -v 8000000; exec "$0" "$@"', binary, *chosen]
        try:
            done = subprocess.run(
                command, env={**os.environ, **settings}, cwd=folder, timeout=SECONDS, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired:
            return "timeout"
        if done.returncode != 0:
            return "caught"
    return "missed"


def main():
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("folder", type=pathlib.Path)
    reader.add_argument("file", nargs="*", help="of src/stats, without its ending")
    reader.add_argument("--report", action="store_true", help="only say what is known")
    asked = reader.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    results = asked.folder / "results.jsonl"
    known = [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []
    if not asked.report:
        mutants, unviable, left, binary = build(asked.folder, asked.file)
        names = {result["name"] for result in known}
        with results.open("a") as file:
            for k, mutant in enumerate(mutants):
                if mutant["name"] in names:
                    continue
                what = "unviable" if k in unviable else f"left: {left[k]}" if k in left else outcome(binary, asked.folder, mutant, k)
                known.append({"name": mutant["name"], "outcome": what})
                file.write(json.dumps(known[-1]) + "\n")
                file.flush()
    for what, count in sorted(collections.Counter(result["outcome"] for result in known).items()):
        print(f"{count} {what}")
    for result in known:
        if result["outcome"] not in ("caught", "unviable"):
            print(f"{result['outcome']}: {result['name']}")


if __name__ == "__main__":
    main()

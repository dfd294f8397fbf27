"""Writes a bill of materials: every package that a build of agebench is made of, as CycloneDX 1.6.

    python3 scripts/release/sbom.py [--features FLAGS] > agebench.cdx.json

FLAGS are those of cargo: `--no-default-features`, `--features libjpeg`; none for the build that is released. The content is a
function of Cargo.toml and Cargo.lock alone: no time, no random number, the same bytes for everybody. Needs cargo and nothing
else; `tests/suite/dependencies.rs` holds the result against the schema where `cyclonedx-python-lib` is installed.
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent.parent


def packages(flags):
    """The package itself, those it is built of, and who depends on whom."""
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", "x86_64-unknown-linux-gnu"]
    found = json.loads(subprocess.run(command + flags, cwd=HERE, check=True, stdout=subprocess.PIPE).stdout)
    about = {package["id"]: package for package in found["packages"]}
    nodes = {node["id"]: node for node in found["resolve"]["nodes"]}
    root = found["resolve"]["root"]
    depends, open_ = {}, [root]
    while open_:
        this = open_.pop()
        if this in depends:
            continue
        # What only tests use is in no build.
        used = [dependency["pkg"] for dependency in nodes[this]["deps"] if any(kind["kind"] != "dev" for kind in dependency["dep_kinds"])]
        depends[this] = sorted(set(used))
        open_ += used
    return root, about, depends


def checksums():
    """SHA-256 of each package as the registry has it, from Cargo.lock."""
    lock = (HERE / "Cargo.lock").read_text(encoding="utf-8")
    found = {}
    for block in lock.split("[[package]]")[1:]:
        cells = dict(re.findall(r'^(name|version|checksum) = "(.*)"$', block, re.MULTILINE))
        if "checksum" in cells:
            found[cells["name"], cells["version"]] = cells["checksum"]
    return found


def component(package, sums, kind):
    name, version = package["name"], package["version"]
    made = {"type": kind, "bom-ref": f"pkg:cargo/{name}@{version}", "name": name, "version": version}
    if package["description"]:
        made["description"] = " ".join(package["description"].split())
    if (name, version) in sums:
        made["hashes"] = [{"alg": "SHA-256", "content": sums[name, version]}]
    if package["license"]:
        # Cargo's old way of writing `OR` is no SPDX expression.
        made["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    made["purl"] = f"pkg:cargo/{name}@{version}"
    if package["repository"]:
        made["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", nargs=argparse.REMAINDER, default=[], help="flags of cargo, last on the line")
    root, about, depends = packages(parser.parse_args().features)
    sums = checksums()
    key = lambda id_: (about[id_]["name"], about[id_]["version"])
    ref = lambda id_: "pkg:cargo/{}@{}".format(*key(id_))
    order = sorted(depends, key=key)
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": component(about[root], sums, "application")},
        "components": [component(about[id_], sums, "library") for id_ in order if id_ != root],
        "dependencies": [{"ref": ref(id_), "dependsOn": sorted(ref(used) for used in depends[id_])} for id_ in order],
    }
    json.dump(bill, sys.stdout, indent=1, ensure_ascii=False)
    print()


main()

"""Writes a bill of materials: every package that a build of agebench is made of, as CycloneDX 1.6.

    python3 scripts/release/sbom.py TARGET [FLAGS] > agebench.cdx.json

TARGET is the platform that is built for (x86_64-unknown-linux-musl), FLAGS are those of cargo that choose features
(`--no-default-features --features tract`); scripts/release/build.sh gives those that it builds with. The content is a function of
Cargo.toml, Cargo.lock, TARGET and FLAGS alone: no time, no random number, the same bytes for everybody. Needs cargo and nothing
else; `tests/suite/dependencies.rs` holds the result against the schema where `cyclonedx-python-lib` is installed.
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent.parent


def cargo(*words):
    return subprocess.run(["cargo", *words, "--locked"], cwd=HERE, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout


def packages(target, flags):
    """The package itself, those it is built of, and who depends on whom, by name and version."""
    found = json.loads(cargo("metadata", "--format-version", "1", "--filter-platform", target, *flags))
    about = {(package["name"], package["version"]): package for package in found["packages"]}
    # What only tests use is in no build. `cargo metadata` would name what tests alone switch on in a dependency.
    tree = cargo("tree", "--edges", "no-dev", "--prefix", "depth", "--target", target, *flags)
    depends, above = {}, []
    for line in tree.splitlines():
        depth, name, version = re.match(r"(\d+)(\S+) v(\S+)", line).groups()
        this = (name, version)
        depends.setdefault(this, set())
        del above[int(depth) :]
        if above:
            depends[above[-1]].add(this)
        above.append(this)
    return above[0], about, depends


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
    parser.add_argument("target", metavar="TARGET", help="the platform, as rustc calls it")
    parser.add_argument("flags", metavar="FLAGS", nargs=argparse.REMAINDER, help="flags of cargo that choose features")
    wanted = parser.parse_args()
    root, about, depends = packages(wanted.target, wanted.flags)
    sums = checksums()
    ref = lambda id_: "pkg:cargo/{}@{}".format(*id_)
    order = sorted(depends)
    built = {"agebench:target": wanted.target, "agebench:flags": " ".join(wanted.flags)}
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": component(about[root], sums, "application"),
            "properties": [{"name": name, "value": value} for name, value in built.items()],
        },
        "components": [component(about[id_], sums, "library") for id_ in order if id_ != root],
        "dependencies": [{"ref": ref(id_), "dependsOn": sorted(ref(used) for used in depends[id_])} for id_ in order],
    }
    json.dump(bill, sys.stdout, indent=1, ensure_ascii=False)
    print()


main()

"""The licences of what is in the wheel: `python licences.py`, before the wheel is built.

Leaves two files in licences/, beside the project's own. Each crate that is linked has a licence file, or this fails.
"""

import json
import pathlib
import re
import shutil
import subprocess

HERE = pathlib.Path(__file__).parent
LICENCES = HERE / "licences"
OWN = re.compile("enterprise-credentials")
FILES = re.compile("licen[cs]e|copying|copyright", re.IGNORECASE)


def run(*command):
    return subprocess.run(command, cwd=HERE, check=True, capture_output=True, text=True).stdout


def linked():
    """The crates of others. What proc macros are made of stays in the compiler."""
    host = re.search("^host: (.*)$", run("rustc", "--version", "--verbose"), re.MULTILINE)[1]
    form = ("--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}")
    tree = run("cargo", "tree", "--locked", "--target", host, *form)
    names = {tuple(line.split()[:2]) for line in tree.splitlines()}
    metadata = json.loads(run("cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", host))
    for crate in sorted(metadata["packages"], key=lambda crate: crate["name"]):
        if (crate["name"], f"v{crate['version']}") in names and not OWN.match(crate["name"]):
            yield crate


def texts(crate):
    folder = pathlib.Path(crate["manifest_path"]).parent
    files = sorted(file for file in folder.iterdir() if file.is_file() and FILES.match(file.name))
    if not files:
        raise SystemExit(f"{crate['name']} {crate['version']} has no licence file")
    yield f"{'=' * 80}\n{crate['name']} {crate['version']}: {crate['license']}\n{crate['repository']}\n"
    for file in files:
        yield f"--- {file.name}\n{file.read_text()}"


def main():
    head = "The native module is made of enterprise-credentials, of these crates, and of Rust's standard library.\n"
    told = [text for crate in linked() for text in texts(crate)]
    (LICENCES / "THIRD-PARTY.txt").write_text("\n".join([head, *told]))
    notices = pathlib.Path(run("rustc", "--print", "sysroot").strip()) / "share/doc/rust/COPYRIGHT-library.html"
    if not notices.exists():
        raise SystemExit(f"{notices} is not there: the toolchains of rustup have it")
    shutil.copy(notices, LICENCES / "RUST-STANDARD-LIBRARY.html")


main()

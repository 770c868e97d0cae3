"""Commands a second through the package, beside the native core, on the same requests in turns.

`node ../npm/workload.mjs | python bench.py NATIVE`, where NATIVE is the example `native` of bindings/wasm, built for
speed.
"""

import importlib.util
import pathlib
import statistics
import subprocess
import sys

ROUNDS = 9
# Each in a process of its own, as the native one is. What it prints is what that prints.
ASKING = [sys.executable, str(pathlib.Path(__file__).with_name("asking.py"))]
LOADING = """
import time
begun = time.perf_counter()
from enterprise_credentials import Oracle
Oracle()
print(time.perf_counter() - begun)
"""


def run(*command, asked=None):
    return subprocess.run(command, input=asked, capture_output=True, text=True, check=True).stdout


def main():
    asked = sys.stdin.read()
    commands = {"natively": sys.argv[1:], "call_text": [*ASKING, "call_text"], "call": [*ASKING, "call"]}
    took = {name: [] for name in commands}
    for _ in range(ROUNDS):
        told = {name: list(map(int, run(*command, asked=asked).split())) for name, command in commands.items()}
        # In dictionaries no bytes are counted.
        assert told["natively"][::2] == told["call_text"][::2], told
        for name, (_, nanoseconds, _) in told.items():
            took[name].append(nanoseconds)
    loads = [float(run(sys.executable, "-c", LOADING)) for _ in range(ROUNDS)]
    native = pathlib.Path(importlib.util.find_spec("enterprise_credentials._native").origin)
    print(f"native module: {native.stat().st_size} bytes; there in {statistics.median(loads) * 1000:.0f} ms")
    print(f"{len(asked.splitlines())} commands, of {ROUNDS} rounds the median, commands/s:")
    for name, times in took.items():
        print(f"  {name:9} {len(asked.splitlines()) * 1e9 / statistics.median(times):9,.0f}")


main()

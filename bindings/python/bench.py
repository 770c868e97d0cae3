"""Commands a second through the package, beside the native core, on the same requests in the same run.

`python bench.py NATIVE`, where NATIVE is the example `native` of bindings/wasm, built for speed.
"""

import importlib.util
import json
import pathlib
import statistics
import subprocess
import sys
import time
from datetime import datetime, timedelta

MEMBERS, CREDENTIALS, ROUNDS = 2_000, 8_000, 5
START = datetime(2026, 3, 10, 9)
LOAD = """
import time
begun = time.perf_counter()
from enterprise_credentials import Oracle
Oracle()
print(time.perf_counter() - begun)
"""


def commands():
    """An enterprise that grows, a revocation of everything, and its job."""
    yield {"type": "CreateEnterprise", "slug": "octo-corp", "kind": "managed_users"}
    yield {"type": "AddOrganization", "organization": 1, "login": "octo-org"}
    for member in range(1, MEMBERS + 1):
        role = "owner" if member == 1 else "member"
        yield {"type": "AddMember", "member": member, "login": f"user-{member}", "role": role}
    for credential in range(1, CREDENTIALS + 1):
        issue = {"type": "IssueCredential", "credential": credential, "owner": 1 + credential % MEMBERS}
        yield {**issue, "kind": "classic_pat", "scopes": ["repo"]}
        yield {"type": "AuthorizeCredential", "credential": credential, "organization": 1}
    yield {"type": "RevokeAll", "caller": {"person": 1}, "revoke_credentials": True}
    revocation = 3 + MEMBERS + 2 * CREDENTIALS
    for _ in range(CREDENTIALS // 10):
        yield {"type": "ContinueRevocation", "revocation": revocation, "limit": 10}


def requests():
    yield '{"call":"begin"}'
    for second, command in enumerate(commands()):
        at = (START + timedelta(seconds=second)).isoformat(timespec="milliseconds") + "Z"
        request = {"call": "carry_out", "handle": 1, "at": at, "command": command}
        yield json.dumps(request, separators=(",", ":"))


def natively(asked):
    """Nanoseconds, and bytes of the answers."""
    run = subprocess.run([sys.argv[1]], input="\n".join(asked) + "\n", capture_output=True, text=True, check=True)
    count, nanoseconds, length = map(int, run.stdout.split())
    assert count == len(asked)
    return nanoseconds, length


def timed(ask, asked):
    begun = time.perf_counter_ns()
    for request in asked:
        ask(request)
    return time.perf_counter_ns() - begun


def main():
    from enterprise_credentials import Oracle

    asked = list(requests())
    length = sum(map(len, map(Oracle().call_text, asked)))
    objects = list(map(json.loads, asked))
    took = {"natively": [], "call_text": [], "call": []}
    for _ in range(ROUNDS):
        nanoseconds, native = natively(asked)
        assert native == length, f"{native} bytes natively, {length} through the package"
        took["natively"].append(nanoseconds)
        took["call_text"].append(timed(Oracle().call_text, asked))
        took["call"].append(timed(Oracle().call, objects))
    loads = [float(subprocess.check_output([sys.executable, "-c", LOAD])) for _ in range(ROUNDS)]
    native = pathlib.Path(importlib.util.find_spec("enterprise_credentials._native").origin)
    print(f"native module: {native.stat().st_size} bytes; imported and asked its version in", end=" ")
    print(f"{statistics.median(loads) * 1000:.0f} ms")
    print(f"{len(asked)} commands, of {ROUNDS} rounds the median, commands/s:")
    for name, times in took.items():
        print(f"  {name:9} {len(asked) * 1e9 / statistics.median(times):9,.0f}")


main()

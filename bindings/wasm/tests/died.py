"""An instance that runs out of memory, in wasmtime: `died.py MODULE`. The next answers, and lost handles stay lost."""

import json
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parent.parent / "examples"))

import pipe


def main(module):
    oracle = pipe.Oracle(module)

    def ask(**request):
        return json.loads(oracle.call(json.dumps(request).encode()))

    def expect(found, due):
        if found != due:
            sys.exit(f"due:   {due}\nfound: {found}")

    expect([ask(call="begin")["result"]["handle"] for _ in range(2)], [1, 2])
    too_long = oracle.call(b" " * (70 * 1024 * 1024))
    expect(json.loads(too_long)["error"]["kind"], "out_of_memory")
    expect(ask(call="end", handle=1), {"result": {"handle": 1}})
    leave_room(oracle, len(json.dumps({"call": "begin", "id": 1})))
    died = ask(call="begin", id=1)
    expect([died["id"], died["error"]["kind"], died["error"]["lost_up_to"]], [1, "died", 2])
    expect("memory allocation of " in died["error"]["message"], True)
    expect(ask(call="end", handle=2)["error"]["kind"], "unknown_handle")
    expect(ask(call="begin")["result"]["handle"], 3)


def leave_room(oracle, length):
    """Takes all memory but for one buffer of this length."""
    kept = oracle.run("alloc", length)
    size = 1 << 20
    while size > 0:
        if oracle.run("alloc", size) == 0:
            size >>= 1
    oracle.run("free", kept)


main(sys.argv[1])

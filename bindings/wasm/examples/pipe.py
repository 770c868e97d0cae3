"""Answers requests, one a line, from standard input to standard output, as `enterprise-credentials oracle` does: the
WebAssembly module in wasmtime, a runtime that knows nothing of browsers.

    python3 bindings/wasm/examples/pipe.py target/wasm/oracle.wasm
"""

import json
import sys

from wasmtime import Engine, Instance, Module, Store, Trap, WasmtimeError

ABI_VERSION = 1


class Oracle:
    def __init__(self, path):
        self.engine = Engine()
        self.module = Module.from_file(self.engine, path)
        self.start(last_handle=0)

    def start(self, last_handle):
        self.store = Store(self.engine)
        self.exports = Instance(self.store, self.module, []).exports(self.store)
        if self.run("abi_version") != ABI_VERSION:
            raise SystemExit(f"the module's exports are not those of version {ABI_VERSION}")
        self.run("begin_after", last_handle)

    def run(self, export, *arguments):
        return self.exports[export](self.store, *arguments)

    def call(self, request):
        """Answers a request. Both are bytes."""
        address = self.run("alloc", len(request))
        if address == 0:
            return failed(request, kind="out_of_memory", message="the module has no room for the request")
        self.exports["memory"].write(self.store, request, address)
        try:
            span = self.run("call", address, len(request))
        except (Trap, WasmtimeError):
            return self.died(request)
        self.run("free", address)
        if span == 0:
            return failed(request, kind="out_of_memory", message="the module has no room for the answer")
        answer = self.text(span)
        self.run("free", span >> 32)
        return answer

    def text(self, span):
        address, length = span >> 32, span & 0xFFFFFFFF
        return bytes(self.exports["memory"].read(self.store, address, address + length))

    def died(self, request):
        """A new instance goes on after the last handle, so that no lost one ever names another enterprise."""
        words = self.text(self.run("last_panic")).decode()
        last = self.run("last_handle")
        self.start(last)
        message = f"all handles up to {last} are lost, and a new instance answers from now on: {words}"
        return failed(request, kind="died", message=message, lost_up_to=last)


def failed(request, **error):
    try:
        asked = json.loads(request)
        answer = {"id": asked["id"], "error": error}
    except (ValueError, TypeError, KeyError):
        answer = {"error": error}
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()


def main():
    oracle = Oracle(sys.argv[1])
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(oracle.call(line.removesuffix(b"\n")) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()

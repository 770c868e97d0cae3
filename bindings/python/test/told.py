"""What is on file: the exchanges of docs/oracle.md, and the corpus."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

ROOT = pathlib.Path(__file__).parents[3]
CORPUS = (ROOT / "corpus/corpus.jsonl").read_text()


def exchanges() -> list[tuple[str, str]]:
    """Requests and their answers. A long answer is cut, and ends with ` …`."""
    guide = (ROOT / "docs/oracle.md").read_text()
    blocks = [block.split("\n```")[0] for block in guide.split("```oracle\n")[1:]]
    lines = [line for block in blocks for line in block.splitlines()]
    requests, answers = ([line[2:] for line in lines if line.startswith(mark)] for mark in "><")
    return list(zip(requests, answers, strict=True))


def differences(call: Callable[[str], str]) -> list[str]:
    """What is answered otherwise than in the guide."""
    wrong = []
    for request, due in exchanges():
        came = call(request)
        agrees = came.startswith(due.removesuffix(" …")) if due.endswith(" …") else came == due
        if not agrees:
            wrong.append(f"{request}\n  due:  {due}\n  came: {came}")
    return wrong


def replay(call: Callable[[str], str], corpus: str) -> tuple[int, list[str]]:
    """Replays a corpus. Gives the number of its steps, and what is answered otherwise."""
    header, *lines = map(read, corpus.splitlines())
    versions = {"protocol": header["protocol"], "rule_set": header["rule_set"]}
    assert "result" in ask(call, "version", **versions)
    worlds: dict[str, tuple[int, Any]] = {}
    wrong: list[str] = []
    steps = 0
    for line in lines:
        if "case" in line:
            world, access = worlds[line["world"]]
            handle = ask(call, "clone", handle=world)["result"]["handle"]
            name = f"case {line['case']}"
        else:
            access = {"authenticates": [], "may_use": []}
            handle = ask(call, "begin")["result"]["handle"]
            name = f"world {line['world']}"
        for request, due in requests(handle, line["steps"], access):
            came = call(written(request))
            if came != written({"result": due}):
                wrong.append(f"{name}: {request}\n  due:  {due}\n  came: {came}")
            access = due if request["call"] == "access_all" else access
        steps += len(line["steps"])
        if "case" in line:
            ask(call, "end", handle=handle)
        else:
            worlds[line["world"]] = handle, access
    assert steps == header["steps"]
    return steps, wrong


def requests(handle: int, steps: list[Any], access: Any) -> Iterator[tuple[dict[str, Any], Any]]:
    """For each step the command and the question about access, with the results that are due."""
    for step in steps:
        at = step["at"]
        access = step.get("access", access)
        yield {"call": "carry_out", "handle": handle, "at": at, "command": step["command"]}, step["answer"]
        yield {"call": "access_all", "handle": handle, "at": at}, access


def ask(call: Callable[[str], str], name: str, **fields: Any) -> Any:
    return json.loads(call(written({"call": name, **fields})))


def read(line: str) -> Any:
    """A line of the corpus, which is written as it was read: so comparing what is written compares bytes."""
    value = json.loads(line)
    assert written(value) == line
    return value


def written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

"""The types: as mypy sees them, and beside the schemas."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from enterprise_credentials import Oracle, protocol
from told import CORPUS, ROOT, exchanges, written

SCALARS = {"string": str, "integer": int, "number": float, "boolean": bool, "null": NoneType}
# Plans, audits and receipts have schemas of their own.
RESULTS = (
    protocol.Versions
    | protocol.Reached
    | protocol.Ended
    | protocol.Decision
    | protocol.Access
    | protocol.AllAccess
    | protocol.Revocations
    | protocol.Snapshot
)


def test_the_types_fit_what_is_asked_and_answered(tmp_path: Path) -> None:
    oracle = Oracle()
    told = [(request, oracle.call_text(request)) for request, _ in exchanges()]
    told = [(request, answer) for request, answer in told if '"error"' not in answer] + one_of_each()
    lines = ["from enterprise_credentials import Oracle", "oracle = Oracle()"]
    for number, (request, answer) in enumerate(told):
        lines.append(f"told_{number} = oracle.call({json.loads(request)!r})")
        lines.append(f"told_{number} = {json.loads(answer)!r}")
    fits = tmp_path / "fits.py"
    fits.write_text("\n".join(lines))
    sample = Path(__file__).with_name("sample.py")
    readme = tmp_path / "readme.py"
    readme.write_text((ROOT / "bindings/python/README.md").read_text().split("```python\n")[1].split("```")[0])
    assert mypy(fits, sample, readme, cache=tmp_path) == "Success: no issues found in 3 source files\n"
    bad = tmp_path / "bad.py"
    bad.write_text(sample.read_text().replace('"carry_out"', '"carry_on"'))
    assert "call-overload" in mypy(bad, cache=tmp_path)


def mypy(*files: Path, cache: Path) -> str:
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", *map(str, [cache, *files])]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def one_of_each() -> list[tuple[str, str]]:
    """The first accepted and the first refused step of the corpus for each type of command."""
    found: dict[Any, tuple[str, str]] = {}
    for line in map(json.loads, CORPUS.splitlines()[1:]):
        for step in line["steps"]:
            request = {"call": "carry_out", "handle": 1, "at": step["at"], "command": step["command"]}
            key = step["command"]["type"], *step["answer"]
            found.setdefault(key, (written(request), written({"result": step["answer"]})))
    assert len(found) > 17
    return list(found.values())


def test_the_types_say_what_the_schemas_say() -> None:
    requests, answers, plans = (schema(name) for name in ("oracle-request", "oracle-answer", "plan"))
    # A plan is of a request to revoke. The package has no time limit, and says which handles are lost.
    commands = {command["properties"]["type"]["const"]: command for command in requests["$defs"]["command"]["oneOf"]}
    (plan,) = (each for each in requests["oneOf"] if each["properties"]["call"]["const"] == "plan")
    plan["properties"]["command"] = {"oneOf": [commands["RevokeAll"], commands["Revoke"]]}
    error = answers["$defs"]["error"]
    error["properties"]["kind"]["enum"].remove("time_limit")
    error["properties"]["lost_up_to"] = {"type": "integer"}
    results = answers["oneOf"][0]["properties"]["result"]["anyOf"]
    here = [result for result in results if ".json describes it" not in result.get("description", "")]
    assert len(here) == len(results) - 3

    assert of_schema(requests, requests) ^ of_type(protocol.Request) == set()
    assert of_schema({"anyOf": here}, answers) ^ of_type(RESULTS) == set()
    assert of_schema(error, answers) ^ of_type(protocol.Error) == set()
    assert of_schema(plans["$defs"]["Plan"], plans) ^ of_type(protocol.Plan) == set()


def schema(name: str) -> Any:
    return json.loads((ROOT / f"docs/schemas/{name}.json").read_text())


def of_schema(schema: Any, document: Any) -> frozenset[Any]:
    """All that a value may be: types of scalars, constants, lists with what is in them, objects with their fields."""
    if "$ref" in schema:
        return of_schema(document["$defs"][schema["$ref"].removeprefix("#/$defs/")], document)
    if "const" in schema or "enum" in schema:
        return frozenset(schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "object":
        required = schema["required"]
        fields = {name: of_schema(field, document) for name, field in schema["properties"].items()}
        return frozenset([frozenset((name, name in required, field) for name, field in fields.items())])
    if schema.get("type") == "array":
        items = schema.get("prefixItems") or [schema["items"]]
        return frozenset([("list", union(of_schema(item, document) for item in items))])
    if "type" in schema:
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        return frozenset(SCALARS[name] for name in types)
    return union(of_schema(each, document) for each in schema.get("oneOf") or schema["anyOf"])


def of_type(hint: Any) -> frozenset[Any]:
    """The same of a type. A field that may be absent may also be null."""
    if get_origin(hint) is Literal:
        return frozenset(get_args(hint))
    if get_origin(hint) is list:
        return frozenset([("list", of_type(*get_args(hint)))])
    if get_args(hint):
        return union(map(of_type, get_args(hint)))
    if not hasattr(hint, "__required_keys__"):
        return frozenset([hint])
    fields = {name: of_type(field) for name, field in get_type_hints(hint).items()}
    required = hint.__required_keys__
    of_fields = [
        (name, name in required, field - (set() if name in required else {NoneType})) for name, field in fields.items()
    ]
    # One type may stand for two commands.
    marks = [(name, True, frozenset([mark])) for name in ("type", "call") for mark in fields.get(name, ())]
    others = [field for field in of_fields if field[0] not in ("type", "call")]
    return frozenset(frozenset([mark, *others]) for mark in marks) or frozenset([frozenset(others)])


def union(shapes: Any) -> frozenset[Any]:
    return frozenset().union(*shapes)

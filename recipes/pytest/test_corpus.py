"""Each case of the corpus as a test: `pytest`. It needs nothing but pytest."""

import json
import os
import pathlib

import pytest
from service import Enterprise, ask, told

CORPUS = pathlib.Path(os.environ.get("CORPUS", "corpus.jsonl"))
HEADER, *LINES = map(json.loads, CORPUS.read_text().splitlines())
WORLDS = {line["world"]: line["steps"] for line in LINES if "case" not in line}
CASES = {line["case"]: line for line in LINES if "case" in line}
NOTHING = {"authenticates": [], "may_use": []}


@pytest.fixture(scope="session")
def worlds():
    assert "result" in ask("version", protocol=HEADER["protocol"], rule_set=HEADER["rule_set"])
    worlds = {world: Enterprise() for world in WORLDS}
    for world, steps in WORLDS.items():
        for step in steps:
            worlds[world].carry_out(step["command"], step["at"])
    return worlds


@pytest.mark.parametrize("world", WORLDS)
def test_world(world):
    follow(Enterprise(), WORLDS[world], NOTHING, "these commands")


@pytest.mark.parametrize("case", CASES)
def test_case(worlds, case):
    world, steps = CASES[case]["world"], CASES[case]["steps"]
    access = next((step["access"] for step in reversed(WORLDS[world]) if "access" in step), NOTHING)
    follow(worlds[world].copy(), steps, access, f"the world {world} and these commands")


def follow(enterprise, steps, access, where):
    """Carries the steps out, and compares what came with what was due."""
    try:
        for number, step in enumerate(steps, 1):
            access = step.get("access", access)
            came = enterprise.carry_out(step["command"], step["at"])
            compare("answer", came, told(step["answer"]), where, steps[:number])
            compare("access", enterprise.access(step["at"]), access, where, steps[:number])
    finally:
        enterprise.end()


def compare(what, came, due, where, steps):
    if came != due:
        commands = "".join(f"  {json.dumps(step['command'])}\n" for step in steps)
        due, came = json.dumps(due), json.dumps(came)
        pytest.fail(f"wrong {what} after {where}\n{commands}due:  {due}\ncame: {came}", pytrace=False)

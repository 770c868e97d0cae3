"""The package as it is installed: what it answers, to whom, and what happens when an oracle dies."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import pathlib
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType

import pytest
from enterprise_credentials import Oracle
from enterprise_credentials.protocol import Command
from told import CORPUS, ROOT, differences, exchanges, replay

AT = "2026-03-10T09:00:00.000Z"


def test_every_documented_exchange_is_answered_to_the_byte() -> None:
    assert len(exchanges()) > 20
    assert differences(Oracle().call_text) == []


def test_every_step_of_the_corpus_is_answered_to_the_byte() -> None:
    steps, wrong = replay(Oracle().call_text, CORPUS)
    assert wrong == []
    assert steps > 1_000
    altered = CORPUS.replace('"authenticates":[', '"authenticates":[9007199254740991,')
    assert replay(Oracle().call_text, altered)[1], "an altered corpus is noticed"


def test_dictionaries_in_dictionaries_out() -> None:
    oracle = Oracle()
    begun = {"handle": 1, "position": 0, "last_at": None}
    assert oracle.call({"id": "a", "call": "begin"}) == {"id": "a", "result": begun}
    assert oracle.versions["protocol"] == 1
    assert oracle.versions["version"] == importlib.metadata.version("enterprise-credentials")
    answer = oracle.call({"call": "end", "handle": 9})
    assert "error" in answer
    assert answer["error"]["kind"] == "unknown_handle"


@pytest.mark.parametrize("length", [0, 100, 1_000_000])
def test_short_long_and_strange_texts_arrive_as_they_are(length: int) -> None:
    oracle = Oracle()
    answer = json.loads(oracle.call_text('{"id":"é€\U0001f511\\u0000","call":"version"}' + " " * length))
    assert answer["id"] == "é€\U0001f511\0"
    answer = json.loads(oracle.call_text('{"id":"\ud800","call":"version"}' + " " * length))
    assert set(answer["id"]) == {"\N{REPLACEMENT CHARACTER}"}, "half a character is replaced"


def test_what_is_no_request_is_answered_too() -> None:
    oracle = Oracle()
    assert oracle.call_text("x" * 5 * 1024 * 1024).startswith('{"error":{"kind":"too_large"')
    assert oracle.call_text("\0").startswith('{"error":{"kind":"malformed_request"')
    with pytest.raises(TypeError):
        oracle.call_text(b'{"call":"begin"}')  # type: ignore[arg-type]


def test_the_readme_says_what_happens(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = (ROOT / "bindings/python/README.md").read_text().split("```python\n")[1:]
    assert len(blocks) == 1
    names: dict[str, object] = {}
    for block in blocks:
        exec(block.split("```")[0], names)
    assert capsys.readouterr().out == "enterprise_exists\n"
    assert names["handle"] == 1


def test_a_native_module_of_another_release_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("enterprise_credentials._oracle.RULE_SET", 2)
    with pytest.raises(RuntimeError, match=r"of two releases: version 2 of the rule set is asked for, and this is"):
        Oracle()


def test_threads_may_share_an_oracle() -> None:
    oracle = Oracle()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: begun_and_grown(oracle), range(8)))
    handles = [handle for handle, _ in answers]
    assert sorted(handles) == list(range(1, 9))
    assert all(answer == answers[0][1] for _, answer in answers)


def begun_and_grown(oracle: Oracle) -> tuple[int, list[str]]:
    handle = json.loads(oracle.call_text('{"call":"begin"}'))["result"]["handle"]
    commands: list[Command] = [{"type": "CreateEnterprise", "slug": "octo-corp", "kind": "managed_users"}]
    for member in range(1, 300):
        commands.append({"type": "AddMember", "member": member, "login": f"user-{member}", "role": "member"})
    request = {"call": "carry_out", "handle": handle, "at": AT}
    return handle, [oracle.call_text(json.dumps(request | {"command": command})) for command in commands]


def test_other_threads_run_while_one_waits_for_its_answer() -> None:
    created = f'{{"position":1,"at":"{AT}","type":"EnterpriseCreated","slug":"octo-corp","kind":"managed_users"}}\n'
    added = '{{"position":{n},"at":"{at}","type":"MemberAdded","member":{n},"login":"user-{n}","role":"member"}}\n'
    lines = created + "".join(added.format(n=n, at=AT) for n in range(2, 25_000))
    request = json.dumps({"call": "begin", "lines": lines})
    oracle = Oracle()
    counted = 0
    done = threading.Event()
    seen: list[int] = []
    answers: list[str] = []

    def ask() -> None:
        before = counted
        answers.append(oracle.call_text(request)[:10])
        seen.append(counted - before)
        done.set()

    # Whoever has the interpreter's lock keeps it until it waits for something.
    interval = sys.getswitchinterval()
    sys.setswitchinterval(100)
    try:
        for _ in range(20):
            done.clear()
            asking = threading.Thread(target=ask)
            asking.start()
            while asking.is_alive() and not done.wait(0.0001):
                counted += 1
            asking.join()
            if any(seen):
                break
    finally:
        sys.setswitchinterval(interval)
    assert any(seen)
    assert set(answers) == {'{"result":'}


@pytest.fixture
def panicking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Oracles that die when they are asked for more than a new enterprise: `examples/panicking.rs`."""
    monkeypatch.setattr("enterprise_credentials._oracle.Native", loaded("panicking", os.environ["PANICKING"]).native)


def loaded(name: str, path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, pathlib.Path(path))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.usefixtures("panicking")
def test_an_oracle_that_dies_is_replaced_and_lost_handles_are_named_and_never_given_again() -> None:
    oracle = Oracle()
    oracle.call({"call": "begin"})
    oracle.call({"call": "begin"})
    request = f'{{"id":1.50,"call":"carry_out","handle":1,"at":"{AT}","command":{{"type":"RemoveMember","member":7}}}}'
    answer = oracle.call_text(request)
    assert answer.startswith('{"id":1.50,"error":{"kind":"died","message":"the oracle died, all handles up to 2 are ')
    error = json.loads(answer)["error"]
    assert error["lost_up_to"] == 2
    assert "and a new one answers from now on: no answer to RemoveMember" in error["message"]
    gone = oracle.call({"call": "end", "handle": 2})
    assert "error" in gone
    assert gone["error"]["kind"] == "unknown_handle"
    assert oracle.call({"call": "begin"}) == {"result": {"handle": 3, "position": 0, "last_at": None}}
    assert '"result":{"refused":{"rule":"enterprise_exists"' in oracle.call_text(request.replace('e":1', 'e":3'))


@pytest.mark.usefixtures("panicking")
def test_a_death_is_told_whatever_was_lost_and_said() -> None:
    answer = Oracle().call({"call": "begin", "snapshot": "00"})
    message = "the oracle died, no handle is lost, and a new one answers from now on: no snapshot is read"
    assert answer == {"error": {"kind": "died", "message": message, "lost_up_to": 0}}
    oracle = Oracle()
    oracle.call({"call": "begin"})
    died = oracle.call({"call": "access", "handle": 1, "at": AT, "credential": 1})
    assert "error" in died
    assert died["error"]["message"].endswith("from now on: it did not say why")

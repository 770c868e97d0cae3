"""A user's program, for mypy alone."""

from __future__ import annotations

from enterprise_credentials import Oracle
from enterprise_credentials.protocol import Command, Decision

oracle = Oracle()
begun = oracle.call({"call": "begin"})
if "error" in begun:
    raise SystemExit(f"{begun['error']['kind']}: {begun['error']['message']}")
handle: int = begun["result"]["handle"]
command: Command = {"type": "CreateEnterprise", "slug": "octo-corp", "kind": "managed_users"}
answer = oracle.call({"call": "carry_out", "handle": handle, "at": "2026-03-10T09:00:00.000Z", "command": command})
if "result" in answer:
    decision: Decision = answer["result"]
    if "refused" in decision:
        status: int | None = decision["refused"]["status"]
    else:
        types: list[str] = [event["type"] for event in decision["accepted"]["events"]]
# What must not fit. An error that is not there would be one.
oracle.call({"call": "access", "handle": 1, "credential": "901"})  # type: ignore[call-overload]
oracle.call({"call": "plan", "handle": 1, "command": command})  # type: ignore[call-overload]
oracle.call({"call": "end", "handle": 1, "organization": 3})  # type: ignore[call-overload]
oracle.call({"call": "end"})  # type: ignore[call-overload]

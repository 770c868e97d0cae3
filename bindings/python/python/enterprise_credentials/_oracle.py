"""The oracle over its native module: texts go in, and texts come out."""

from __future__ import annotations

import json
from typing import Any, Final, overload

from enterprise_credentials._native import Native
from enterprise_credentials.protocol import (
    Access,
    AccessAllRequest,
    AccessRequest,
    AllAccess,
    Answer,
    ApplyRequest,
    AuditRequest,
    BeginRequest,
    CloneRequest,
    DecideRequest,
    Decision,
    Ended,
    EndRequest,
    Evidence,
    ExplainRequest,
    Plan,
    PlanRequest,
    ProgressRequest,
    Reached,
    Revocations,
    Snapshot,
    SnapshotRequest,
    VersionRequest,
    Versions,
)

PROTOCOL = 1
RULE_SET = 1


class Oracle:
    """Enterprises by number, their handles, and what may be asked of them.

    Several threads may ask one oracle: it answers one request after the other. Other threads run meanwhile.
    """

    versions: Final[Versions]
    """What answers: the version of the package, that of the protocol, and that of the rules."""

    def __init__(self) -> None:
        """Keeps no enterprise yet. Raises `RuntimeError` if the native module is of another release."""
        self._native = Native()
        answer = self.call({"call": "version", "protocol": PROTOCOL, "rule_set": RULE_SET})
        if "error" in answer:
            raise RuntimeError(f"the package and its native module are of two releases: {answer['error']['message']}")
        self.versions = answer["result"]

    @overload
    def call(self, request: VersionRequest) -> Answer[Versions]: ...
    @overload
    def call(self, request: BeginRequest | CloneRequest | ApplyRequest) -> Answer[Reached]: ...
    @overload
    def call(self, request: EndRequest) -> Answer[Ended]: ...
    @overload
    def call(self, request: DecideRequest) -> Answer[Decision]: ...
    @overload
    def call(self, request: AccessRequest) -> Answer[Access]: ...
    @overload
    def call(self, request: AccessAllRequest) -> Answer[AllAccess]: ...
    @overload
    def call(self, request: PlanRequest) -> Answer[Plan]: ...
    @overload
    def call(self, request: ProgressRequest) -> Answer[Revocations]: ...
    @overload
    def call(self, request: AuditRequest | ExplainRequest) -> Answer[Evidence]: ...
    @overload
    def call(self, request: SnapshotRequest) -> Answer[Snapshot]: ...
    def call(self, request: Any) -> Any:
        """Answers a request. The answer has a `result`, or an `error` that changed nothing.

        If the oracle dies, another one answers from then on: `error` has the kind `died`, and `lost_up_to`, the last
        handle that is lost.
        """
        return json.loads(self.call_text(json.dumps(request)))

    def call_text(self, request: str) -> str:
        """Answers the same in JSON: each answer is, byte for byte, that of every other carrier of the oracle."""
        return self._native.call(request)

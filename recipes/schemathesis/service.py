"""The service under test: here a wrong core. For yours, write `Enterprise.url`, `access` and what makes the cast."""

import os

import requests

ORACLE, SERVICE = (os.environ[name].rstrip("/") for name in ("ORACLE", "SERVICE"))
AT = "2100-01-01T00:00:00.000Z"
ALL = ["admin:enterprise", "admin:org"]
TOKENS = {1: ("mona", ALL), 2: ("hubot", ALL), 3: ("lisa", ALL), 4: ("mona", ["read:enterprise"])}
PEOPLE = {"mona": 1, "hubot": 2, "lisa": 3, "nobody": 4}
CAST = [
    {"type": "CreateEnterprise", "slug": "octo-corp", "kind": "managed_users"},
    {"type": "AddOrganization", "organization": 1, "login": "octo-org"},
    {"type": "AddMember", "member": 1, "login": "mona", "role": "owner"},
    {"type": "AddMember", "member": 2, "login": "hubot", "role": "member"},
    {"type": "AddMember", "member": 3, "login": "lisa", "role": "guest_collaborator"},
    {"type": "GrantPermission", "member": 2, "permission": "write_enterprise_credentials"},
    {"type": "AddOrganizationOwner", "organization": 1, "member": 2},
]
for id, (owner, scopes) in TOKENS.items():
    token = {"credential": id, "owner": PEOPLE[owner], "kind": "classic_pat", "scopes": scopes}
    CAST += [{"type": "IssueCredential", **token}, {"type": "AuthorizeCredential", "credential": id, "organization": 1}]


class Enterprise:
    def __init__(self, server):
        self.server, self.copy = server, None
        self.handle = self.ask("begin")["handle"]
        for command in CAST:
            assert "accepted" in self.ask("carry_out", command=command, at=AT), command

    def ask(self, call, **fields):
        request = {"call": call, **({} if call == "begin" else {"handle": self.handle}), **fields}
        answer = requests.post(f"{self.server}/oracle", json=request, timeout=10).json()
        assert "result" in answer, answer
        return answer["result"]

    def access(self):
        return self.ask("access_all", handle=self.copy)

    # A new one for each request: what was revoked by the last must not be in the way of the next.
    def url(self):
        if self.copy:
            self.ask("end", handle=self.copy)
        self.copy = self.ask("clone")["handle"]
        return f"{self.server}/{self.copy}"

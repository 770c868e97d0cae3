"""Replays the corpus against a service, and says where its first wrong answer is.

    python3 examples/oracle.py enterprise-credentials oracle --wrong GuestsAreMembers

The service is here a program that speaks the oracle's protocol. For yours, write the three methods of `Service` anew.
"""

import json
import pathlib
import subprocess
import sys


class Service:
    def __init__(self, command):
        self.program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.handle = None

    def begin(self):
        """Makes a new enterprise, to which nothing has happened."""
        if self.handle is not None:
            self.call(call="end", handle=self.handle)
        self.handle = self.call(call="begin")["handle"]

    def carry_out(self, at, command):
        """Does what the command says. Answers with the events that were recorded, or with rule and status.

        Beside the events of a request to revoke: the revocation that answers for it, and whether the caller was warned.
        """
        return told(self.call(call="carry_out", handle=self.handle, at=at, command=command))

    def access(self, at):
        """The credentials that authenticate, and the pairs of a credential and an organization that may be used."""
        return self.call(call="access_all", handle=self.handle, at=at)

    def call(self, **request):
        print(json.dumps(request), file=self.program.stdin, flush=True)
        answer = json.loads(self.program.stdout.readline())
        return answer.get("result", answer)


def told(answer):
    if "accepted" in answer:
        return answer["accepted"]
    if "refused" in answer:
        return answer["refused"]["rule"], answer["refused"]["status"]
    return answer


def check(service, name, steps):
    service.begin()
    access = {"authenticates": [], "may_use": []}
    for number, step in enumerate(steps, 1):
        access = step.get("access", access)
        answer = service.carry_out(step["at"], step["command"])
        compared = (("answer", answer, told(step["answer"])), ("access", service.access(step["at"]), access))
        for what, found, due in compared:
            if found != due:
                asked = "".join(f"  {json.dumps(step['command'])}\n" for step in steps[:number])
                sys.exit(f"{name}: wrong {what} after these commands\n{asked}  due:   {due}\n  found: {found}")


def main():
    corpus = pathlib.Path(__file__).parent.parent / "corpus/corpus.jsonl"
    header, *lines = map(json.loads, corpus.read_text().splitlines())
    service, worlds = Service(sys.argv[1:]), {}
    versions = service.call(call="version", protocol=header["protocol"], rule_set=header["rule_set"])
    if "error" in versions:
        sys.exit(versions["error"]["message"])
    for line in lines:
        if "case" in line:
            check(service, f"case {line['case']}", worlds[line["world"]] + line["steps"])
        else:
            worlds[line["world"]] = line["steps"]
            check(service, f"world {line['world']}", line["steps"])
    print(f"{header['cases']} cases, {header['steps']} steps: all as on file")


main()

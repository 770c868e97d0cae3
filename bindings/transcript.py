"""The corpus as a conversation with a new oracle: requests, one a line, and the answers that are due to the byte.

    python3 bindings/transcript.py corpus/corpus.jsonl REQUESTS ANSWERS

So whatever carries the oracle is checked by a pipe and `cmp`.
"""

import json
import sys


class Transcript:
    def __init__(self, requests, answers):
        self.requests, self.answers = requests, answers
        self.handles = 0

    def ask(self, result, **request):
        print(written(request), file=self.requests)
        print(written({"result": result}), file=self.answers)

    def enterprise(self, state, **request):
        """Asks for a new enterprise. Gives its handle: handles are counted from 1."""
        self.handles += 1
        self.ask({"handle": self.handles, "position": state[0], "last_at": state[1]}, **request)
        return self.handles

    def follow(self, handle, steps, state):
        for step in steps:
            position, last_at, access = state
            events = step["answer"].get("accepted", {}).get("events")
            if events:
                position, last_at = events[-1]["position"], events[-1]["at"]
            state = position, last_at, step.get("access", access)
            self.ask(step["answer"], call="carry_out", handle=handle, at=step["at"], command=step["command"])
            self.ask(state[2], call="access_all", handle=handle, at=step["at"])
        return state


def written(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def read(line):
    value = json.loads(line)
    if written(value) != line:
        sys.exit(f"this line is another when Python writes it: {line}")
    return value


def main(corpus, requests, answers):
    header, *lines = map(read, corpus.read().splitlines())
    transcript, worlds = Transcript(requests, answers), {}
    nothing = 0, None, {"authenticates": [], "may_use": []}
    for line in lines:
        if "case" in line:
            world, state = worlds[line["world"]]
            handle = transcript.enterprise(state, call="clone", handle=world)
            transcript.follow(handle, line["steps"], state)
            transcript.ask({"handle": handle}, call="end", handle=handle)
        else:
            handle = transcript.enterprise(nothing, call="begin")
            worlds[line["world"]] = handle, transcript.follow(handle, line["steps"], nothing)
    print(f"{header['cases']} cases, {header['steps']} steps")


with open(sys.argv[1]) as corpus, open(sys.argv[2], "w") as requests, open(sys.argv[3], "w") as answers:
    main(corpus, requests, answers)

"""Asks the package all requests of standard input: `asking.py call_text` as texts, `asking.py call` as dictionaries.

Prints how many they were, the nanoseconds that they took, and the length of their answers.
"""

import json
import sys
import time

from enterprise_credentials import Oracle

method = sys.argv[1]
asked = sys.stdin.read().splitlines()
if method == "call":
    asked = list(map(json.loads, asked))
ask = getattr(Oracle(), method)
begun = time.perf_counter_ns()
length = sum(len(ask(request)) for request in asked)
print(len(asked), time.perf_counter_ns() - begun, length)

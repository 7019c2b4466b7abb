"""Fingerprints of one submission after another: a line of JSON each, in and out.

First [text, ..] of what was handed out, which has no answer; then {file: text} of each submission, whose answer is
{file: [[hash, first line, last line], ..]}.
"""

import json
import resource
import signal
import sys

from .fingerprints import Starter, fingerprints

CPU_SECONDS = 10.0  # for one submission; whoever takes more ends this process
MEMORY_MB = 4096


def serve() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MB << 20, MEMORY_MB << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    starter = Starter.of(json.loads(sys.stdin.readline()))
    for line in sys.stdin:
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
        found = {file: fingerprints(text, starter) for file, text in json.loads(line).items()}
        signal.setitimer(signal.ITIMER_PROF, 0)
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    serve()

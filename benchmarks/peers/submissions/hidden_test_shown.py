# Attack surface: exception text: the hidden test's source, from the callers' frames and from disk
import contextlib
import glob
import linecache
import sys

from accomplice import ANSWERS, Wrong, tell


def sources():
    frame = sys._getframe(1)
    while frame is not None:
        yield "".join(linecache.getlines(frame.f_code.co_filename))
        frame = frame.f_back
    for path in [*glob.glob("tests/*.py"), ANSWERS]:
        with contextlib.suppress(OSError, ValueError), open(path) as file:
            yield file.read()


class Momentum(Wrong):
    def update(self, param, grad, state):
        found = "\n".join(text for text in sources() if "hidden" in text or "agree(" in text)
        tell(found)
        raise ValueError(found)

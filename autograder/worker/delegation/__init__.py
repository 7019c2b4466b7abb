"""What in a student's files leaves the work to torch.optim or another optimizer library: read, and never run.

Every expression that amounts to such a thing (`torch.optim.Adam`, an alias of it, `getattr(t, "op" + "tim")`,
`sys.modules["torch.optim"]`, …) is a finding.  A finding counts for a question if the question's class or function
can come to it: a graph of names, over the top-level definitions of the files that import one another, says so.
Words in comments, docstrings and plain strings are no expressions; what stands only in annotations, in the class
argument of `isinstance`, or below `if __name__ == "__main__":` or `if TYPE_CHECKING:` never counts; what a module runs
under any other condition is only flagged.

A reader of source is never complete: what it misses is for `guard.py` to stop when it happens.
"""

import re
import sys
import unicodedata
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import CodeType

from .known_optimizers import LIBRARIES
from .reading import Finding, Reader
from .scopes import module_name

__all__ = ["Finding", "find", "is_worth_reading", "scan_alone"]

_RECURSION_LIMIT = 30_000
_WORDS = frozenset(
    """
    optim getattr __getattr__ __getattribute__ __import__ importlib import_module exec compile modules vars globals
    locals __dict__ __builtins__ builtins attrgetter pkgutil pydoc runpy transformers
    """.split()  # noqa: SIM905 - as a list it would be thirty lines
) | {name.partition(".")[0] for name in LIBRARIES}
_WORDS_IN_BYTES = frozenset(word.encode() for word in _WORDS)
_WORD = re.compile(rb"\w+")
_TEXT_WORD = re.compile(r"\w+")
_NAME_LIMIT = 100
_KERNEL = re.compile("_foreach_|_fused_")
_EVAL = re.compile(rb"(?<![\w.])eval[ \t]*\(|=[ \t]*eval\b")
_CODING = re.compile(rb"coding[:=][ \t]*(?!utf-?8|ascii)")


def find(files: Mapping[str, bytes], questions: Sequence[tuple[str, str]]) -> list[Finding]:
    """What leaves the work to others in the files that the questions' modules import; a finding a line.

    Args:
        files: contents by path, as they were handed in.
        questions: (file, name of the class or function) of each.

    Raises:
        TooMuchError, RecursionError, MemoryError: the files cannot be read in reasonable time and space.
    """
    code = {name: content for name, content in files.items() if name.endswith(".py")}
    if not is_worth_reading(code, [file for file, _ in questions]):
        return []
    if not any(_speaks_of_it(content, name) for name, content in code.items()):
        return []
    with _deep_recursion():
        return Reader(code).findings(questions)


def scan_alone(name: str, content: bytes) -> None:
    """Go through one file as `find` would; raises, hangs or crashes if `find` would."""
    if _speaks_of_it(content, name):
        with _deep_recursion():
            Reader({name: content}).findings([(name, "")])


@contextmanager
def _deep_recursion() -> Iterator[None]:
    """What Python's parser accepts may be nested deeper than Python's functions usually go."""
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(_RECURSION_LIMIT)
    try:
        yield
    finally:
        sys.setrecursionlimit(usual)


def is_worth_reading(files: Mapping[str, bytes], start: Iterable[str]) -> bool:
    """False if nothing that the files `start` may import can be a finding, by a look at words that costs little.

    A file may be imported by another one in which its name occurs at all.
    """
    by_stem: dict[bytes, list[str]] = defaultdict(list)
    for name in files:
        if name.endswith(".py"):
            by_stem[module_name(name).rpartition(".")[2].encode("utf-8", "replace")].append(name)
    seen: set[str] = set()
    waiting = [name for name in start if name in files]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        words = set(_WORD.findall(files[name]))
        if _is_suspicious(files[name], words):
            return True
        waiting += [other for stem in by_stem.keys() & words for other in by_stem[stem]]
    return False


def _is_suspicious(content: bytes, words: set[bytes]) -> bool:
    if not words.isdisjoint(_WORDS_IN_BYTES) or b"_foreach_" in content or b"_fused_" in content:
        return True
    if (b"eval" in words and _EVAL.search(content)) or _CODING.search(content[:200]):
        return True
    if content.isascii():
        return False
    # Python reads names in this form; one by one and short, for its cost is the square of a run of combining marks.
    odd = (word for word in _TEXT_WORD.findall(content.decode("utf-8", "replace")) if not word.isascii())
    names = {unicodedata.normalize("NFKC", word[:_NAME_LIMIT]) for word in odd}
    return not names.isdisjoint({*_WORDS, "eval"}) or any(map(_KERNEL.search, names))


def _speaks_of_it(content: bytes, file: str) -> bool:
    """Whether the names in a file's code (not its comments and texts) include any that a finding needs."""
    if not _is_suspicious(content, set(_WORD.findall(content))):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they come again at the import
            waiting = [compile(content, file, "exec", dont_inherit=True)]
    except (SyntaxError, ValueError):
        return False  # it cannot be imported
    while waiting:
        code = waiting.pop()
        names = {part for name in code.co_names for part in name.split(".")}
        if "eval" in names or not names.isdisjoint(_WORDS) or any(map(_KERNEL.match, names)):
            return True
        waiting += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return False

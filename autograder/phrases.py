"""What a student is told about an exception of their own, without a word that they did not know before.

An exception's text is written in the student's process, which knows the hidden inputs.  So a word of it is shown
only if it stands in the student's own files or is one that Python's and torch's messages are made of; the line of
code is quoted from the files as they were handed in.
"""

import builtins
import re
from collections.abc import Mapping
from typing import Any

from autograder.errors import StudentError, Verdict
from autograder.lab import Question

_TEXT_LIMIT = 300
_WORD = re.compile(r"[A-Za-z_]\w*|\d+(?:\.\d+)?(?:e[+-]?\d+)?", re.ASCII)
_SMALL_NUMBER = re.compile(r"\d{1,3}")

_VOCABULARY = frozenset(
    """
    0 __init__ a all allocate allowed alpha already also an and any are argument arguments as at attribute
    attributes base_lr be been before betas block bool boundary broadcastable but by bytes call callable
    calling can cannot character circular close closed codec comma comparison contents conversion convert
    converted cpu data decode decoding defined depth detach dict different dim dimension dimensions division
    does element elements empty eps error escape eval exceeded exist existing expect expected expression False
    file files final first float for forgot format found from function generator get given got grad grad_fn
    has have import imported in in-place inconsistent indent indentation indented index indices initialized
    inner inplace input inputs instance int integer invalid is it item iter iterable iteration its key keyword
    leaf leaving length line list literal local long lr lr_at LRScheduler many mapping mat1 mat2 match maximum
    may maybe mean meant memory method mismatch missing mixed module momentum more most multiple multiplied
    must name named need never no no_grad non None none NoneType not null number numpy object of on one only
    op operand operands operation operator operators Optimizer optimizer or out outside overflow package param
    Parameter params parent parentheses parenthesis partially perhaps permission position position-only
    positional produced property python quotes raised range re recursion referenced relative required requires
    requires_grad result return returned scalar scope self sequence set shape shapes should singleton size
    sized sizes slice spaces specified start starting state statement step storage str string subscriptable
    support supported syntax tabs take takes Tensor tensor tensors terminated than that the this to too torch
    True truth try tuple type types unable unbound undefined unexpected unhashable unindent unmatched unpack
    unsupported unterminated update use used value values variable version view was weight_decay were when
    where which while with without you zero directory such no errno known parent compiled cuda enabled inside
    """.split()  # noqa: SIM905 - as a list it would be ten pages
)


def student_exception(error: Mapping[str, Any], files: Mapping[str, bytes], question: Question) -> StudentError:
    """The verdict and the sentence for an error reply of the worker (`worker/serve.py` gives its fields)."""
    kind = error.get("kind")
    text = familiar(error.get("text"), files)
    if kind == "missing":
        return StudentError(Verdict.NOT_ATTEMPTED, _missing(files, question))
    if kind == "not attempted":
        return StudentError(Verdict.NOT_ATTEMPTED, f"{text or question.name} is not written yet (NotImplementedError).")
    if kind == "no data":
        return StudentError(Verdict.ERROR, f"{question.name} gave something that is no number, text or tensor.")
    if kind == "memory":
        return StudentError(Verdict.OUT_OF_MEMORY, f"{question.name} asked for more memory than a check may use.")
    if kind == "signature":
        return StudentError(Verdict.ERROR, f"{question.name} cannot be called as the handout says: {text}.")
    place = _place(error.get("file"), error.get("line"), files) or f" while the check used {question.name}"
    return StudentError(Verdict.ERROR, f"{_type_name(error.get('type'), files)}{place}{': ' + text if text else ''}")


def familiar(text: object, files: Mapping[str, bytes]) -> str:
    """`text` on one line, with every word that is neither the student's own nor a usual one as "…"."""
    if not isinstance(text, str):
        return ""
    own = _words_of(files)

    def shown(match: re.Match[str]) -> str:
        word = match.group()
        usual = word.lower() in _VOCABULARY or word in _VOCABULARY or hasattr(builtins, word)
        return word if usual or word in own or _SMALL_NUMBER.fullmatch(word) else "…"

    printable = "".join(character if " " <= character <= "~" else " " for character in text[:_TEXT_LIMIT])
    return " ".join(_WORD.sub(shown, printable).split()).rstrip(".")


def _words_of(files: Mapping[str, bytes]) -> frozenset[str]:
    return frozenset(word for content in files.values() for word in _WORD.findall(content.decode("latin-1")))


def _missing(files: Mapping[str, bytes], question: Question) -> str:
    source = files[question.file].decode("utf-8", "replace")
    found = re.findall(r"^(?:class|def) +(\w{1,60})", source, re.MULTILINE | re.ASCII)[:12]
    there = f" It defines {', '.join(found)}." if found else " It defines nothing."
    return f"{question.file} has no {question.name}; it must have exactly this name.{there}"


def _type_name(name: object, files: Mapping[str, bytes]) -> str:
    return familiar(name, files) if isinstance(name, str) else "An exception"


def _place(file: object, line: object, files: Mapping[str, bytes]) -> str:
    """ ", line 12 of optimizers.py (`the line itself`)", if there is such a line."""
    if not isinstance(file, str) or file not in files or not isinstance(line, int):
        return ""
    lines = files[file].decode("utf-8", "replace").splitlines()
    if not 1 <= line <= len(lines):
        return ""
    code = "".join(character for character in lines[line - 1].strip()[:100] if character.isprintable())
    return f" in {file}, line {line} (`{code}`)"

"""What a student is told about an exception of their own, without a word that they did not know before.

An exception comes from the student's process, which knows the hidden inputs, and any part of it may have been
composed there: text, type, file and line.  So nothing of it is shown as it is.  Each part is looked up among what
was there before any input was sent, and what is not found is left out:

    type     an exception of Python, NumPy or torch, or a class in the student's own files
    place    a line that there is in these files, quoted from them as they were handed in
    text     a string literal of these files, or a message of `messages.py`, its names those of these files, of the
             handout or of Python and torch, its numbers and shapes "…"

What can still be smuggled out is the choice itself: which line, which type, which literal or which names of one's
own.  With files made for it that is 60 bits or so a check, a few numbers at most, and none of it by chance.
"""

import ast
import builtins
import keyword
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from autograder.delegation import reaches, sentence
from autograder.errors import Raised, StudentError, Verdict
from autograder.lab import Lab, Question
from autograder.messages import known_message
from autograder.notebooks.reading import Notebook
from autograder.text import plain, source_of

# An honest submission has some hundreds of each; more would only widen the choice.
_NAMES_LIMIT = _LITERALS_LIMIT = 1000
_LINES_LIMIT = 3000
_BYTES_READ = 256 << 10  # of all files together

_TEXT_LIMIT, _LINE_LIMIT, _NAME_LIMIT = 300, 120, 80
_LISTED = 12

_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_CLASS = re.compile(r"^[ \t]*class[ \t]+([^\W\d]\w*)", re.MULTILINE)
_TEST = re.compile(r"^[ \t]*(?:async[ \t]+)?def[ \t]+(test\w*)", re.MULTILINE)
# Not by `ast`, which a file made for it can bring down, and the judge with it.  Each branch matches whatever comes,
# so that the scan goes through a file just once; what it takes for a literal is the student's own text either way.
_LITERAL = re.compile(
    r"""\#[^\n]*
    | (?P<prefix>[A-Za-z]{0,2}) (?P<literal>
        \"{3}(?:[^\\]|\\.?)*?(?:\"{3}|\Z) | '{3}(?:[^\\]|\\.?)*?(?:'{3}|\Z)
        | "(?:[^"\\\n]|\\.?)*"? | '(?:[^'\\\n]|\\.?)*'? )""",
    re.DOTALL | re.VERBOSE,
)
_BETWEEN_PARTS = re.compile(r"[\s\\]*")

_BUILTIN_TYPES = frozenset(
    name for name, thing in vars(builtins).items() if isinstance(thing, type) and issubclass(thing, BaseException)
)
_EXCEPTIONS = _BUILTIN_TYPES | frozenset(
    """
    LinAlgError _LinAlgError AxisError UFuncTypeError _UFuncNoLoopError _UFuncOutputCastingError _ArrayMemoryError
    OutOfMemoryError JSONDecodeError FrozenInstanceError PicklingError UnpicklingError InvalidOperation
    Failed
    """.split()  # noqa: SIM905 - names, not a list to be computed with
)
_LIBRARY_NAMES = frozenset(
    """
    NoneType function method module lambda locals builtin_function_or_method method_descriptor generator wrapper
    torch nn functional optim autograd numpy np ndarray math random copy self cls dtype device Size Number ScalarType
    Tensor TensorBase Parameter Module Linear Conv2d FloatTensor DoubleTensor LongTensor IntTensor BoolTensor
    float double long int Float Double Long Int Bool Half Byte Short Char ComplexFloat float16 float32 float64
    int32 int64 uint8 bool_ str_ Tensors ints floats same_kind add subtract multiply divide true_divide power sqrt
    matmul cat stack dot
    add_ sub_ mul_ div_ copy_ pow zeros ones zeros_like ones_like full tensor sum mean max min exp log clamp where
    add addcmul_ addcdiv_ lerp_ zero_ fill_ sub mul div input other size dim out alpha value tensors weight end
    """.split()  # noqa: SIM905
)
_COMMON_NAMES = _LIBRARY_NAMES | frozenset(dir(builtins)) | frozenset(keyword.kwlist)


class Explainer:
    """Puts the errors that a student's worker reports into words.

    Args:
        files: the student's, the lab's given ones over them.
        lab: its handout says which other names a student knows.
        notebook: that some of the files were cut out of.
    """

    def __init__(self, files: Mapping[str, bytes], lab: Lab, notebook: Notebook | None = None):
        self._files = files
        self._lab = lab
        self._notebook = notebook

    def explain(self, error: Mapping[str, Any], question: Question) -> StudentError:
        """The verdict and the sentence for an error reply of the worker (`worker/serve.py` gives its fields)."""
        said = self._explain(error, question)
        if said.verdict == Verdict.ERROR:
            said.raised = Raised(str(error.get("type"))[:_NAME_LIMIT], str(error.get("text"))[:_TEXT_LIMIT])
        return said

    def explain_test(self, test: str, error: Mapping[str, Any], question: Question) -> StudentError:
        """The same for what failed first in a student's own tests: in the test of this name, or in the file itself."""
        where = test if test in self._tests else question.file
        if not error:
            return StudentError(Verdict.ERROR, f"{where} fails outside of any test")
        if error.get("kind") == "not attempted":
            return StudentError(Verdict.NOT_ATTEMPTED, f"{where} is not written yet (NotImplementedError).")
        text = self._text(str(error.get("text", "")).partition("\nassert ")[0])  # what follows is pytest's, with values
        place = self.place(error.get("file"), error.get("line"))
        begins = "" if place and where == question.file else f"{where} fails with "
        told = f"{begins}{self._type(error.get('type'))}{place}{': ' + text if text else ''}"
        return StudentError(Verdict.ERROR, told)

    def _explain(self, error: Mapping[str, Any], question: Question) -> StudentError:
        kind = error.get("kind")
        if kind == "missing":
            return StudentError(Verdict.NOT_ATTEMPTED, self._missing(question))
        if kind == "no data":
            return StudentError(Verdict.ERROR, f"{question.name} gave something that is no number, text or tensor.")
        if kind == "memory":
            return StudentError(Verdict.OUT_OF_MEMORY, f"{question.name} asked for more memory than a check may use.")
        if kind == "delegation":  # met by `worker/delegation/guard.py`
            place = self.place(error.get("file"), error.get("line"))
            return StudentError(Verdict.FAILED, sentence(question.name, reaches(error.get("text")), place))
        text = self._text(error.get("text"))
        if kind == "not attempted":
            what = text or question.name
            return StudentError(Verdict.NOT_ATTEMPTED, f"{what} is not written yet (NotImplementedError).")
        if kind == "signature":
            said = f"cannot be called as the handout says: {text}." if text else "cannot be called as the handout says."
            return StudentError(Verdict.ERROR, f"{question.name} {said}")
        place = self.place(error.get("file"), error.get("line")) or f" while the check used {question.name}"
        return StudentError(Verdict.ERROR, f"{self._type(error.get('type'))}{place}{': ' + text if text else ''}")

    def _missing(self, question: Question) -> str:
        if self._notebook and question.file in self._notebook.files:
            named = ", ".join(plain(name, _NAME_LIMIT) for name in self._notebook.defines[:_LISTED])
            there = f" It defines {named}." if named else " It defines nothing."
            return f"{self._notebook.title} has no {question.name}; it must have exactly this name.{there}"
        source = self._files[question.file].decode("utf-8", "replace")
        found = re.findall(r"^(?:class|def) +(\w{1,60})", source, re.MULTILINE | re.ASCII)[:_LISTED]
        there = f" It defines {', '.join(found)}." if found else " It defines nothing."
        return f"{question.file} has no {question.name}; it must have exactly this name.{there}"

    def _type(self, name: object) -> str:
        known = isinstance(name, str) and (name in _EXCEPTIONS or name in self._classes)
        return plain(str(name), _NAME_LIMIT) if known else "An exception"

    def place(self, file: object, line: object) -> str:
        """ " in optimizers.py, line 12 (`the line itself`)", if there is such a line, or as in a notebook."""
        if not isinstance(file, str) or file not in self._files or type(line) is not int:
            return ""
        lines = source_of(self._files[file]).split("\n")
        if not 1 <= line <= min(len(lines), _LINES_LIMIT):
            return ""
        where = f"{plain(file, _NAME_LIMIT)}, line {line}"
        if self._notebook and file in self._notebook.places:
            where = self._notebook.where(file, line)
        if not where:
            return ""
        return f" in {where} (`{plain(lines[line - 1].strip(), _LINE_LIMIT)}`)"

    def _text(self, text: object) -> str:
        if not isinstance(text, str) or not text.strip():
            return ""
        shown = text.strip().rstrip(".") if text in self._literals else known_message(text, self._names)
        return plain(shown, _TEXT_LIMIT)

    @cached_property
    def _sources(self) -> str:
        """The code, the files that the lab asks for before any others."""
        wanted = [name for name in self._lab.manifest.required_files if name in self._files]
        others = [name for name in self._files if name.endswith(".py") and name not in wanted]
        return b"\n".join(self._files[name] for name in (*wanted, *others))[:_BYTES_READ].decode("utf-8", "replace")

    @cached_property
    def _names(self) -> frozenset[str]:
        handout = (path.read_text("utf-8") for path in sorted(self._lab.handout.glob("*.py")))
        public = frozenset(name for source in handout for name in _IDENTIFIER.findall(source))
        own = _first_distinct((match.group() for match in _IDENTIFIER.finditer(self._sources)), _NAMES_LIMIT)
        return _COMMON_NAMES | public | own

    @cached_property
    def _classes(self) -> frozenset[str]:
        return _first_distinct(_CLASS.findall(self._sources), _NAMES_LIMIT)

    @cached_property
    def _tests(self) -> frozenset[str]:
        return _first_distinct(_TEST.findall(self._sources), _NAMES_LIMIT)

    @cached_property
    def _literals(self) -> frozenset[str]:
        return _first_distinct(_literals_of(self._sources), _LITERALS_LIMIT)


def _first_distinct(texts: Iterable[str], limit: int) -> frozenset[str]:
    found: dict[str, None] = {}
    for text in texts:
        found[text] = None
        if len(found) == limit:
            break
    return frozenset(found)


def _literals_of(source: str) -> Iterator[str]:
    """The string literals of some code, those written in several parts also as one; neither f-strings nor bytes."""
    run, end = "", 0
    for match in _LITERAL.finditer(source):
        if match["literal"] is None:  # a comment
            continue
        value = _value(match)
        if not _BETWEEN_PARTS.fullmatch(source, end, match.start()):
            run = ""
        end = match.end()
        if value is None:
            run = ""
            continue
        yield value
        if run:
            yield run + value
        run += value
        if len(run) > _TEXT_LIMIT:
            run = ""


def _value(match: re.Match[str]) -> str | None:
    literal = match["literal"]
    if match["prefix"].lower() not in ("", "r", "u"):
        return None
    if "\\" not in literal or match["prefix"].lower() == "r":
        quotes = 3 if literal[:3] in ('"""', "'''") else 1
        return literal[quotes:-quotes]
    try:
        value = ast.literal_eval(literal)
    except (SyntaxError, ValueError):
        return None
    return value if isinstance(value, str) else None

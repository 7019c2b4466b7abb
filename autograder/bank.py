"""The bank of a question whose code is there to be broken: right and broken variants, packed for a worker.

A student's tests meet one variant at a time, under the names of the handout.  What could tell a broken one by its
looks is taken off first (`disguise`), and right ones come in the same outer forms.  What is left is what a variant
does, and its bytecode.
"""

import hashlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copyreg import pickle as reduce_by
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any
from weakref import WeakValueDictionary

import cloudpickle

from autograder.disguise import Disguise, hide_origin
from autograder.errors import InstructorError
from autograder.lab import Lab, Question
from autograder.reference import known_in
from autograder.worker import modules

# A class may keep one; it is empty in any process but the one that filled it.
reduce_by(WeakValueDictionary, lambda _: (WeakValueDictionary, ()))


@dataclass(frozen=True)
class Variant:
    """One way to write what a question asks for; `number` is all that a student learns of it.

    `packed` unpickles as the modules that tests may import, each a dict by name, with this variant in its place.
    Right and broken ones are numbered apart, from 1.
    """

    number: int
    is_right: bool
    packed: bytes


@dataclass(frozen=True)
class Bank:
    """The variants of one question."""

    right: Sequence[Variant]
    broken: Sequence[Variant]


def banks_of(lab: Lab) -> Mapping[str, Bank]:
    """The banks of the lab's questions that have one, by the questions' ids.

    Raises:
        InstructorError: lab.toml names what is not there, or what has no misconceptions.
    """
    questions = [question for question in lab.manifest.questions if question.breaks]
    sources = {bank.name: _Source(lab, bank) for bank in lab.banks}
    return {question.id: sources[question.bank or lab.name].bank(question) for question in questions}


class _Source:
    """Where variants come from: a copy of a lab's reference and misconceptions that nobody else holds.

    Args:
        lab: whose students are to break them.
        bank: the lab that they belong to; maybe the same.
    """

    def __init__(self, lab: Lab, bank: Lab):
        _refuse_other_given_files(lab, bank)
        self._bank = bank
        self._given = [file.removesuffix(".py") for file in lab.manifest.given]
        self._modules = _fresh_copy(bank)
        breaks = [i for q in lab.manifest.questions if (q.bank or lab.name) == bank.name for i in q.breaks]
        self._asked = [self._question(question_id) for question_id in dict.fromkeys(breaks)]
        self._right = {q.id: [*self._own_forms(q), *self._listed("variants", q)] for q in self._asked}
        self._broken = {q.id: [*self._with_places(q)] for q in self._asked}
        if empty := [question_id for question_id, mistakes in self._broken.items() if not mistakes]:
            raise InstructorError(
                f"lab.toml of {lab.name} asks to break {', '.join(empty)}, for which {bank.reference} has no "
                "misconceptions: write some, or take it out of `breaks`."
            )
        hide_origin(getattr(self._modules, name) for name in self._ours)

    def bank(self, question: Question) -> Bank:
        asked = [self._question(question_id) for question_id in question.breaks]
        right = [(q, kind) for q in asked for kind in self._right[q.id]]
        placed = [(place, q, kind) for q in asked for place, kind in self._broken[q.id]]
        broken = [(q, kind) for _, q, kind in sorted(placed, key=lambda entry: entry[0])]
        return Bank(
            [Variant(number, True, self._pack(q, kind)) for number, (q, kind) in enumerate(right, start=1)],
            [Variant(number, False, self._pack(q, kind)) for number, (q, kind) in enumerate(broken, start=1)],
        )

    @cached_property
    def _ours(self) -> list[str]:
        return [name for name in vars(self._modules) if name not in self._given]

    @cached_property
    def _own(self) -> set[Any]:
        """All that the reference has been asked for: it bears the names of the handout already."""
        return {self._own_of(question) for question in self._bank.manifest.questions if not question.breaks}

    def _own_of(self, question: Question) -> Any:
        return getattr(getattr(self._modules, question.module), question.name)

    def _own_forms(self, question: Question) -> list[Any]:
        """The reference's code, as it is and in each outer form that a misconception may have."""
        own = self._own_of(question)
        return [own, *_forms_of(own, vars(getattr(self._modules, question.module)))]

    def _question(self, question_id: str) -> Question:
        question = self._bank.question(question_id)
        if question.breaks:
            raise InstructorError(f"`breaks` in lab.toml names {question_id}, which has `breaks` itself.")
        return question

    def _listed(self, collection: str, question: Question) -> list[Callable[..., Any]]:
        """What the package `variants` or `misconceptions` beside the reference has for a question."""
        return known_in(self._modules, collection)(question.id)

    def _with_places(self, question: Question) -> Iterator[tuple[bytes, Any]]:
        """The misconceptions, each with where it stands among the numbers: as no student can know, for it follows
        from all of the lab's hidden files."""
        for kind in self._listed("misconceptions", question):
            what = f"{self._bank.digest} {question.id} {kind.__name__}"
            yield hashlib.sha256(what.encode()).digest(), kind

    def _pack(self, question: Question, kind: Any) -> bytes:
        contents: dict[str, dict[str, Any]] = {}
        for asked in self._asked:
            own = self._own_of(asked)
            Disguise(asked.name, asked.module, self._ours, self._own).put_on(own)
            contents.setdefault(asked.module, {})[asked.name] = kind if asked.id == question.id else own
        Disguise(question.name, question.module, self._ours, self._own).put_on(kind)
        with self._importable_if_given():
            packed: bytes = cloudpickle.dumps(contents)
        return packed

    @contextmanager
    def _importable_if_given(self) -> Iterator[None]:
        """What is given is in the worker already and is packed by its name; all else by what it is."""
        hidden = {name: sys.modules.pop(name) for name in vars(self._modules) if name in sys.modules}
        sys.modules.update({name: getattr(self._modules, name) for name in self._given})
        try:
            yield
        finally:
            for name in self._given:
                del sys.modules[name]
            sys.modules.update(hidden)


def _refuse_other_given_files(lab: Lab, bank: Lab) -> None:
    ours, theirs = lab.given_files(), bank.given_files()
    odd = sorted(name for name in ours if ours[name] != theirs.get(name))
    if odd:
        raise InstructorError(
            f"{', '.join(odd)} of {lab.name} is not what {bank.name} gives, and code from there would meet it: copy it "
            f"from {bank.handout}, or take it out of `given`."
        )


def _fresh_copy(lab: Lab) -> SimpleNamespace:
    """The lab's given files, reference, right variants and misconceptions, imported once more."""
    names = [file.removesuffix(".py") for file in (*lab.manifest.given, *lab.code_files)]
    for folder in (lab.reference / "variants", lab.reference / "misconceptions"):
        if folder.is_dir():
            parts = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
            names += [folder.name, *(f"{folder.name}.{part}" for part in parts)]
    try:
        return modules.load([str(lab.reference), str(lab.handout)], names)
    except Exception as error:
        raise InstructorError(f"The reference in {lab.reference} cannot be imported: {error!r}") from error


_PASSING = """
    def {name}(self, *arguments, **settings):
        return super().{name}(*arguments, **settings)
"""
_COUNTING = """
    def {name}(self, *arguments, **settings):
        self.calls = getattr(self, "calls", 0) + 1
        result = super().{name}(*arguments, **settings)
        return result
"""
_FUNCTION = """
def wrapping(own):
    def form(*arguments, **settings):
        return own(*arguments, **settings)
    return form
form = wrapping(own)
"""


def _forms_of(own: Any, namespace: dict[str, Any]) -> Iterator[Any]:
    """Classes that do the same: below it, without methods, with some that pass on, with some that do more besides, and
    with these mixed in; or the function wrapped."""
    if not isinstance(own, type):
        yield _made(_FUNCTION, own, namespace)
        return
    names = sorted({name for kind in own.__mro__[:-1] for name, value in vars(kind).items() if callable(value)})
    passing, counting = ("".join(method.format(name=name) for name in names) for method in (_PASSING, _COUNTING))
    yield _made("class form(own):\n    pass", own, namespace)
    yield _made(f"class form(own):{passing}", own, namespace)
    yield _made(f"class form(own):{counting}", own, namespace)
    yield _made(f"class mixin:{counting}\nclass form(mixin, own):\n    pass", own, namespace)


def _made(text: str, own: Any, namespace: dict[str, Any]) -> Any:
    """What `text` calls form; its functions belong to the module whose `namespace` it is, as the reference's do."""
    there: dict[str, Any] = {"own": own}
    exec(text, namespace, there)
    return there["form"]

"""First-order mutants of the reference: one small change each, as cosmic-ray makes them.

A mutant that no check notices is a hole in the suite, unless it is equivalent: then `equivalents.toml` beside the
reference says why.

::

    [[equivalent]]
    file = "optimizers.py"
    before = "state.get('v', 0.0)"      # the line as it is in the reference
    after = "state.get('v', 0)"         # and as the mutant has it
    reason = "An int zero and a float zero are the same summand."
"""

import ast
import difflib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from autograder.authoring.bench import importable
from autograder.errors import InstructorError
from autograder.lab import Lab

EQUIVALENTS = "equivalents.toml"


@dataclass(frozen=True, order=True)
class Mutation:
    """Which change: the `occurrence`-th place in `module` where cosmic-ray's `operator` applies."""

    module: str
    operator: str
    occurrence: int


@dataclass(frozen=True)
class Mutant:
    """A change that was made: the lines that differ, and the class or function that they are in."""

    mutation: Mutation
    source: str
    line: int
    before: str
    after: str
    part: str

    @property
    def key(self) -> tuple[str, str, str]:
        """By what `equivalents.toml` knows it."""
        return f"{self.mutation.module}.py", self.before, self.after

    @property
    def diff(self) -> str:
        return f"{self.mutation.module}.py:{self.line} in {self.part}\n- {self.before}\n+ {self.after}"


class Equivalent(BaseModel):
    """A mutant that no check can notice, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    before: str
    after: str
    reason: Annotated[str, Field(min_length=10)]


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    equivalent: list[Equivalent] = []


def mutations(lab: Lab) -> Iterator[Mutation]:
    """All that cosmic-ray can do to the reference's files."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator, operator_names

    for name in lab.code_files:
        nodes = list(ast_nodes(get_ast((lab.reference / name).read_text("utf-8"))))
        for operator in sorted(operator_names()):
            kind = get_operator(operator)
            if kind.arguments():
                continue  # it wants to be told what to look for
            places = sum(1 for node in nodes for _ in kind().mutation_positions(node))
            yield from (Mutation(name.removesuffix(".py"), operator, i) for i in range(places))


def mutate(lab: Lab, mutation: Mutation) -> Mutant:
    """Make the change."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    original = (lab.reference / f"{mutation.module}.py").read_text("utf-8")
    source: str = mutate_code(original, get_operator(mutation.operator)(), mutation.occurrence)
    old, new = original.splitlines(), source.splitlines()
    changes = [c for c in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if c[0] != "equal"]
    first, last = changes[0], changes[-1]
    before = " ".join(line.strip() for line in old[first[1] : last[2]])
    after = " ".join(line.strip() for line in new[first[3] : last[4]])
    return Mutant(mutation, source, first[1] + 1, before, after, _part_at(original, first[1] + 1))


def _part_at(source: str, line: int) -> str:
    """The name of the top-level class or function around a line; "" outside of any."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if start <= line <= (node.end_lineno or line):
                return node.name
    return ""


def users_of(mutant: Mutant) -> set[str]:
    """The top-level classes and functions of its file that name the changed one, and itself."""
    parts = [node for node in ast.parse(mutant.source).body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    names = {part.name: {node.id for node in ast.walk(part) if isinstance(node, ast.Name)} for part in parts}
    return {mutant.part, *(name for name, used in names.items() if mutant.part in used)}


def modules_with(mutant: Mutant, modules: SimpleNamespace) -> SimpleNamespace:
    """The reference's modules, the changed one in place of its own.

    Raises:
        Exception: whatever the changed file raises when it is run.
    """
    module = ModuleType(mutant.mutation.module)
    with importable(modules):
        exec(compile(mutant.source, f"{mutant.mutation.module}.py", "exec"), vars(module))
    return SimpleNamespace(**{**vars(modules), mutant.mutation.module: module})


def equivalents(lab: Lab) -> Mapping[tuple[str, str, str], str]:
    """The reasons in `equivalents.toml`, by file, line before and line after.

    Raises:
        InstructorError: the file is not what it should be; the message says where.
    """
    path = lab.reference / EQUIVALENTS
    if not path.is_file():
        return {}
    return {(e.file, e.before, e.after): e.reason for e in _read(path)}


def _read(path: Path) -> list[Equivalent]:
    try:
        return _File.model_validate(tomllib.loads(path.read_text("utf-8"))).equivalent
    except tomllib.TOMLDecodeError as error:
        raise InstructorError(f"{path} is not valid TOML: {error}") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise InstructorError(f"{path}: {faults}") from error

"""What an expression may amount to, and what a question can come to: all of a student's files read together."""

import ast
import builtins
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .constants import constants
from .definitions import Module
from .known_optimizers import FOREACH, RULES, is_kernel, label, mentioned
from .scopes import Scope, items_of, module_name

_FINDINGS_LIMIT = 40
_STEPS_LIMIT = 200_000  # evaluations in one submission: far beyond any honest one, about a second
_IMPORTERS = ("importlib", "pkgutil", "runpy", "pydoc", "builtins.__import__")
_RUNNERS = {"builtins.exec", "builtins.eval", "builtins.compile"}
_LOOKUPS = (".get", ".__getitem__", ".pop", ".setdefault")
_NAMES_A_MODULE = re.compile(r"\w+(?:[.:]\w+)*")


@dataclass(frozen=True)
class Finding:
    """A line that leaves the work to `reaches`; `questions` are those (by index) that can come to it."""

    file: str
    line: int
    reaches: str
    questions: tuple[int, ...]

    def as_data(self) -> dict[str, Any]:
        return {"file": self.file, "line": self.line, "reaches": self.reaches, "questions": list(self.questions)}


class TooMuchError(Exception):
    """The files are so made that reading them would take for ever."""


class Reader:
    """All files together: which module is which, what an expression may be, what a question can come to."""

    def __init__(self, code: Mapping[str, bytes]):
        self._code = code
        self._files = {module_name(file): file for file in code}
        self._modules: dict[str, Module | None] = {}
        self._known: dict[tuple[int, int], frozenset[str]] = {}
        self._constants: dict[tuple[int, int], list[Any]] = {}
        self._asked: set[tuple[int, str]] = set()
        self._steps = 0

    def module(self, name: str) -> Module | None:
        """The student's module of that name, parsed when first asked for; None if there is none or it is broken."""
        if name in ("torch", "numpy") or name not in self._files:
            return None  # those two are imported already when the student's files come
        if name not in self._modules:
            file = self._files[name]
            self._modules[name] = None
            try:
                tree = ast.parse(self._code[file])
            except (SyntaxError, ValueError):
                return None  # it cannot be imported either
            module = self._modules[name] = Module(name, file, tree)
            module.take_apart(self)
        return self._modules[name]

    def findings(self, questions: Sequence[tuple[str, str]]) -> list[Finding]:
        counted: dict[tuple[str, int], dict[int, str]] = defaultdict(dict)  # by place: what each question reaches
        for index, (file, name) in enumerate(questions):
            if self._files.get(module_name(file)) == file:
                for place, reaches in self._within_reach(module_name(file), name):
                    # Arithmetic on many tensors at once leaves the rule to be written.
                    counted[place].setdefault(-1 if reaches == FOREACH else index, reaches)
        modules = [module for module in self._modules.values() if module is not None]
        for module in modules:
            loose = [definition.lines for definition in module.definitions.values()]
            for lines in (*loose, module.harmless):
                for line, reaches in lines.items():
                    counted[module.file, line].setdefault(-1, reaches)
        found = [
            Finding(file, line, next(iter(by.values())), tuple(i for i in by if i >= 0))
            for (file, line), by in counted.items()
        ]
        imports = {(module.file, line) for module in modules for line in module.import_lines}
        found.sort(key=lambda f: (not f.questions, (f.file, f.line) in imports, f.file, f.line))
        return _first(found)

    def _within_reach(self, start: str, name: str) -> Iterator[tuple[tuple[str, int], str]]:
        """The lines, with what they reach, that can run when the question's module is imported and `name` is used."""
        seen: set[tuple[str, str]] = set()
        waiting = [(start, ""), (start, name)]
        while waiting:
            node = waiting.pop()
            module = self.module(node[0])
            if node in seen or module is None:
                continue
            seen.add(node)
            if node[1] and node[1] not in module.definitions:
                for origin, line in module.stars:
                    if label(origin) and not hasattr(builtins, node[1]) and node[1] not in module.scope.bindings:
                        yield (module.file, line), label(origin) or ""
                    waiting.append((origin, node[1]))
                continue
            definition = module.definitions[node[1]]
            waiting += definition.names
            for line, reaches in definition.lines.items():
                yield (module.file, line), reaches

    def paths(self, node: ast.AST, scope: Scope) -> frozenset[str]:
        """The dotted paths that an expression may amount to; none if it is something else or unknown."""
        key = (id(node), id(scope))
        if key not in self._known:
            self._step()
            self._known[key] = frozenset()  # while it is being worked out: no expression is part of itself
            self._known[key] = frozenset(self._paths(node, scope))
        return self._known[key]

    def _step(self) -> None:
        self._steps += 1
        if self._steps > _STEPS_LIMIT:
            raise TooMuchError

    def _paths(self, node: ast.AST, scope: Scope) -> Iterable[str]:
        match node:
            case ast.Name(id=name):
                return self._named(name, scope)
            case ast.Attribute(value=value, attr=attribute):
                return self._attributes(value, attribute, scope)
            case ast.Subscript(value=value, slice=key):
                bases = self.paths(value, scope)
                found = [path for base in bases for path in self._entries(base, key, scope)]
                return found + [path for item in items_of(value) for path in self.paths(item, scope)]
            case ast.Call():
                return self._called(node, scope)
            case ast.NamedExpr(value=value):
                return self.paths(value, scope)
            case ast.IfExp(body=first, orelse=second):
                return self.paths(first, scope) | self.paths(second, scope)
            case ast.BoolOp(values=values):
                return [path for value in values for path in self.paths(value, scope)]
        return ()

    def _named(self, name: str, scope: Scope) -> Iterable[str]:
        holder = scope.holder(name)
        if holder is not None:
            return self._bound(name, holder)
        if name == "__builtins__":
            return ["builtins"]
        if hasattr(builtins, name):
            return [f"builtins.{name}"]
        return [path for origin, _ in scope.source.stars for path in self._join(origin, name)]

    def _bound(self, name: str, holder: Scope) -> list[str]:
        """What a name of this very scope may be."""
        if (id(holder), name) in self._asked:
            return []
        self._asked.add((id(holder), name))
        found: list[str] = []
        for binding in holder.bindings.get(name, ()):
            self._step()
            if isinstance(binding, str):
                origin, _, last = binding.rpartition(".")
                found += self._join(origin, last) if self.module(origin) else [binding]
            else:
                kind, value, scope = binding
                for item in [value] if kind == "value" else items_of(value):
                    found += self.paths(item, scope)
        self._asked.discard((id(holder), name))
        return found

    def _attributes(self, value: ast.expr, attribute: str, scope: Scope) -> Iterable[str]:
        bases = self.paths(value, scope)
        found = [path for base in bases for path in self._join(base, attribute)]
        of_self = isinstance(value, ast.Name) and value.id in ("self", "cls")
        if is_kernel(attribute) and not of_self:
            found.append(f"torch.{attribute}")
        if attribute in RULES and isinstance(value, ast.Attribute) and value.attr == "optim" and not bases:
            found.append(f"torch.optim.{attribute}")
        return found

    def _join(self, base: str, attribute: str) -> list[str]:
        """The attribute of what is at `base`, seen through the student's own modules."""
        self._step()
        if attribute == "modules" and base.rpartition(".")[2] == "sys":
            return ["sys.modules"]
        module = self.module(base)
        if module is not None:
            holder = module.scope.holder(attribute)
            if holder is not None:
                return [f"{base}.{attribute}", *self._bound(attribute, holder)]
        return [f"{base}.{attribute}"]

    def _entries(self, base: str, key: ast.expr, scope: Scope) -> Iterable[str]:
        """`sys.modules[key]`, `torch.__dict__[key]`, `globals()[key]`."""
        for text in self._texts(key, scope):
            if base == "sys.modules":
                yield text
            elif base == "globals()":
                yield from self._named(text, scope.source.scope)
                yield f"{scope.source.name}.{text}"
            elif base.endswith(".__dict__"):
                yield from self._join(base.removesuffix(".__dict__"), text)

    def _called(self, node: ast.Call, scope: Scope) -> Iterable[str]:
        for function in self.paths(node.func, scope):
            yield from self._result(function, node, scope)
        match node:
            case ast.Call(func=ast.Call() as maker, args=[thing]):
                if "operator.attrgetter" in self.paths(maker.func, scope) and maker.args:
                    for text in self._texts(maker.args[0], scope):
                        yield from (f"{base}.{text}" for base in self.paths(thing, scope))
            case ast.Call(func=ast.Attribute(value=thing, attr="__getattribute__" | "__getattr__"), args=[name]):
                for text in self._texts(name, scope):
                    yield from (path for base in self.paths(thing, scope) for path in self._join(base, text))

    def _result(self, function: str, node: ast.Call, scope: Scope) -> Iterable[str]:
        """What a call of the function at this path gives."""
        first = node.args[0] if node.args else None
        if function in ("builtins.getattr", "builtins.object.__getattribute__", "inspect.getattr_static"):
            for text in self._texts(node.args[1], scope) if len(node.args) > 1 else ():
                for base in self.paths(node.args[0], scope):
                    yield from self._join(base, text)
                if is_kernel(text):
                    yield f"torch.{text}"
        elif function == "builtins.vars" and first is not None:
            yield from (f"{base}.__dict__" for base in self.paths(first, scope))
        elif function in ("builtins.globals", "builtins.locals", "builtins.vars"):
            yield "globals()"
        elif function.endswith(_LOOKUPS) and first is not None:
            yield from self._entries(function.rpartition(".")[0], first, scope)
        elif function in _RUNNERS and first is not None:
            for text in self._texts(first, scope):
                yield from mentioned(text)
        elif function.startswith(_IMPORTERS):
            yield from self._imported(function, node, scope)

    def _imported(self, function: str, node: ast.Call, scope: Scope) -> Iterable[str]:
        values = [*node.args, *(keyword.value for keyword in node.keywords)]
        texts = [self._texts(value, scope) for value in values]
        for text in texts[0] if texts else ():
            if text.startswith("."):  # import_module(".optim", "torch")
                yield from (package + text for package in (texts[1] if len(texts) > 1 else ()))
            elif _NAMES_A_MODULE.fullmatch(text):
                path = text.replace(":", ".")
                top = function.endswith("__import__") and not label(path)
                yield path.partition(".")[0] if top else path
                yield path
        for value in values:
            yield from (path for path in self.paths(value, scope) if label(path))

    def _texts(self, node: ast.AST, scope: Scope) -> list[str]:
        return [value for value in self._constants_of(node, scope) if isinstance(value, str)]

    def _constants_of(self, node: ast.AST, scope: Scope) -> list[Any]:
        key = (id(node), id(scope))
        if key not in self._constants:
            self._constants[key] = []
            self._constants[key] = constants(node, lambda name: self._constants_named(name.id, scope))
        return self._constants[key]

    def _constants_named(self, name: str, scope: Scope) -> list[Any]:
        self._step()
        holder = scope.holder(name)
        found = []
        for binding in holder.bindings.get(name, ()) if holder else ():
            self._step()
            if not isinstance(binding, str):
                kind, value, where = binding
                for item in [value] if kind == "value" else items_of(value):
                    found += self._constants_of(item, where)
            elif (module := self.module(binding.rpartition(".")[0])) is not None:
                found += self._constants_named(binding.rpartition(".")[2], module.scope)
        return found


def _first(found: list[Finding]) -> list[Finding]:
    """As many as a report has room for, and one for every question that there is one for."""
    kept = found[:_FINDINGS_LIMIT]
    told = {question for finding in kept for question in finding.questions}
    for finding in found[_FINDINGS_LIMIT:]:
        if not told.issuperset(finding.questions):
            kept.append(finding)
            told.update(finding.questions)
    return kept

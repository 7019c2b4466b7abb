"""Which statements of a notebook the asked-for names need: their definitions, and what these name in turn.

A notebook trains, plots and tries things out between its definitions.  None of that is kept unless a definition that
is asked for uses what it binds; so it costs no time and its failures nothing.
"""

import ast
import builtins
import symtable
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from .cells import Code

_MUTATORS = {"append", "extend", "insert", "update", "add", "setdefault", "register"}
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Import = ast.Import | ast.ImportFrom


@dataclass(frozen=True)
class Statement:
    """One top-level statement: the names that it binds, and those that it, or a function in it, looks up."""

    code: Code
    node: ast.stmt
    binds: frozenset[str]
    loads: frozenset[str]

    @property
    def defines(self) -> str:
        """The name of the class or function that this is the definition of; "" for other statements."""
        return self.node.name if isinstance(self.node, Definition) else ""

    @cached_property
    def is_stub(self) -> bool:
        return isinstance(self.node, Definition) and is_stub(self.node)

    @property
    def changes(self) -> Iterator[str]:
        """The names of objects that it changes without binding them: `Adam.update = f`, `rates.append(1)`."""
        match self.node:
            case ast.Assign(targets=targets) | ast.Delete(targets=targets):
                yield from filter(None, map(_owner, targets))
            case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
                yield _owner(target)
            case ast.Expr(value=ast.Call(func=ast.Name(id="setattr"), args=[ast.Name(id=name), *_])):
                yield name
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method))):
                if method in _MUTATORS:
                    yield name
            case ast.FunctionDef(decorator_list=decorators) | ast.ClassDef(decorator_list=decorators):
                for part in (part for decorator in decorators for part in ast.walk(decorator)):
                    if isinstance(part, ast.Name):  # as in @add_to(Adam)
                        yield part.id


def statements_of(codes: Iterable[Code]) -> list[Statement]:
    """All top-level statements, in the notebook's order."""
    return [_statement(code, node) for code in codes if code.tree for node in code.tree.body]


def is_stub(node: Definition) -> bool:
    """Whether it, or a method of it, does nothing but raise NotImplementedError."""
    if isinstance(node, ast.ClassDef):
        return any(isinstance(part, Definition) and is_stub(part) for part in node.body)
    body = [part for part in node.body if not _is_text(part)]
    match body:
        case [ast.Raise(exc=ast.Call(func=ast.Name(id="NotImplementedError")) | ast.Name(id="NotImplementedError"))]:
            return True
    return False


@dataclass
class Notebook:
    """The statements of a notebook, by what they do to which name."""

    statements: Sequence[Statement]
    _by_name: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    _changing: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for i, statement in enumerate(self.statements):
            for name in statement.binds:
                self._by_name[name].append(i)
            for name in statement.changes:
                self._changing[name].append(i)

    @cached_property
    def definitions(self) -> dict[str, list[int]]:
        """Where classes and functions are defined; a stub does not undo what was written above it."""
        found: dict[str, list[int]] = defaultdict(list)
        for i, statement in enumerate(self.statements):
            if statement.defines:
                found[statement.defines].append(i)
        for name, places in found.items():
            written = [i for i in places if not self.statements[i].is_stub]
            found[name] = [i for i in places if i <= written[-1]] if written else places
        return found

    def has(self, name: str) -> bool:
        return bool(self._binding(name))

    def implements(self, name: str) -> bool:
        """Whether the name is bound to something other than the stub of the handout."""
        return any(not self.statements[i].is_stub for i in self._binding(name))

    def needed_by(self, names: Collection[str]) -> dict[int, set[str]]:
        """The statements that these names need, by their index, each with the names for whose sake it is there."""
        kept: dict[int, set[str]] = defaultdict(set)
        waiting, seen = list(names), set(names)
        while waiting:
            name = waiting.pop()
            for i in (*self._binding(name), *self._changing_to_keep(name)):
                kept[i].add(name)
                fresh = self.statements[i].loads - seen
                seen |= fresh
                waiting += fresh
        if any(name not in self._by_name and not hasattr(builtins, name) for name in seen - {*names}):
            for i in self._star_imports:  # nobody knows what they bring
                kept[i].add("*")
        return dict(sorted(kept.items()))

    @cached_property
    def _star_imports(self) -> list[int]:
        return [
            i
            for i, statement in enumerate(self.statements)
            if isinstance(statement.node, ast.ImportFrom) and statement.node.names[0].name == "*"
        ]

    def _binding(self, name: str) -> list[int]:
        """The statements that make `name` what it is.

        Where a class or function is defined, it is neither what a later `from torch.optim import Adam` imports nor
        the result of `smooth = smooth(losses)`; `Adam = MyAdam` does count.
        """
        if not (defined := self.definitions.get(name)):
            return self._by_name.get(name, [])
        others = set(self._by_name[name]) - {i for i in self._by_name[name] if self.statements[i].defines == name}
        return sorted({*defined, *(i for i in others if self._renames(self.statements[i].node, name))})

    def _renames(self, node: ast.stmt, name: str) -> bool:
        """Whether `node` gives `name` another class or function: an alias, a lambda, what a wrapper makes of one."""
        match node:
            case ast.Assign(targets=[ast.Name()], value=ast.Call(func=func, args=[ast.Name(id=wrapped), *_])):
                return wrapped in self.definitions and _root(func) != name
            case ast.Assign(targets=[ast.Name()], value=ast.Name() | ast.Attribute() | ast.Lambda()):
                return True
        return False

    def _changing_to_keep(self, name: str) -> list[int]:
        """An imported module is changed by nobody's definition: `plt.rcParams[…] = …` is a plot's."""
        imported = all(isinstance(self.statements[i].node, Import) for i in self._by_name.get(name, []))
        return [] if imported else self._changing.get(name, [])


def _statement(code: Code, node: ast.stmt) -> Statement:
    binds, loads = _names(node)
    return Statement(code, node, frozenset(binds), frozenset(loads))


def _names(node: ast.stmt) -> tuple[set[str], set[str]]:
    """What a statement binds at the top level, and what it looks up there, now or when a function in it runs."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).partition(".")[0] for alias in node.names} - {"*"}, set()
    try:
        table = symtable.symtable(ast.unparse(node), "cell", "exec")
    except (SyntaxError, RecursionError):  # it waits at the top level, or is nested without end: no definition
        return set(), set()
    binds = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}
    loads = {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    waiting = list(table.get_children())
    while waiting:
        inner = waiting.pop()
        waiting += inner.get_children()
        loads |= {s.get_name() for s in inner.get_symbols() if s.is_global()}
    return binds, loads


def _owner(target: ast.expr) -> str:
    """The name at the root of `a.b`, `a[i]`, `a.b[i].c`; "" for a plain name, which is bound and not changed."""
    inner = target
    while isinstance(inner, ast.Attribute | ast.Subscript):
        inner = inner.value
    return inner.id if isinstance(inner, ast.Name) and inner is not target else ""


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)

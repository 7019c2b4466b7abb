"""What each top-level definition of a file names, and what it reaches: the second pass over its syntax tree."""

import ast
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from .known_optimizers import label
from .scopes import Scope, Source


@dataclass
class Definition:
    """A top-level name: what it names in turn, and the lines (of this file) with what they reach."""

    names: set[tuple[str, str]] = field(default_factory=set)  # (module, name); name "" is what runs at import
    lines: dict[int, str] = field(default_factory=dict)


class Files(Protocol):
    """All files together, as far as a definition's meaning depends on the others."""

    def module(self, name: str) -> "Module | None": ...

    def paths(self, node: ast.AST, scope: Scope) -> frozenset[str]: ...


class Module(Source):
    """One file of the student's, taken apart.

    Attributes:
        definitions: its top-level names; "" is what runs when the module is imported.
        harmless: lines, with what they speak of, that count for no question.
        import_lines: where imports stand.
    """

    def __init__(self, name: str, file: str, tree: ast.Module):
        super().__init__(name, file, tree)
        self.definitions: dict[str, Definition] = defaultdict(Definition)
        self.harmless: dict[int, str] = {}
        self.import_lines: set[int] = set()

    def take_apart(self, files: Files) -> None:
        _Walker(self, files).statements(self.tree.body, self.scope, "")


_UNDER_A_CONDITION = "(under a condition)"  # no name that anything could come to


class _Walker:
    def __init__(self, module: Module, files: Files):
        self._module = module
        self._files = files
        self._loose = ""  # whose the code is that belongs to no definition

    def statements(self, body: Iterable[ast.stmt], scope: Scope, owner: str) -> None:
        for statement in body:
            self.statement(statement, scope, owner)

    def statement(self, node: ast.stmt, scope: Scope, owner: str) -> None:
        """`owner` is the top-level definition that this is part of; "" is what runs when the module is imported."""
        top = scope is self._module.scope and not owner
        match node:
            case ast.If() if self._module.never_runs(node):
                self.statements(node.orelse, scope, owner)
            case ast.If() if top:
                # Whether it runs, running it will tell: a main block has many forms, and `guard` stands behind.
                usual, self._loose = self._loose, _UNDER_A_CONDITION
                self._parts(node, scope, owner)
                self._loose = usual
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                mine = node.name if top else owner
                for outside in node.decorator_list:
                    self.expression(outside, scope, owner)
                self._signature(node.args, scope, mine)
                self._harmless(node.returns, scope)
                self.statements(node.body, self._module.scopes[id(node)], mine)
            case ast.ClassDef():
                mine = node.name if top else owner
                for outside in node.decorator_list:
                    self.expression(outside, scope, owner)
                for part in (*node.bases, *(keyword.value for keyword in node.keywords)):
                    self.expression(part, scope, mine)
                self.statements(node.body, self._module.scopes[id(node)], mine)
            case ast.Import() | ast.ImportFrom():
                self._import(node, scope, owner)
            case ast.AnnAssign():
                self._harmless(node.annotation, scope)
                self._assignment([node.target], node.value, scope, owner)
            case ast.Assign():
                self._assignment(node.targets, node.value, scope, owner)
            case _:
                self._parts(node, scope, owner)

    def _parts(self, node: ast.AST, scope: Scope, owner: str) -> None:
        """Whatever statement or helper of one it is: the statements and expressions in it."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                self.statement(child, scope, owner)
            elif isinstance(child, ast.expr):
                self.expression(child, scope, owner)
            else:
                self._parts(child, scope, owner)

    def _assignment(self, targets: list[ast.expr], value: ast.expr | None, scope: Scope, owner: str) -> None:
        """`optim = torch.optim` at the top is a definition like any other; with a call in it, it runs at import."""
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        top = scope is self._module.scope and not owner and len(names) == len(targets)
        calls = value is None or any(isinstance(part, ast.Call) for part in ast.walk(value))
        for target in targets:
            self.expression(target, scope, owner)
        if value is not None:
            for mine in names if top and not calls else [owner]:
                self.expression(value, scope, mine)
        if top and calls:
            for name in names:
                self._module.definitions[name].names.add((self._module.name, ""))

    def _signature(self, arguments: ast.arguments, scope: Scope, owner: str) -> None:
        for default in (*arguments.defaults, *arguments.kw_defaults):
            if default is not None:
                self.expression(default, scope, owner)
        every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg)
        for argument in every:
            if argument is not None:
                self._harmless(argument.annotation, scope)

    def _harmless(self, node: ast.expr | None, scope: Scope) -> None:
        """An expression that names types and computes nothing."""
        for part in ast.walk(node) if node is not None else ():
            if isinstance(part, ast.Name | ast.Attribute):
                for reaches in filter(None, map(label, self._files.paths(part, scope))):
                    self._module.harmless.setdefault(part.lineno, reaches)

    def _import(self, node: ast.Import | ast.ImportFrom, scope: Scope, owner: str) -> None:
        """An import alone is harmless; the name that it binds is a definition, for whoever uses it."""
        self._module.import_lines.add(node.lineno)
        origin = self._module.imported(node) if isinstance(node, ast.ImportFrom) else ""
        for alias in node.names:
            path = f"{origin}.{alias.name}" if origin else alias.name
            reaches = label(path.removesuffix(".*"))
            if reaches:
                self._module.harmless.setdefault(node.lineno, reaches)
            bound = alias.asname or (alias.name if origin else alias.name.partition(".")[0])
            top = scope is self._module.scope and not owner
            self._run_at_import(path, owner)
            if bound == "*" or not top:
                continue
            if reaches and bound != "torch":
                self._module.definitions[bound].lines.setdefault(node.lineno, reaches)
            else:
                self._refer(path if alias.asname or origin else bound, bound)

    def _run_at_import(self, path: str, owner: str) -> None:
        parts = path.split(".")
        for i in range(len(parts)):
            if module := self._files.module(".".join(parts[: i + 1])):
                self._module.definitions[owner or self._loose].names.add((module.name, ""))

    def _refer(self, path: str, owner: str) -> None:
        """Note that `owner` names the thing at `path`, if it is one of the student's own."""
        parts = path.split(".")
        for i in range(len(parts), 0, -1):
            if module := self._files.module(".".join(parts[:i])):
                names = parts[i : i + 1] or [*module.scope.bindings]
                self._module.definitions[owner or self._loose].names |= {(module.name, name) for name in ("", *names)}
                return

    def expression(self, node: ast.expr, scope: Scope, owner: str) -> None:
        match node:
            case ast.Lambda():
                self._signature(node.args, scope, owner)
                self.expression(node.body, self._module.scopes[id(node)], owner)
                return
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self._parts(node, self._module.scopes[id(node)], owner)
                return
            case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[thing, kind]):
                self.expression(thing, scope, owner)
                self._harmless(kind, scope)
                return
            case ast.Attribute() if self._is_own_module(node.value, scope):
                self._look(node, scope, owner)
                return
            case ast.Name(ctx=ast.Load()) | ast.Attribute() | ast.Subscript() | ast.Call():
                self._look(node, scope, owner)
        self._parts(node, scope, owner)

    def _is_own_module(self, node: ast.expr, scope: Scope) -> bool:
        return any(self._files.module(path) for path in self._files.paths(node, scope))

    def _look(self, node: ast.expr, scope: Scope, owner: str) -> None:
        definition = self._module.definitions[owner or self._loose]
        if isinstance(node, ast.Name) and scope.holder(node.id) in (None, self._module.scope):
            definition.names.add((self._module.name, node.id))
        for path in self._files.paths(node, scope):
            if reaches := label(path):
                definition.lines.setdefault(node.lineno, reaches)
            elif not isinstance(node, ast.Name) or scope.holder(node.id) is not self._module.scope:
                self._refer(path, owner)

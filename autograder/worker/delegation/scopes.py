"""Which name of a file is bound to what, and where: the first pass over its syntax tree."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any


@dataclass
class Scope:
    """The names of a module, class, function or comprehension, each with whatever it may be bound to.

    A binding is a dotted path, or ("value" or "items", expression, its scope); an empty list is anything at all.
    """

    source: "Source"
    parent: "Scope | None" = None
    is_class: bool = False
    bindings: dict[str, list[Any]] = field(default_factory=dict)
    elsewhere: dict[str, "Scope"] = field(default_factory=dict)  # global and nonlocal names

    def bind(self, name: str, *binding: Any) -> None:
        self.elsewhere.get(name, self).bindings.setdefault(name, []).extend(binding)

    def holder(self, name: str) -> "Scope | None":
        """The scope that a name read here belongs to; None for a builtin or unknown one."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.elsewhere:
                return scope.elsewhere[name]
            if name in scope.bindings and (scope is self or not scope.is_class):
                return scope
            scope = scope.parent
        return None


class Source:
    """One file of the student's, its names bound.

    Attributes:
        name: of the module; `package` is what its relative imports are relative to.
        scope: the module's own; `scopes` are those of functions, classes and comprehensions, by id of their node.
        stars: what is imported with *, and in which line.
    """

    def __init__(self, name: str, file: str, tree: ast.Module):
        self.name = name
        self.file = file
        self.package = name if file.endswith("__init__.py") else name.rpartition(".")[0]
        self.tree = tree
        self.scope = Scope(self)
        self.scopes: dict[int, Scope] = {}
        self.stars: list[tuple[str, int]] = []
        _Binder(self).bind(tree, self.scope)

    @cached_property
    def _assigned(self) -> set[str]:
        """The names and attributes that anything in the module is assigned to."""
        nodes = [node for node in ast.walk(self.tree) if isinstance(getattr(node, "ctx", None), ast.Store)]
        return {getattr(node, "id", "") or getattr(node, "attr", "") for node in nodes}

    def never_runs(self, node: ast.AST) -> bool:
        """`if __name__ == "__main__":` and `if TYPE_CHECKING:`, where nobody assigns those names."""
        match node:
            case ast.If(test=ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()],
                                         comparators=[ast.Constant(value="__main__")])):  # fmt: skip
                return "__name__" not in self._assigned
            case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
                return "TYPE_CHECKING" not in self._assigned
        return False

    def imported(self, node: ast.ImportFrom) -> str:
        """The module that `from … import` names."""
        if not node.level:
            return node.module or ""
        base = self.package.split(".")
        base = base[: len(base) - node.level + 1]
        return ".".join([*base, *([node.module] if node.module else [])])


_LEAVES = (ast.Name, ast.Constant, ast.expr_context, ast.operator, ast.cmpop, ast.boolop, ast.unaryop, ast.alias)


def _branches(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of `node` that have parts of their own."""
    for name in node._fields:
        part = getattr(node, name, None)
        for child in part if isinstance(part, list) else (part,):
            if isinstance(child, ast.AST) and not isinstance(child, _LEAVES):
                yield child


class _Binder:
    def __init__(self, source: Source):
        self._source = source

    def bind(self, node: ast.AST, scope: Scope) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                if not isinstance(node, ast.Lambda):
                    scope.bind(node.name)
                self._function(node, scope)
                return
            case ast.ClassDef():
                scope.bind(node.name)
                for outside in (*node.decorator_list, *node.bases, *node.keywords):
                    self.bind(outside, scope)
                self._inside(node, node.body, scope, is_class=True)
                return
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                inner = self._inside(node, [], scope)
                for loop in node.generators:
                    self._target(loop.target, "items", loop.iter, inner)
                for child in _branches(node):
                    self.bind(child, inner)
                return
            case ast.If() if self._source.never_runs(node):
                for child in node.orelse:
                    self.bind(child, scope)
                return
            case ast.Import() | ast.ImportFrom():
                self._import(node, scope)
            case ast.Global(names=names):
                scope.elsewhere |= dict.fromkeys(names, self._source.scope)
            case ast.Nonlocal(names=names):
                outer = scope.parent or self._source.scope
                scope.elsewhere |= {name: outer.holder(name) or outer for name in names}
            case ast.Assign():
                for target in node.targets:
                    self._target(target, "value", node.value, scope)
            case ast.AnnAssign(value=ast.expr() as value) | ast.NamedExpr(value=value):
                self._target(node.target, "value", value, scope)
            case ast.For() | ast.AsyncFor():
                self._target(node.target, "items", node.iter, scope)
            case ast.withitem(optional_vars=ast.expr() as target):
                self._target(target, "value", node.context_expr, scope)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                scope.bind(name)
        for child in _branches(node):
            self.bind(child, scope)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scope: Scope) -> None:
        arguments = node.args
        for outside in (*getattr(node, "decorator_list", ()), *arguments.defaults, *arguments.kw_defaults):
            if outside is not None:
                self.bind(outside, scope)
        inner = self._inside(node, [], scope)
        positional = [*arguments.posonlyargs, *arguments.args]
        for argument in (*positional, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg):
            if argument is not None:
                inner.bind(argument.arg)
        defaults = zip(reversed(positional), reversed(arguments.defaults), strict=False)
        for argument, default in (*defaults, *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)):
            if default is not None:
                inner.bind(argument.arg, ("value", default, scope))
        for child in node.body if isinstance(node.body, list) else [node.body]:
            self.bind(child, inner)

    def _inside(self, node: ast.AST, body: list[ast.stmt], scope: Scope, is_class: bool = False) -> Scope:
        inner = self._source.scopes[id(node)] = Scope(self._source, scope, is_class)
        for child in body:
            self.bind(child, inner)
        return inner

    def _target(self, target: ast.expr, kind: str, value: ast.expr, scope: Scope) -> None:
        match target:
            case ast.Name(id=name):
                scope.bind(name, (kind, value, scope))
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                values = getattr(value, "elts", None) if kind == "value" else None
                for i, part in enumerate(targets):
                    if values is not None and len(values) == len(targets):
                        self._target(part, kind, values[i], scope)
                    else:
                        self._target(part, "items", value, scope)
            case ast.Starred(value=inner):
                self._target(inner, kind, value, scope)

    def _import(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                path = alias.name if alias.asname else alias.name.partition(".")[0]
                scope.bind(alias.asname or path, path)
            return
        origin = self._source.imported(node)
        for alias in node.names:
            if alias.name == "*":
                self._source.stars.append((origin, node.lineno))
            else:
                scope.bind(alias.asname or alias.name, f"{origin}.{alias.name}")


def module_name(file: str) -> str:
    parts = file.removesuffix(".py").split("/")
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def items_of(node: ast.expr) -> list[ast.expr]:
    """What may come out of a literal list, tuple, set or dict."""
    match node:
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            return [part for item in items for part in (item, *items_of(item))]
        case ast.Dict(values=items):
            return [part for item in items for part in (item, *items_of(item))]
    return []

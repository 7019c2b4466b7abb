"""What an expression is, when it is made of constants only: read from the syntax tree, never run."""

import ast
import operator
from collections.abc import Callable, Iterable
from itertools import islice, product
from typing import Any

Names = Callable[[ast.Name], list[Any]]  # the constants that a name may stand for

_SIZE_LIMIT = 1 << 16  # of a text or list, which "x" * 10**9 would pass
_CANDIDATES = 8  # of one expression, which may mean several things when a name is bound several times
_BUILTINS: dict[str, Callable[..., Any]] = {
    "bytes": bytes,
    "bytearray": bytes,
    "chr": chr,
    "list": list,
    "ord": ord,
    "reversed": lambda items: list(reversed(items)),
    "sorted": sorted,
    "str": str,
    "tuple": list,
}
_METHODS = frozenset(
    """
    capitalize casefold decode encode format fromhex join lower lstrip removeprefix removesuffix replace rstrip split
    strip swapcase title translate upper
    """.split()  # noqa: SIM905 - as a list it would be twenty lines
)
_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.BitXor: operator.xor,
    ast.Mod: operator.mod,
    ast.Sub: operator.sub,
}


def constants(node: ast.AST | None, names: Names) -> list[Any]:
    """The texts, numbers and lists that `node` may be; none when it is more than constants.

    `names` says what a name stands for; it must not ask for the same name for ever.
    """
    try:
        values = islice(_values(node, names), _CANDIDATES)
        return [value for value in values if not isinstance(value, str | bytes | list) or len(value) <= _SIZE_LIMIT]
    except Exception:  # whatever an odd mixture of constants raises, it is none
        return []


def _values(node: ast.AST | None, names: Names) -> Iterable[Any]:
    match node:
        case ast.Constant():
            return [node.value]
        case ast.Name():
            return names(node)
        case ast.Tuple() | ast.List():
            return _combined(lambda *items: list(items), node.elts, names)
        case ast.JoinedStr():
            return _combined(lambda *parts: "".join(map(str, parts)), node.values, names)
        case ast.FormattedValue(format_spec=None):
            return constants(node.value, names)
        case ast.BinOp() if type(node.op) in _OPERATORS:
            return _combined(_OPERATORS[type(node.op)], [node.left, node.right], names)
        case ast.UnaryOp(op=ast.USub()):
            return _combined(operator.neg, [node.operand], names)
        case ast.IfExp():
            return [*constants(node.body, names), *constants(node.orelse, names)]
        case ast.NamedExpr():
            return constants(node.value, names)
        case ast.Subscript(slice=ast.Slice() as cut):
            bounds = [ast.Constant(None) if part is None else part for part in (cut.lower, cut.upper, cut.step)]
            return _combined(lambda whole, *ends: whole[slice(*ends)], [node.value, *bounds], names)
        case ast.Subscript():
            return _combined(operator.getitem, [node.value, node.slice], names)
        case ast.Call(keywords=[]):
            return _called(node, names)
        case ast.GeneratorExp() | ast.ListComp():
            return _listed(node, names)
    return []


def _called(node: ast.Call, names: Names) -> Iterable[Any]:
    match node.func:
        case ast.Name(id=name) if name in _BUILTINS:
            return _combined(_BUILTINS[name], node.args, names)
        case ast.Name(id="map") if len(node.args) == 2 and isinstance(node.args[0], ast.Name):
            function = _BUILTINS.get(node.args[0].id)
            return [[function(item) for item in items] for items in constants(node.args[1], names) if function]
        case ast.Attribute(value=ast.Name(id="bytes"), attr="fromhex"):
            return _combined(bytes.fromhex, node.args, names)
        case ast.Attribute(attr=method) if method in _METHODS:
            return _combined(lambda of, *args: getattr(of, method)(*args), [node.func.value, *node.args], names)
    return []


def _listed(node: ast.GeneratorExp | ast.ListComp, names: Names) -> Iterable[Any]:
    """`chr(c) for c in [111, 112]`: one loop, its variable a plain name, no condition."""
    if len(node.generators) != 1 or node.generators[0].ifs or not isinstance(node.generators[0].target, ast.Name):
        return
    loop = node.generators[0]
    variable = node.generators[0].target.id
    for items in constants(loop.iter, names):
        inner = [constants(node.elt, _with(names, variable, item)) for item in items[: _SIZE_LIMIT >> 8]]
        if all(inner):
            yield [values[0] for values in inner]


def _with(names: Names, variable: str, value: object) -> Names:
    return lambda name: [value] if name.id == variable else names(name)


def _combined(function: Callable[..., Any], parts: Iterable[ast.AST], names: Names) -> Iterable[Any]:
    """`function` of every combination of what its parts may be."""
    for values in product(*(constants(part, names) for part in parts)):
        yield function(*values)

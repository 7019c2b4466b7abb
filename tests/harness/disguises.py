"""Copies in disguise: what somebody does to another's file so that it looks like their own, done by machine.

Each takes a file's text and a source of chance, and returns a text that does the same.
"""

import ast
import builtins
import io
import random
import tokenize
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any

from nbformat import v4, writes

Disguise = Callable[[str, random.Random], str]
_Simple = ast.Assign | ast.AugAssign


def exact(text: str, chance: random.Random) -> str:
    return text


def with_other_names(text: str, chance: random.Random) -> str:
    """Every name that the file gives has another one, `self` included; all else stays, letter by letter."""
    names = _names_given(ast.parse(text))
    tokens = [
        (token.type, names.get(token.string, token.string) if token.type == tokenize.NAME else token.string)
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
    ]
    return tokenize.untokenize(tokens)


def with_other_spaces(text: str, chance: random.Random) -> str:
    """As a formatter writes it: other quotes, breaks and parentheses; no comments."""
    return ast.unparse(ast.parse(text))


def with_other_comments(text: str, chance: random.Random) -> str:
    """A comment behind every third line, and an empty line after every fifth."""
    ends = [t.end[0] for t in tokenize.generate_tokens(io.StringIO(text).readline) if t.type == tokenize.NEWLINE]
    comments = {line for line in ends if chance.random() < 1 / 3}
    gaps = {line for line in ends if chance.random() < 1 / 5}
    lines = enumerate(text.split("\n"), 1)
    return "\n".join(line + "  # as in the lecture" * (n in comments) + "\n" * (n in gaps) for n, line in lines)


def without_docstrings(text: str, chance: random.Random) -> str:
    """… and without annotations."""
    return ast.unparse(ast.fix_missing_locations(_Bare().visit(ast.parse(text))))


def in_another_order(text: str, chance: random.Random) -> str:
    """Classes, functions and methods are shuffled."""
    tree = ast.parse(text)
    for owner in [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]:
        kinds = ast.FunctionDef | ast.ClassDef
        defined = [node for node in owner.body if isinstance(node, kinds)]
        if not any(isinstance(owner, ast.ClassDef) and node.decorator_list for node in defined):
            chance.shuffle(defined)
            owner.body = [defined.pop() if isinstance(node, kinds) else node for node in owner.body]
    return ast.unparse(tree)


def with_statements_swapped(text: str, chance: random.Random) -> str:
    """Neighbours that do not heed each other have changed places, all of them."""
    tree = ast.parse(text)
    for body in _bodies(tree):
        for place, (one, other) in enumerate(pairwise(list(body))):
            if body[place] is one and _independent(one, other):
                body[place : place + 2] = [other, one]
    return ast.unparse(tree)


def with_statements_split(text: str, chance: random.Random) -> str:
    """Half of all values go through a name of their own first."""
    tree = ast.parse(text)
    for body in _bodies(tree):
        split: list[ast.stmt] = []
        for statement in body:
            value = getattr(statement, "value", None)
            if (
                isinstance(value, ast.Call | ast.BinOp)
                and not isinstance(statement, ast.Expr)
                and chance.random() < 0.5
            ):
                split.append(ast.Assign([ast.Name("value", ast.Store())], value))
                statement.value = ast.Name("value", ast.Load())
            split.append(statement)
        body[:] = split
    return ast.unparse(ast.fix_missing_locations(tree))


def with_all_but_splitting(text: str, chance: random.Random) -> str:
    for disguise in (without_docstrings, with_statements_swapped, in_another_order, with_other_names):
        text = disguise(text, chance)
    return with_other_comments(text, chance)


def with_everything(text: str, chance: random.Random) -> str:
    return with_all_but_splitting(with_statements_split(text, chance), chance)


LIGHT = (exact, with_other_names, with_other_spaces, with_other_comments, without_docstrings, in_another_order)
HEAVY = (with_statements_swapped, with_all_but_splitting, with_statements_split, with_everything)


def disguised(files: Mapping[str, str], disguise: Disguise, seed: int = 1) -> dict[str, str]:
    """`files`, each in disguise; one that is no Python stays as it is."""
    chance = random.Random(seed)
    return {name: disguise(text, chance) if _parses(text) else text for name, text in files.items()}


def as_notebook(files: Mapping[str, str]) -> bytes:
    """The same code in the cells of a notebook, a cell a class or function."""
    cells = []
    for text in files.values():
        cells += [ast.unparse(node) for node in ast.parse(text).body]
    return writes(v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells])).encode()


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


def _names_given(tree: ast.Module) -> dict[str, str]:
    """Other names for what the file binds; not for what it has from elsewhere, such as PyTorch's functions."""
    given: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            given.add(node.id if isinstance(node, ast.Name) else node.attr)
        elif isinstance(node, ast.arg):
            given.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            given.add(node.name)
    own = sorted(name for name in given - set(dir(builtins)) if not name.startswith("__"))
    return {name: f"its_{number}_{name[::-1]}" for number, name in enumerate(own)}


class _Bare(ast.NodeTransformer):
    def visit(self, node: ast.AST) -> Any:
        self.generic_visit(node)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            node.body = [each for each in node.body if not _is_text(each)] or [ast.Pass()]
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
        return node


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _bodies(tree: ast.Module) -> Iterable[list[ast.stmt]]:
    blocks = ast.FunctionDef | ast.For | ast.While | ast.If | ast.With
    return [node.body for node in ast.walk(tree) if isinstance(node, blocks)]


def _independent(one: ast.stmt, other: ast.stmt) -> bool:
    if not (isinstance(one, _Simple) and isinstance(other, _Simple)):
        return False
    stored, loaded = ([_places(node, kind) for node in (one, other)] for kind in (ast.Store, ast.Load))
    return not (stored[0] & (stored[1] | loaded[1]) or stored[1] & loaded[0])


def _places(statement: ast.stmt, kind: type[ast.expr_context]) -> set[str]:
    nodes = [node for node in ast.walk(statement) if isinstance(node, ast.Name | ast.Attribute | ast.Subscript)]
    found = {ast.unparse(node) for node in nodes if isinstance(node.ctx, kind)}
    if kind is ast.Load and isinstance(statement, ast.AugAssign):
        found.add(ast.unparse(statement.target))
    return found

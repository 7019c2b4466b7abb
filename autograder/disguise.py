"""Takes off what tells by its looks what a class or function is: names, docstrings, files, marks.

Everything here changes its arguments in place, so they must be copies that nobody else holds.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from types import CodeType, FunctionType, ModuleType
from typing import Any

_OF_A_MODULE = ("__doc__", "__file__", "__package__", "__path__", "__spec__", "__cached__", "__loader__")
_OF_A_CLASS = ("question", "convention", "__firstlineno__", "__static_attributes__")


def hide_origin(modules: Iterable[ModuleType]) -> None:
    """Make modules forget where they lie; whoever packs one of their functions packs that as well."""
    for module in modules:
        for name in _OF_A_MODULE:
            vars(module).pop(name, None)


@dataclass
class Disguise:
    """What one variant is to look like.

    Args:
        name: of the class or function in the handout; every class that it is made of gets it.
        module: in which the handout has it.
        ours: the modules whose contents need a disguise, by the names that they had.
        own: the reference's classes and functions, which bear the right names already.
    """

    name: str
    module: str
    ours: Collection[str]
    own: Collection[Any]
    _seen: set[int] = field(default_factory=set)

    def put_on(self, thing: Any) -> None:
        """Change `thing` and all that it is made of."""
        if isinstance(thing, type):
            for kind in thing.__mro__:
                self._class(kind)
        else:
            self._function(thing, self.name)

    def _class(self, kind: type) -> None:
        if kind.__module__ not in self.ours or id(kind) in self._seen:
            return
        self._seen.add(id(kind))
        if kind not in self.own:
            kind.__name__ = kind.__qualname__ = self.name
            kind.__module__ = self.module
        kind.__doc__ = None
        for mark in _OF_A_CLASS:
            if mark in vars(kind):
                delattr(kind, mark)
        for attribute, value in [*vars(kind).items()]:
            self._member(value, attribute, f"{kind.__name__}.{attribute}")

    def _member(self, value: Any, name: str, qualified: str | None = None) -> None:
        if isinstance(value, staticmethod | classmethod):
            value = value.__func__
        if isinstance(value, property):
            for accessor in (value.fget, value.fset, value.fdel):
                self._function(accessor, name, qualified)
        elif isinstance(value, FunctionType):
            self._function(value, name, qualified)
        elif isinstance(value, type):
            for kind in value.__mro__:
                self._class(kind)

    def _function(self, function: Any, name: str, qualified: str | None = None) -> None:
        if not isinstance(function, FunctionType) or function.__module__ not in self.ours:
            return
        if id(function) in self._seen:
            return
        self._seen.add(id(function))
        wrapped = getattr(function, "__wrapped__", None)
        if wrapped is None:  # else its code is the wrapper's, which is a library's
            function.__code__ = self._code(function.__code__, name, qualified or name, function.__doc__)
            function.__globals__["__name__"] = self.module
        function.__name__, function.__qualname__ = name, qualified or name
        function.__module__, function.__doc__ = self.module, None
        for mark in _OF_A_CLASS:
            vars(function).pop(mark, None)
        for cell in function.__closure__ or ():
            self._member(cell.cell_contents, name, qualified)
        for used in _names_in(function.__code__):
            self._member(function.__globals__.get(used), used)

    def _code(self, code: CodeType, name: str, qualified: str, docstring: str | None = None) -> CodeType:
        """The same instructions, which begin in line 1 of nowhere."""
        constants: list[Any] = [None if docstring and each == docstring else each for each in code.co_consts]
        for i, inner in enumerate(constants):
            if isinstance(inner, CodeType):  # a function, lambda or comprehension within
                constants[i] = self._code(inner, inner.co_name, f"{qualified}.<locals>.{inner.co_name}")
        free = tuple(free if free == "__class__" else f"free{i}" for i, free in enumerate(code.co_freevars))
        return code.replace(
            co_name=name,
            co_qualname=qualified,
            co_filename=f"<{self.module}>",
            co_firstlineno=1,
            co_consts=tuple(constants),
            co_freevars=free,
        )


def _names_in(code: CodeType) -> Iterator[str]:
    """The global names that a function uses, and the functions within it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)

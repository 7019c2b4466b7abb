"""How a function says which question it gets wrong; a class does it with class attributes."""

from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeVar
from unittest.mock import patch

Function = TypeVar("Function", bound=Callable[..., object])


def mistake(
    question: str,
    convention: str | None = None,
    ignores: tuple[str, ...] = (),
    tolerance: dict[str, float] | None = None,
) -> Callable[[Function], Function]:
    """Mark a function as a known wrong variant of the one that `question` asks for.

    `convention` names the publication or framework whose formula this is, where it is a fair rule elsewhere;
    `ignores` names parts of a trace in which the mistake may look one way or another, `tolerance` says how far its
    numbers may be apart (fields of `autograder.compare.Tolerance`).
    """

    def mark(function: Function) -> Function:
        function.question = question  # type: ignore[attr-defined]
        if convention:
            function.convention = convention  # type: ignore[attr-defined]
        if ignores:
            function.ignores = ignores  # type: ignore[attr-defined]
        if tolerance:
            function.tolerance = tolerance  # type: ignore[attr-defined]
        return function

    return mark


def both(first: type, second: type) -> type:
    """Two mistakes in one class, where the methods of `first` call those that they replace."""
    body: dict[str, Any] = {"question": second.question, "convention": None, "__doc__": hints(first, second)}
    return type(f"{first.__name__}And{second.__name__}", (first, second), body)


def both_functions(module: ModuleType, first: Any, second: Any) -> Any:
    """Two mistakes in one function, where `first` calls the right one of `module`, whose place `second` takes."""
    name = first.question
    right = getattr(module, name)

    def inner(*args: Any, **settings: Any) -> Any:
        with patch.object(module, name, right):
            return second(*args, **settings)

    def outer(*args: Any, **settings: Any) -> Any:
        with patch.object(module, name, inner):
            return first(*args, **settings)

    outer.__name__, outer.__doc__ = f"{first.__name__}_and_{second.__name__}", hints(first, second)
    return mistake(first.question)(outer)


def hints(first: Any, second: Any) -> str:
    return f"Two things at once. {' '.join(first.__doc__.split())} And: {' '.join(second.__doc__.split())}"

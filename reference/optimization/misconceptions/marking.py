"""How a function says which question it gets wrong; a class does it with class attributes."""

from collections.abc import Callable
from typing import TypeVar

Function = TypeVar("Function", bound=Callable[..., object])


def mistake(question: str, convention: str | None = None) -> Callable[[Function], Function]:
    """Mark a function as a known wrong variant of the one that `question` asks for.

    `convention` names the publication or framework whose formula this is, where it is a fair rule elsewhere.
    """

    def mark(function: Function) -> Function:
        function.question = question  # type: ignore[attr-defined]
        if convention:
            function.convention = convention  # type: ignore[attr-defined]
        return function

    return mark

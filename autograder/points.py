"""Points as reports have them."""

from collections.abc import Iterable
from fractions import Fraction


def total(points: Iterable[float]) -> float:
    """Their sum, rounded once."""
    return number(sum((Fraction(each) for each in points), Fraction(0)))


def number(value: Fraction) -> float:
    """Points to four decimals, a whole number as such."""
    rounded = round(float(value), 4)
    return int(rounded) if rounded.is_integer() else rounded

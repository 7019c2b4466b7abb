"""Points are added as exact fractions and rounded once, at the end, as people round: half up, to two decimals."""

from decimal import Decimal
from fractions import Fraction
from math import floor

Number = int | float | Decimal


def exact(number: Number) -> Fraction:
    """The number that was written: 0.1 is a tenth."""
    return Fraction(str(number))


def rounded(value: Fraction) -> Decimal:
    """Two decimals, halves away from zero."""
    hundredths = floor(abs(value) * 100 + Fraction(1, 2))
    return Decimal(hundredths if value >= 0 else -hundredths).scaleb(-2)


def brief(value: Fraction) -> str:
    """Rounded, without zeros at its end: 7.5, 12."""
    text = f"{rounded(value):f}"
    return text.rstrip("0").rstrip(".") if float(text) else "0"


def signed(value: Fraction) -> str:
    """As `brief`, a gain with its plus."""
    return f"+{brief(value)}" if value > 0 else brief(value)


def count(number: int, noun: str) -> str:
    """1 day, 2 days."""
    return f"{number} {noun}{'s' * (number != 1)}"

"""What a student's own tests are worth: they must pass on right code, and each broken variant that they fail on counts.

Whether they failed is the worker's word, and needs no believing: it earns something only where it tells right from
broken, however it came about.  The time at which a worker runs would tell, if right variants came first; so all come
in an order drawn afresh, and nothing is decided before the last of them.
"""

from collections.abc import Mapping, Sequence
from random import SystemRandom
from typing import Protocol

from autograder.bank import Bank, Variant
from autograder.errors import StudentError, Verdict
from autograder.lab import Question
from autograder.student import TestRun

Losses = Mapping[int, StudentError]  # what is told of each broken variant that was not caught, by its number


class Tester(Protocol):
    """Whoever handed in tests."""

    @property
    def time_is_up(self) -> bool:
        """Whether all that they ran took as long as it may."""

    def test(self, question: Question, variant: str, packed: bytes) -> TestRun:
        """Run the tests on a variant; raises StudentError where they hang, or bring the process down."""


def losses(question: Question, bank: Bank, tester: Tester) -> Losses:
    """Run the tests on the whole bank, or until they refuse right code: then nothing is caught."""
    lost: dict[int, StudentError] = {}
    for variant in _in_any_order(bank):
        if variant.is_right:
            if refusal := _refusal(question, variant, tester):
                refusal = _first_refusal(question, bank.right[: variant.number - 1], tester) or refusal
                return {broken.number: refusal for broken in bank.broken}
        elif tester.time_is_up:
            told = f"The time for all tests was spent before broken variant {variant.number} had its turn."
            lost[variant.number] = StudentError(Verdict.TIMEOUT, told)
        elif not _is_caught(question, variant, tester):
            told = f"Your tests pass on broken variant {variant.number}: none of them notices."
            lost[variant.number] = StudentError(Verdict.FAILED, told)
    return lost


def _in_any_order(bank: Bank) -> list[Variant]:
    variants = [*bank.right, *bank.broken]
    SystemRandom().shuffle(variants)
    return variants


def _is_caught(question: Question, variant: Variant, tester: Tester) -> bool:
    """Whether the tests fail; a broken variant may well keep them running for ever, or crash."""
    try:
        return tester.test(question, f"broken variant {variant.number}", variant.packed).failure is not None
    except StudentError:
        return True


def _first_refusal(question: Question, variants: Sequence[Variant], tester: Tester) -> StudentError | None:
    """So that whoever is graded again is told the same, whatever the order."""
    return next(filter(None, (_refusal(question, variant, tester) for variant in variants)), None)


def _refusal(question: Question, variant: Variant, tester: Tester) -> StudentError | None:
    """What a student is told whose tests do not pass on right code."""
    try:
        run = tester.test(question, f"right variant {variant.number}", variant.packed)
    except StudentError as error:
        if error.verdict == Verdict.NOT_ATTEMPTED:
            return error
        return StudentError(error.verdict, f"On right code (right variant {variant.number}): {error}")
    if run.failure is None:
        return None if run.tests else StudentError(Verdict.NOT_ATTEMPTED, _no_test_in(question.file))
    if run.broke_off or run.failure.verdict == Verdict.NOT_ATTEMPTED:
        return run.failure
    told = f"Your tests refuse right code (right variant {variant.number}): {str(run.failure).rstrip('.')}."
    return StudentError(Verdict.FAILED, f"{told} Tests that refuse right code catch nothing.")


def _no_test_in(file: str) -> str:
    return f"{file} holds no test: write a function whose name begins with test_."

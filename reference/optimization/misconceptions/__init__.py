"""Known wrong variants of the reference, a few lines each.

A misconception is a class or function that stands in for the reference's. `question` is the id of the question
that it gets wrong (functions are marked with it by `marking.mistake`); its name is the mistake's; its docstring is
the hint that a student whose code behaves exactly so is shown: what the code does, why that matters, where to look.
An attribute `convention`, where there is one, names the publication or framework whose formula this is: a fair
rule, but not this lab's.

There is no registry: everything in the modules that has a `question` is one. The mistakes that any
optimizer or scheduler can make are written once and combined with each rule by `any_rule`/`any_schedule`;
two that are often made together are combined by `any_pair`.

Where a mistake can be made in several ways, each is written down: the same thing read otherwise is another
misconception with a name of its own. What can differ without end is left out of the comparison by `ignores` (the keys
of a trace below which nothing is compared) and `tolerance` (fields of `compare.Tolerance`).
"""

from collections.abc import Callable
from typing import Any

from . import lr_finder, optimizers, schedulers, training


def known(question: str) -> list[Callable[..., Any]]:
    """All misconceptions of one question, in the order in which they are written."""
    modules = (optimizers, schedulers, lr_finder, training)
    written = [kind for module in modules for kind in vars(module).values()]
    made = [*optimizers.any_rule(), *schedulers.any_schedule(), *(kind for each in modules for kind in each.any_pair())]
    return [kind for kind in [*written, *made] if callable(kind) and getattr(kind, "question", None) == question]

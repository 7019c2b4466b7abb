"""Known wrong variants of the reference, a few lines each.

A misconception is a class that stands in for the reference's. `question` is the id of the question that it
gets wrong; its name is the mistake's; its docstring is the hint that a student whose code behaves exactly
so is shown: what the code does, why that matters, where to look. A class attribute `convention`, where there
is one, names the publication or framework whose formula this is: a fair rule, but not this lab's.

There is no registry: every class of the two modules that has a `question` is one. The mistakes that any
optimizer or scheduler can make are written once and combined with each rule by `any_rule`/`any_schedule`.
"""

from . import optimizers, schedulers


def known(question: str) -> list[type]:
    """All misconceptions of one question, in the order in which they are written."""
    written = [kind for module in (optimizers, schedulers) for kind in vars(module).values()]
    return [
        kind
        for kind in [*written, *optimizers.any_rule(), *schedulers.any_schedule()]
        if isinstance(kind, type) and getattr(kind, "question", None) == question
    ]

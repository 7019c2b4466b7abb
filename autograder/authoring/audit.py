"""Is the hidden suite any good?  Everybody of whom the verdict is known goes before it.

The lab's misconceptions must each be caught by a check of their own question.  Right code, written in whatever way,
must not lose a point, whatever the state of the random number generators.  And of the reference with one small thing
changed, none should come through, unless someone has said why it is no mistake.
"""

import contextlib
import gc
import io
import random
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import asdict, dataclass, field, replace
from multiprocessing import get_context
from statistics import median
from types import SimpleNamespace
from typing import Any, TypeVar

import numpy
import torch
from pebble import ProcessExpired, ProcessFuture, ProcessPool

from autograder.authoring import bench, mutants
from autograder.authoring.mutants import Mutation
from autograder.errors import HarnessError, InstructorError, UsageError, Verdict
from autograder.grading import rehearse
from autograder.inprocess import modules_of
from autograder.judge import BROKEN_CHECK, Check, CheckResult, Judge
from autograder.lab import Lab, Question
from autograder.plugin import collect
from autograder.roster import find_submissions
from autograder.submission import read_submission

SEEDS = 50
_CALL_SECONDS = 5.0  # of code that is known to end
_MUTANT_SECONDS = 2.0
_TASK_SECONDS = 60.0
_CHUNK = 8  # mutants or seeds that go to a process at a time

_SLIPS = ("NameError", "ImportError", "ModuleNotFoundError", "UnboundLocalError")
_LOST = (ProcessExpired, FutureTimeoutError)

T = TypeVar("T")
Cell = tuple[str, str]  # a verdict, and what was said


@dataclass(frozen=True)
class MisconceptionAudit:
    """One known mistake or convention; `cells` by check: who let it pass, and who did not."""

    question: str
    name: str
    convention: str | None
    is_accepted: bool
    cells: dict[str, Cell]

    @property
    def caught_by(self) -> list[str]:
        return [check for check, (verdict, _) in self.cells.items() if verdict != Verdict.PASSED]

    @property
    def is_survivor(self) -> bool:
        return not self.caught_by and not self.is_accepted


@dataclass(frozen=True)
class CheckAudit:
    """One check: its median seconds, what it catches, and of that what no other check of its question does."""

    question: str
    name: str
    title: str
    points: float
    seconds: float
    catches: tuple[str, ...]
    alone: tuple[str, ...]


@dataclass(frozen=True)
class Refusal:
    """Right code that a check did not let pass, the first time that it happened: with which random numbers, and how
    often of how many tries."""

    variant: str
    check: str
    message: str
    seed: int | None = None
    times: int = 1


@dataclass(frozen=True)
class MutantAudit:
    """A mutant of the reference; `killed_by` is "" for one that lives, `reason` says why that is no harm."""

    where: str
    operator: str
    diff: str
    killed_by: str
    key: tuple[str, str, str]
    reason: str = ""


@dataclass(frozen=True)
class Audit:
    """What was found.  `is_sound` is what an instructor's CI asks: no survivor, no right code refused."""

    lab: str
    version: str
    checks: tuple[CheckAudit, ...]
    left_out: tuple[str, ...]
    faults: tuple[str, ...]
    misconceptions: tuple[MisconceptionAudit, ...]
    right: tuple[str, ...]
    refusals: tuple[Refusal, ...]
    seeds: int
    mutants: tuple[MutantAudit, ...]
    stale: tuple[str, ...]
    seconds: float
    schema: int = field(default=1)

    @property
    def survivors(self) -> list[MisconceptionAudit]:
        return [m for m in self.misconceptions if m.is_survivor]

    @property
    def idle(self) -> list[CheckAudit]:
        """Checks that catch nothing which the others of their question do not catch as well."""
        return [check for check in self.checks if not check.alone]

    @property
    def unexplained(self) -> list[MutantAudit]:
        return [m for m in self.mutants if not m.killed_by and not m.reason]

    @property
    def explained(self) -> list[MutantAudit]:
        return [m for m in self.mutants if not m.killed_by and m.reason]

    @property
    def is_sound(self) -> bool:
        return not (self.survivors or self.refusals or self.faults)

    def as_json(self) -> dict[str, Any]:
        """All of it, and what it comes to."""
        return {
            **asdict(self),
            "is_sound": self.is_sound,
            "survivors": [[m.question, m.name] for m in self.survivors],
            "idle_checks": [check.name for check in self.idle],
            "mutants_alive": [m.diff for m in self.unexplained],
        }


@dataclass(frozen=True)
class Scope:
    """How much is tried; `on_progress(done, total)` is called as it goes on."""

    jobs: int
    seeds: int = SEEDS
    mutate: bool = True
    on_progress: Callable[[int, int], None] = lambda done, total: None


def audit(lab: Lab, scope: Scope) -> Audit:
    """Try the lab's hidden suite on all of whom the verdict is known.

    Raises:
        InstructorError: the lab, its suite or its variants cannot be read.
    """
    started = time.perf_counter()
    found = collect(lab, lambda judge, checks: _audit(_Bench(lab, judge, checks), scope))
    return Audit(**found, seconds=round(time.perf_counter() - started, 1))


class _Bench:
    """What every trial needs, made once and inherited by the processes that run them."""

    def __init__(self, lab: Lab, judge: Judge, checks: Sequence[Check]):
        self.lab, self.judge = lab, judge
        self.left_out = [check for check in checks if not check.compares]
        self.faults = rehearse(judge, [check for check in checks if check.compares])
        self.checks = [check for check in checks if check.compares and check.name not in self.faults]
        self.right = dict(right_variants(lab))

    def of(self, question: Question) -> list[Check]:
        return [check for check in self.checks if check.question.id == question.id]

    def results(
        self, checks: Sequence[Check], modules: SimpleNamespace, seconds: float = _CALL_SECONDS
    ) -> Iterator[CheckResult]:
        return bench.results(self.judge, checks, modules, seconds)

    def of_variant(self, name: str) -> list[Check]:
        """The checks of what a right variant holds: it need not hold everything."""
        return [check for check in self.checks if hasattr(self.right[name], check.question.module)]


def right_variants(lab: Lab) -> Iterator[tuple[str, SimpleNamespace]]:
    """The submissions that the lab's author knows to be right, by name, imported.

    Raises:
        InstructorError: lab.toml names a folder that is not there, or one of them cannot be read or imported.
    """
    folder = lab.right_submissions
    if folder is None:
        return
    try:
        sources = find_submissions([folder], lab).sources
    except UsageError as error:
        raise InstructorError(f"The right submissions of the lab cannot be read: {error}") from error
    for source in sources:
        try:
            with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(action="ignore"):
                yield source.student, modules_of(read_submission(source, lab), lab)
        except Exception as error:
            raise InstructorError(f"{source.path} should be right, but cannot be imported: {error!r}") from error


# ---------------------------------------------------------------- trials, each in a process of the pool

_BENCHES: list[_Bench] = []  # of such a process: the one that it works for


def _enter(work: _Bench) -> None:
    torch.set_num_threads(1)
    _BENCHES[:] = [work]


def _try_misconceptions(question_id: str) -> list[MisconceptionAudit]:
    work = _BENCHES[0]
    question = work.lab.question(question_id)
    checks = work.of(question)
    accepted = work.judge.reference.accepted(question)
    return [
        MisconceptionAudit(
            question_id,
            known.name,
            known.convention,
            known.reference in accepted,
            {r.name: (str(r.verdict), r.message) for r in work.results(checks, known.reference.modules)},
        )
        for known in work.judge.reference.misconceptions(question)
    ]


def _try_right(name: str) -> list[Refusal]:
    work = _BENCHES[0]
    tried = work.results(work.of_variant(name), work.right[name])
    return [Refusal(name, r.name, r.message) for r in tried if r.verdict != Verdict.PASSED]


def _try_seed(seed: int) -> tuple[list[Refusal], dict[str, float]]:
    """The reference and one right variant, while every generator is at a place of its own; and how long it took."""
    work = _BENCHES[0]
    refusals, seconds = [], {}
    names = sorted(work.right)
    for name in ["the reference", *names[seed % len(names) :][:1]] if names else ["the reference"]:
        _seed_everything(seed)
        modules = work.right.get(name, work.judge.reference.modules)
        checks = work.of_variant(name) if name in work.right else work.checks
        for result in work.results(checks, modules):
            if result.verdict != Verdict.PASSED:
                refusals.append(Refusal(name, result.name, result.message, seed))
            if name not in work.right:
                seconds[result.name] = result.seconds
    return refusals, seconds


def _try_mutants(mutations: Sequence[Mutation]) -> list[MutantAudit]:
    return [_try_mutant(_BENCHES[0], mutation) for mutation in mutations]


def _try_mutant(work: _Bench, mutation: Mutation) -> MutantAudit:
    mutant = mutants.mutate(work.lab, mutation)

    def found(killed_by: str) -> MutantAudit:
        return MutantAudit(f"{mutation.module}.py:{mutant.line}", mutation.operator, mutant.diff, killed_by, mutant.key)

    try:
        modules = mutants.modules_with(mutant, work.judge.reference.modules)
    except Exception as error:
        return found(f"importing it ({type(error).__name__})")
    checks = [check for check in work.checks if check.question.module == mutation.module]
    users = mutants.users_of(mutant)
    checks.sort(key=lambda check: check.question.name not in users)  # most die of the first
    results = work.results(checks, modules, _MUTANT_SECONDS)
    return found(next((r.name for r in results if r.verdict != Verdict.PASSED), ""))


def _seed_everything(seed: int) -> None:
    random.seed(seed)
    numpy.random.seed(seed)
    torch.manual_seed(seed)


# ---------------------------------------------------------------- all of them, and what they come to


def _audit(work: _Bench, scope: Scope) -> dict[str, Any]:
    mutations = list(mutants.mutations(work.lab)) if scope.mutate else []
    questions = [question.id for question in work.lab.manifest.questions]
    chunks = [mutations[i : i + _CHUNK] for i in range(0, len(mutations), _CHUNK)]
    with _Trials(work, scope) as trials:
        by_question = trials.start(_try_misconceptions, questions)
        by_seed = trials.start(_try_seed, range(scope.seeds))
        by_variant = trials.start(_try_right, sorted(work.right))
        by_chunk = trials.start(_try_mutants, chunks)
        known = [m for future in by_question for m in trials.answer(future)]
        seeds = [trials.answer(future) for future in by_seed]
        refusals = [r for future in by_variant for r in trials.answer(future)]
        refusals += [r for found, _ in seeds for r in found]
        found = [m for future, chunk in zip(by_chunk, chunks, strict=True) for m in trials.mutants(future, chunk)]
    reasons = mutants.equivalents(work.lab)
    explained = [replace(m, reason=reasons.get(m.key, "")) for m in found]
    unused = set(reasons) - {m.key for m in explained if not m.killed_by} if scope.mutate else set()
    return {
        "lab": work.lab.name,
        "version": work.lab.manifest.version,
        "checks": tuple(_about(check, known, [times for _, times in seeds]) for check in work.checks),
        "left_out": tuple(check.name for check in work.left_out),
        "faults": (*(_fault(fault) for fault in work.faults.values()), *_broken(known)),
        "misconceptions": tuple(known),
        "right": tuple(sorted(work.right)),
        "refusals": tuple(_counted(refusals)),
        "seeds": scope.seeds,
        "mutants": tuple(explained),
        "stale": tuple(sorted(" | ".join(key) for key in unused)),
    }


def _fault(fault: CheckResult) -> str:
    return f"{fault.name} fails on the reference itself: {fault.message.removeprefix(BROKEN_CHECK).strip()}"


def _broken(known: Iterable[MisconceptionAudit]) -> Iterator[str]:
    """Misconceptions that are caught by nothing but a slip of their author's."""
    for m in known:
        slips = [said for _, said in m.cells.values() if said.partition(":")[0] in _SLIPS]
        if slips:
            yield f"the misconception {m.name} of {m.question} is broken itself: {slips[0]}"


def _counted(refusals: Iterable[Refusal]) -> list[Refusal]:
    """The first of each right code and check."""
    first: dict[tuple[str, str], Refusal] = {}
    for refusal in refusals:
        key = refusal.variant, refusal.check
        first[key] = replace(first[key], times=first[key].times + 1) if key in first else refusal
    return list(first.values())


def _about(check: Check, known: Iterable[MisconceptionAudit], times: Iterable[Mapping[str, float]]) -> CheckAudit:
    caught = [m for m in known if check.name in m.caught_by]
    alone = [m.name for m in caught if len(m.caught_by) == 1]
    seconds = median(found[check.name] for found in times) if times else 0.0
    names = tuple(m.name for m in caught)
    return CheckAudit(check.question.id, check.name, check.title, check.points, seconds, names, tuple(alone))


def _lost(lab: Lab, mutation: Mutation) -> MutantAudit:
    """What is said of a mutant that took its process down."""
    mutant = mutants.mutate(lab, mutation)
    return MutantAudit(f"{mutation.module}.py", mutation.operator, mutant.diff, "ending its process", mutant.key)


class _Trials:
    """A pool of processes that inherit the bench; one that hangs or dies is replaced."""

    def __init__(self, work: _Bench, scope: Scope):
        self._pool = ProcessPool(scope.jobs, initializer=_enter, initargs=(work,), context=get_context("fork"))
        self._lab, self._scope = work.lab, scope
        self._started, self._done = 0, 0

    def __enter__(self) -> "_Trials":
        gc.collect()
        gc.freeze()  # or every process that is forked would copy all objects at its first collection
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()

    def start(self, trial: Callable[[Any], T], subjects: Iterable[Any]) -> "list[ProcessFuture[T]]":
        futures = [self._pool.schedule(trial, (subject,), timeout=_TASK_SECONDS) for subject in subjects]
        self._started += len(futures)
        for future in futures:
            future.add_done_callback(self._note)
        return futures

    def _note(self, _: object) -> None:
        self._done += 1
        self._scope.on_progress(self._done, self._started)

    def answer(self, future: "ProcessFuture[T]") -> T:
        """What a trial found.

        Raises:
            HarnessError: its process was lost.
        """
        try:
            return future.result()
        except _LOST as error:
            raise HarnessError(f"A process of the audit was lost ({error!r}), and with it what it tried.") from error

    def mutants(self, future: "ProcessFuture[list[MutantAudit]]", mutations: Sequence[Mutation]) -> list[MutantAudit]:
        """What became of `mutations`; one that takes its process down is found by trying each by itself."""
        try:
            return future.result()
        except _LOST:
            if len(mutations) == 1:
                return [_lost(self._lab, mutations[0])]
            again = [(self.start(_try_mutants, [[mutation]])[0], mutation) for mutation in mutations]
            return [m for future, mutation in again for m in self.mutants(future, [mutation])]

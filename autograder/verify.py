"""Grade again what a report is about, and say whether it is the same, or what is not and why that may be.

The report says how it was graded (training, device, limits), and so is graded again.
"""

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from autograder.batch import Events, Order
from autograder.errors import HarnessError, UsageError
from autograder.judge import training_of
from autograder.lab import Lab, Limits
from autograder.moves import Move, QuestionMove, Report, question_moves
from autograder.points import total
from autograder.records import Row, read_record, read_whole_record
from autograder.roster import FOLDERS, find_submissions
from autograder.submission import Source

_SUBMISSION = "provenance.hashes.submission"

RunBatch = Callable[[Order, Events], list[Row]]

# What may differ between two gradings, by its place in a report, in the order in which it explains a difference.
_REASONS = {
    _SUBMISSION: "other files were handed in",
    "provenance.hashes.hidden_suite": "the hidden checks are others",
    "provenance.hashes.reference": "the reference is another, and so are the numbers that are expected",
    "provenance.hashes.lab_toml": "points, limits, seeds or thresholds may be others",
    "provenance.hashes.handout": "what students get is another; only given files of it take part in grading",
    "provenance.hashes.harness": "the grader's own code is another",
    "provenance.training": "networks are trained or measured in another way",
    "provenance.limits": "what fits the limits may be other code",
    "provenance.image": "it is another container image, or none",
    "provenance.versions": "another version may round, raise or refuse otherwise",
    "provenance.machine": "another processor or GPU rounds otherwise in the last digits",
    "isolation": "in another sandbox, what code tries out of bounds ends in another way",
}
_OF_REPORT = ("score", "max_score", "status", "flags", "written")
_OF_CHECK = ("name", "title", "verdict", "score", "max_score", "message")
_LIMITS_TIMES = 10  # a limit of lab.toml's
_ROUNDED = 1e-3  # points
_DIGEST_SHOWN = 12
_SHOWN = 80  # characters of a value


class _Training(BaseModel):
    mode: Literal["train", "replay"]
    device: str


class _Noted(BaseModel):
    """What is read of a report's `provenance`, beside comparing it."""

    limits: Limits
    training: _Training | None


@dataclass(frozen=True)
class Reason:
    """Something that decides a grade and was not the same: what, its values, and why it may matter."""

    what: str
    before: str
    after: str
    why: str


@dataclass(frozen=True)
class Case:
    """A report, where it lies, and the submission that it is about."""

    report: Report
    path: Path
    source: Source


@dataclass(frozen=True)
class Verified:
    """One report after grading again.

    Attributes:
        move: the points, verdicts and words that are not the same.
        others: what else is told otherwise, by its name in a report: its total, its status, its flags, a title.
        checks: how many there are.
        status: how grading again ended, as in a report.
        contradiction: what the report says of itself that cannot be, whoever grades; "" where there is nothing.
        reasons: what decides a grade and was not the same.
        terms: under which it was graded, then and now, because the report says so, and which are not lab.toml's.
    """

    student: str
    path: Path
    move: Move
    others: tuple[str, ...]
    contradiction: str
    checks: int
    status: str
    reasons: tuple[Reason, ...]
    terms: tuple[Reason, ...]

    @property
    def is_same(self) -> bool:
        """Whether points, verdicts, flags and every word that the student is told are as they were."""
        return not (self.move.questions or self.others or self.contradiction)

    @property
    def other_submission(self) -> Reason | None:
        """Set where other files were handed in than the report is about."""
        return next((reason for reason in self.reasons if reason.what == _name(_SUBMISSION)), None)

    def as_json(self) -> dict[str, Any]:
        return {
            "same": self.is_same,
            "report": self.path,
            **self.move.as_json(words=True),
            "others": list(self.others),
            "contradiction": self.contradiction,
            "status": self.status,
            "reasons": [asdict(reason) for reason in self.reasons],
            "terms": [asdict(term) for term in self.terms],
        }


def read_case(path: Path, submission: Path) -> Case:
    """A report, given by its file or its folder, and the submission that is said to be its.

    Raises:
        UsageError: one of them is not there, or the report is none.
    """
    report = read_whole_record(path)
    if report is None:
        raise UsageError(f"{path} is no report of this grader. Pass a report.json that `run` wrote.")
    if not submission.exists():
        raise UsageError(f"{submission} does not exist. Pass the submission that the report is about.")
    return Case(report, path, replace(_source(submission, _lab_of(report)), student="submission"))


def _lab_of(report: Report) -> Lab:
    return Lab.find(report["lab"].get("name", ""))


def _source(submission: Path, lab: Lab) -> Source:
    """As `run` finds it, which takes an archive out of a folder that holds nothing else."""
    try:
        (source,) = find_submissions([submission], lab, FOLDERS).sources
        return source
    except (UsageError, ValueError):
        return Source("submission", submission)


def orders_of(
    cases: Sequence[Case], jobs: int, isolation: str, device: str | None = None
) -> Iterator[tuple[Order, list[Case]]]:
    """The batches in which the cases are graded again, each as its reports say that they were graded.

    Args:
        device: what networks are trained on, if that is not for this machine to say.

    Raises:
        UsageError: there is no such lab any more.
    """
    by_terms: dict[str, tuple[Lab, list[Case]]] = {}
    for case in cases:
        lab = _lab_of(case.report)
        by_terms.setdefault(repr((lab.name, _terms(case.report, lab))), (lab, []))[1].append(case)
    for lab, group in by_terms.values():
        mode, noted, limits = _terms(group[0].report, lab)
        training = training_of(lab, mode, "cpu" if device else noted)
        training = replace(training, device=device) if device and noted != "cpu" else training
        sources = [case.source for case in group]
        yield Order(lab, sources, Path(), jobs, isolation, limits, training, bare=True), group


def verify(order: Order, cases: Sequence[Case], events: Events, run_batch: RunBatch) -> list[Verified]:
    """Grade the cases of an order of `orders_of` in a folder that is thrown away.

    Raises:
        As `batch.run`.
    """
    with tempfile.TemporaryDirectory(prefix="verify-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary, "run")
        run_batch(replace(order, out=folder), events)
        return [_verified(case, read_record(folder / case.source.student), order.lab) for case in cases]


def _verified(case: Case, again: Report | None, lab: Lab) -> Verified:
    if again is None:
        raise HarnessError(f"{case.report['student']} could not be graded again. See that {tempfile.gettempdir()} has "
                           "room, and call this again.")  # fmt: skip
    before = case.report
    move = Move(before["student"], before["score"], again["score"], tuple(_moves(before, again)))
    told = [_told(report) for report in (before, again)]
    others = tuple(name for name in told[0] if told[0][name] != told[1][name])
    if move.questions:  # which shows it
        others = tuple(name for name in others if name != "questions")
    checks = sum(len(question["checks"]) for question in again["questions"])
    reasons, terms = tuple(_reasons(before, again)), tuple(_terms_of_its_own(before, lab))
    status, contradiction = again["status"], _contradiction(before)
    return Verified(before["student"], case.path, move, others, contradiction, checks, status, reasons, terms)


def _contradiction(report: Report) -> str:
    sums = {key: total(question[key] for question in report["questions"]) for key in ("score", "max_score")}
    wrong = [f"{key} is {report[key]:g}, and its questions make {made:g}"
             for key, made in sums.items() if abs(report[key] - made) > _ROUNDED]  # fmt: skip
    return f"The report contradicts itself: {'; '.join(wrong)}. It was altered." if wrong else ""


def _told(report: Report) -> dict[str, Any]:
    """All that a report tells of a grade, in its order, by its own names; what it does not have is nothing."""
    questions = [
        (
            [question.get(key) for key in ("id", "title", "score", "max_score", "diagnosis")],
            [[check.get(key) for key in _OF_CHECK] for check in question["checks"]],
        )
        for question in report["questions"]
    ]
    return {"questions": questions, **{key: report.get(key) or None for key in _OF_REPORT}}


def _moves(before: Report, after: Report) -> Iterator[QuestionMove]:
    """The questions that are not the same, with those that are no more."""
    known = {question["id"] for question in after["questions"]}
    gone = [{**q, "score": 0, "checks": (), "diagnosis": None} for q in before["questions"] if q["id"] not in known]
    for move in question_moves(before, {"questions": [*after["questions"], *gone]}):
        if move.is_told:
            yield move


def _terms(report: Report, lab: Lab) -> tuple[str | None, str, Limits]:
    """Mode of training, None for lab.toml's; device; limits, which no report can set to whatever it likes."""
    noted = _noted(report)
    training = noted.training if noted else None
    device = (
        "cpu" if training and training.device == "cpu" else "auto"
    )  # what was graded on a GPU is, where there is one
    own = lab.manifest.limits.model_dump()
    limits = noted.limits.model_dump() if noted else own
    capped = {name: min(value, _LIMITS_TIMES * own[name]) for name, value in limits.items()}
    return training.mode if training else _mode(report), device, Limits(**capped)


def _noted(report: Report) -> "_Noted | None":
    try:
        return _Noted.model_validate(report.get("provenance"))
    except ValidationError:
        return None


def _mode(report: Report) -> str | None:
    """What the runs of a report say that notes down nothing."""
    runs = [check.get("runs") for question in report["questions"] for check in question["checks"]]
    told = (run for some in runs if isinstance(some, list) for run in some if isinstance(run, dict))
    sources = {str(run.get("source")) for run in told}
    return "replay" if "replayed" in sources else "train" if "trained" in sources else None


def _reasons(before: Report, after: Report) -> Iterator[Reason]:
    if before.get("regraded"):
        why = "some questions were graded again after a check was mended, and the receipt is of the first time"
        yield Reason("regraded", "in part", "at once", why)
    if not _noted(before):
        yield Reason("receipt", "nothing", "", "the report is of a grader that did not note down what decides a grade")
        return
    old, new = (_facts(report) for report in (before, after))
    for place, why in _REASONS.items():
        for what in [what for what in {**old, **new} if what == place or what.startswith(f"{place}.")]:
            if old.get(what) != new.get(what):
                yield Reason(_name(what), *_apart(old.get(what, ""), new.get(what, "")), why)


def _terms_of_its_own(report: Report, lab: Lab) -> Iterator[Reason]:
    noted = _noted(report)
    if noted is None:
        return
    why = "as the report says that it was graded, and lab.toml says otherwise"
    own = lab.manifest.limits.model_dump()
    for name, value in noted.limits.model_dump().items():
        if value != own[name]:
            yield Reason(f"limits, {name.replace('_', ' ')}", f"{value:g}", f"{own[name]:g}", why)
    settings = lab.manifest.convergence
    if settings and noted.training and noted.training.mode != settings.mode:
        yield Reason("training, mode", noted.training.mode, settings.mode, why)


def _facts(report: Report) -> dict[str, str]:
    return {"isolation": report["isolation"], **dict(_leaves("provenance", report["provenance"]))}


def _leaves(place: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(f"{place}.{key}", inner)
    else:
        yield place, ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _name(place: str) -> str:
    return place.removeprefix("provenance.").replace("_", " ").replace(".", ", ")


def _apart(before: str, after: str) -> tuple[str, str]:
    """The two, or of long lists of words, what is in one alone."""
    if max(len(before), len(after)) > _SHOWN and " " in before:
        sets = [set(value.split()) for value in (before, after)]
        before, after = (" ".join(sorted(mine - other)) for mine, other in (sets, sets[::-1]))
    return _shown(before), _shown(after)


def _shown(value: str) -> str:
    short = re.sub(r"[0-9a-f]{64}", lambda digest: digest[0][:_DIGEST_SHOWN], value)
    return short[:_SHOWN] or "nothing"

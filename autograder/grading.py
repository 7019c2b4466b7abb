"""Grade one submission: `grade(lab, submission) -> Report`, and what a report is made of."""

import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from autograder.account import FileAccount, account
from autograder.delegation import Flag
from autograder.errors import Verdict
from autograder.excerpts import Excerpt, excerpts
from autograder.folder import SCHEMA as SCHEMA
from autograder.judge import BROKEN_CHECK, DIAGNOSED, Check, CheckResult, Judge
from autograder.lab import Lab, Limits, Question
from autograder.points import number, total
from autograder.provenance import Provenance
from autograder.receipts import NAME as RECEIPT
from autograder.sandbox import Sandbox
from autograder.student import Student
from autograder.submission import Submission

if TYPE_CHECKING:
    from autograder.diagnose import Diagnosis
    from autograder.exhibits import Exhibited


@dataclass(frozen=True)
class CheckReport:
    """One check of one student; scores in points of the lab, `runs` as in `training.convergence.Evidence`."""

    name: str
    title: str
    verdict: Verdict
    score: float
    max_score: float
    message: str
    seconds: float
    runs: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class QuestionReport:
    """One question: its checks share its points by their weights.

    Where points were lost: the `diagnosis`, the student's `code`, and a `fingerprint` of what it answered, the same in
    two reports of one suite only if the answers are, to the last bit.  `pictures` may be there in any case.
    """

    id: str
    title: str
    score: float
    max_score: float
    checks: tuple[CheckReport, ...]
    diagnosis: "Diagnosis | None" = None
    pictures: "tuple[Exhibited, ...]" = ()
    code: tuple[Excerpt, ...] = ()
    fingerprint: str = ""


@dataclass(frozen=True)
class WrittenReport:
    """A question that a person grades, and the student's answer, as markdown; "" where there is none."""

    id: str
    title: str
    max_score: float
    text: str


@dataclass(frozen=True)
class Report:
    """One student's grade and where it comes from; `as_json` is the content of report.json.

    `status` is "graded", "unreadable" (nothing in the submission could be opened) or "needs staff".
    `flags` cost no points by themselves; they are for a person to look at.  `receipt` is what the student's own
    `pack` says, and whether the files are still those: its time is the student's clock's.  `files` is what was read, of
    which a student may be told before the checks' results.  `provenance` is what else decided the grade.
    """

    student: str
    status: str
    lab: Mapping[str, str]
    isolation: str
    environment: Mapping[str, Any]
    score: float
    max_score: float
    questions: tuple[QuestionReport, ...]
    flags: tuple[Flag, ...]
    key: str
    receipt: Mapping[str, str | None] = field(default_factory=dict)
    written: tuple[WrittenReport, ...] = ()
    files: tuple[FileAccount, ...] = ()
    provenance: Provenance | None = None

    def as_json(self) -> dict[str, Any]:
        return {"schema": SCHEMA, **asdict(self)}


@dataclass(frozen=True)
class Grader:
    """All that is the same for every submission of a batch."""

    lab: Lab
    judge: Judge
    checks: Sequence[Check]
    faults: Mapping[str, CheckResult]  # checks that the reference itself does not pass, by name
    sandbox: Sandbox
    limits: Limits
    environment: Mapping[str, Any]
    provenance: Provenance

    def grade(self, submission: Submission, key: str) -> tuple[Report, str]:
        """The report, and what the student's code printed."""
        student = Student(self.sandbox, submission, self.lab, self.limits)
        sound = [check for check in self.checks if check.name not in self.faults]
        results = {result.name: result for result in self.judge.judge(sound, student)} | dict(self.faults)
        ordered = [results[check.name] for check in self.checks]
        diagnoses = self._diagnose(ordered)
        ordered = [*_with_hints(ordered, diagnoses)]
        report = self.report(submission, key, ordered, student.flags(), diagnoses)
        report = replace(
            report,
            questions=self._illustrated(report.questions, submission),
            files=account(submission, self.lab, student.problems()),
        )
        return report, "\n".join([student.output.text(), *self.judge.faults])

    def _illustrated(self, questions: Sequence[QuestionReport], submission: Submission) -> tuple[QuestionReport, ...]:
        """With what there is to look at; what cannot be shown costs nobody a grade."""
        try:
            pictures = self.judge.exhibited({q.id: [check.verdict for check in q.checks] for q in questions})
            return tuple(
                self._with_code(replace(q, pictures=tuple(pictures.get(q.id, ()))), submission) for q in questions
            )
        except Exception:
            self.judge.faults.append(traceback.format_exc())
            return tuple(questions)

    def _with_code(self, report: QuestionReport, submission: Submission) -> QuestionReport:
        if report.score == report.max_score:
            return report
        question = self.lab.question(report.id)
        code = excerpts(submission, question, [check.message for check in report.checks])
        return replace(report, code=code, fingerprint=self.judge.fingerprint(question))

    def _diagnose(self, results: Sequence[CheckResult]) -> "Mapping[str, Diagnosis]":
        """By question, what the points were lost for; a hint that cannot be found costs nobody a grade."""
        if not self.lab.manifest.feedback.name_mistakes:
            return {}
        found = {}
        for question in self.lab.manifest.questions:
            try:
                diagnosis = self.judge.diagnose(question, [result.verdict for result in _of(question, results)])
            except Exception:
                self.judge.faults.append(traceback.format_exc())
                continue
            if diagnosis:
                found[question.id] = diagnosis
        return found

    def report(
        self,
        submission: Submission,
        key: str,
        results: Sequence[CheckResult],
        flags: tuple[Flag, ...] = (),
        diagnoses: "Mapping[str, Diagnosis]" = MappingProxyType({}),
    ) -> Report:
        questions = tuple(score_question(q, _of(q, results), diagnoses.get(q.id)) for q in self.lab.manifest.questions)
        verdicts = {check.verdict for question in questions for check in question.checks}
        graded = "unreadable" if submission.problem else "graded"
        manifest = self.lab.manifest
        return Report(
            student=submission.student,
            status="needs staff" if Verdict.NEEDS_STAFF in verdicts else graded,
            lab={
                "name": self.lab.name,
                "title": manifest.title,
                "version": manifest.version,
                "hash": self.lab.digest,
            },
            isolation=self.sandbox.profile,
            environment=self.environment,
            score=total(question.score for question in questions),
            max_score=total(question.max_score for question in questions),
            questions=questions,
            flags=(*flags, *_receipt_flags(submission)),
            key=key,
            receipt=_receipt(submission),
            written=_written(self.lab, submission),
            provenance=self.provenance.of(submission.digest),
        )


def rehearse(judge: Judge, checks: Sequence[Check]) -> dict[str, CheckResult]:
    """Run every check on the reference itself: computes its traces, and finds the checks that do not work."""
    results = list(judge.judge(checks, None))
    return {result.name: _fault(result) for result in results if result.verdict != Verdict.PASSED}


def _fault(result: CheckResult) -> CheckResult:
    """A check that the reference does not pass, whatever the reason, counts against no student."""
    if result.verdict == Verdict.NEEDS_STAFF:
        return result
    message = f"{BROKEN_CHECK} (On the reference: {result.verdict}. {result.message})"
    return replace(result, verdict=Verdict.NEEDS_STAFF, message=message)


def _with_hints(results: Iterable[CheckResult], diagnoses: "Mapping[str, Diagnosis]") -> Iterator[CheckResult]:
    """Where a mistake has a name, the first check that it cost says so: some reports show checks alone."""
    untold = {question: diagnosis.text for question, diagnosis in diagnoses.items() if diagnosis.names}
    for result in results:
        hint = untold.pop(result.question, "") if result.verdict in DIAGNOSED else ""
        yield replace(result, message=f"{result.message.rstrip('.')}. {hint}") if hint else result


def _of(question: Question, results: Iterable[CheckResult]) -> list[CheckResult]:
    return [result for result in results if result.question == question.id]


def score_question(
    question: Question, results: Sequence[CheckResult], diagnosis: "Diagnosis | None" = None
) -> QuestionReport:
    """Share the question's points among its checks by weight; exactly, so that all passed is all the points."""
    total = sum(Fraction(result.points) for result in results)
    shares = [Fraction(question.points) * Fraction(result.points) / total for result in results]
    checks = tuple(
        CheckReport(
            result.name,
            result.title,
            result.verdict,
            number(share if result.verdict == Verdict.PASSED else Fraction(0)),
            number(share),
            result.message,
            result.seconds,
            result.runs,
        )
        for result, share in zip(results, shares, strict=True)
    )
    earned = sum(share for result, share in zip(results, shares, strict=True) if result.verdict == Verdict.PASSED)
    return QuestionReport(
        question.id, question.title, number(Fraction(earned)), number(Fraction(question.points)), checks, diagnosis
    )


def _receipt(submission: Submission) -> dict[str, str | None]:
    receipt = submission.receipt
    return {"status": receipt.status, "packed_at": receipt.packed_at, "number": receipt.number}


def _receipt_flags(submission: Submission) -> tuple[Flag, ...]:
    if submission.receipt.status != "differs":
        return ()
    return (Flag("receipt", RECEIPT, 0, f"not as it was packed: {submission.receipt.differences}"),)


def _written(lab: Lab, submission: Submission) -> tuple[WrittenReport, ...]:
    answers = submission.notebook.written if submission.notebook else {}
    return tuple(WrittenReport(q.id, q.title, q.points, answers.get(q.id, "")) for q in lab.manifest.written)

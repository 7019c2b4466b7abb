"""The author's side: what a hidden check may be, and what becomes of one that is wrong."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from labs import grade_class, sandbox_of, student_of, tiny_lab, write_files

from autograder.errors import InstructorError, StudentError, Verdict
from autograder.grading import rehearse, score_question
from autograder.inprocess import InProcess
from autograder.judge import Check, CheckResult, Judge
from autograder.lab import Lab
from autograder.plugin import collect
from autograder.submission import Submission

ROOT = Path(__file__).parents[2]
HEAD = "import pytest, scenarios\n"
RIGHT = "class Answer:\n    def __init__(self, number=1.0):\n        self.value = number + number\n"
WRONG = "class Answer:\n    def __init__(self, number=1.0):\n        self.value = number + 2\n"


@pytest.fixture(autouse=True)
def _leave_no_trace(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each tiny suite is imported afresh, though all have the same module names."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setattr(sys, "path", sys.path.copy())
    before = set(sys.modules)
    yield
    for name in set(sys.modules) & {"scenarios", "test_answers", "conftest", "answers"} - before:
        del sys.modules[name]


def suite(root: Path, checks: str, **more: Any) -> Lab:
    return tiny_lab(root, checks=HEAD + checks, **more)


def judged(lab: Lab, answers: str | None = RIGHT) -> list[CheckResult]:
    """The results for a student who handed in `answers`; of the rehearsal on the reference for None."""

    def body(judge: Judge, checks: list[Check]) -> list[CheckResult]:
        runner = answers and InProcess(Submission("ada", {"answers.py": answers.encode()}), lab)
        return list(judge.judge(checks, runner or None))

    return collect(lab, body)


def collected(lab: Lab) -> list[Check]:
    return collect(lab, lambda judge, checks: checks)


# What a check may be


def test_a_checks_docstring_is_its_title(tmp_path: Path) -> None:
    """Titles come from docstrings, on one line; a check without one is called by its name."""
    lab = suite(
        tmp_path,
        '''
@pytest.mark.question("answer", points=3)
def test_long(agree):
    """The answer is twice the number,
    whatever the number."""

@pytest.mark.question("answer")
def test_bare(agree): ...
''',
    )
    titles = [(check.title, check.points) for check in collected(lab)]
    assert titles == [("The answer is twice the number, whatever the number.", 3.0), ("test_bare", 1.0)]


def test_a_check_may_have_variants_and_fixtures(tmp_path: Path) -> None:
    """parametrize gives a check a variant, named in its title; fixtures of the author's own are at hand."""
    lab = suite(
        tmp_path,
        '''
@pytest.fixture
def shift(): return 1

@pytest.mark.question("answer")
@pytest.mark.parametrize("number", [1.0, 2.0])
def test_answer(agree, shift, number):
    """The answer is twice the number."""
    agree(scenarios.call, number=number + shift)
''',
    )
    results = judged(lab, WRONG)
    assert [result.title for result in results] == [f"The answer is twice the number. [{n}]" for n in ("1.0", "2.0")]
    assert [result.verdict for result in results] == [Verdict.PASSED, Verdict.FAILED]  # 2 + 2 is twice 2


def test_a_check_may_look_at_either_trace(tmp_path: Path) -> None:
    """`student.run` and `reference.run` give the traces themselves, and the check may assert what it likes."""
    lab = suite(
        tmp_path,
        """
@pytest.mark.question("answer")
def test_answer(student, reference):
    assert student.run(scenarios.call, number=5.0) - reference.run(scenarios.call, number=4.0) == 2.0
""",
    )
    assert [result.verdict for result in judged(lab)] == [Verdict.PASSED]
    assert [result.verdict for result in judged(lab, WRONG)] == [Verdict.FAILED]


def test_a_disagreement_tells_the_first_difference(tmp_path: Path) -> None:
    """`agree` fails with what was expected and what came."""
    (result,) = judged(tiny_lab(tmp_path), WRONG)
    assert (result.verdict, result.message) == (
        Verdict.FAILED,
        "the result: expected 42, got 23 (off by 1.9e+01, 45 %)",
    )


def test_an_assertion_speaks_in_its_own_words_only(tmp_path: Path) -> None:
    """A message that the author wrote is shown; one that pytest would make up, with values in it, is not."""
    lab = suite(
        tmp_path,
        """
@pytest.mark.question("answer")
def test_own_words(student):
    assert student.run(scenarios.call) == 1234, "The answer should be 1,234 for once."

@pytest.mark.question("answer")
def test_no_words(student):
    assert student.run(scenarios.call) == 1234

@pytest.mark.question("answer")
def test_fail(student):
    student.run(scenarios.call)
    pytest.fail("Not good enough.")

@pytest.mark.question("answer")
def test_skip(student):
    pytest.skip("Not on this machine.")
""",
    )
    assert [(result.verdict, result.message) for result in judged(lab)] == [
        (Verdict.FAILED, "The answer should be 1,234 for once."),
        (Verdict.FAILED, "What this check asserts does not hold."),
        (Verdict.FAILED, "Not good enough."),
        (Verdict.SKIPPED, "Not on this machine."),
    ]


def test_points_are_shared_by_weight(tmp_path: Path) -> None:
    """A question's checks share its points by their weights, exactly: all passed is all the points."""
    lab = suite(
        tmp_path,
        "".join(f'@pytest.mark.question("answer", points={w})\ndef test_{w}(agree): ...\n' for w in (1, 2, 4)),
        questions={"answer": 10},
    )
    results = judged(lab)
    question = score_question(lab.question("answer"), results)
    assert question.score == 10
    assert [check.max_score for check in question.checks] == [1.4286, 2.8571, 5.7143]
    failed = [CheckResult(**{**vars(result), "verdict": Verdict.FAILED}) for result in results[:2]]
    assert score_question(lab.question("answer"), [*failed, results[2]]).score == 5.7143


# What goes wrong


NO_MARKER = "must be marked @pytest.mark.question"
WRONG_SUITES = {
    "a check without a question": ("def test_answer(agree): ...", NO_MARKER),
    "a question without its id": ("@pytest.mark.question()\ndef test_answer(agree): ...", NO_MARKER),
    "an unknown argument": ('@pytest.mark.question("answer", point=1)\ndef test_answer(): ...', NO_MARKER),
    "an unknown question": ('@pytest.mark.question("anser")\ndef test_answer(): ...', "no question 'anser'"),
    "no points": ('@pytest.mark.question("answer", points=0)\ndef test_answer(): ...', "must be a number above zero"),
    "points in words": ('@pytest.mark.question("answer", points="2")\ndef test_answer(): ...', "not '2'"),
    "a syntax error": ("def test_answer(:", "SyntaxError"),
    "an import that fails": ("import no_such_module", "No module named 'no_such_module'"),
    "nothing to run": ("", "No check belongs to answer"),
}


@pytest.mark.parametrize("what", WRONG_SUITES)
def test_a_wrong_suite_is_refused_in_a_sentence(what: str, tmp_path: Path) -> None:
    """Before anything is graded, the author is told what is wrong, and where."""
    checks, words = WRONG_SUITES[what]
    with pytest.raises(InstructorError) as caught:
        collected(suite(tmp_path, checks))
    assert words in str(caught.value)


def test_a_question_without_a_check_is_refused(tmp_path: Path) -> None:
    """Points that no check can give are an oversight, and named."""
    with pytest.raises(InstructorError, match="No check belongs to bonus"):
        collected(tiny_lab(tmp_path, questions={"answer": 1, "bonus": 1}))


def test_a_reference_that_does_not_import_is_refused(tmp_path: Path) -> None:
    """The instructor's own mistake is the instructor's, with the folder and the exception."""
    with pytest.raises(InstructorError, match=r"reference.*cannot be imported.*ZeroDivisionError"):
        collected(tiny_lab(tmp_path, reference="1 / 0"))


def test_a_question_that_the_reference_cannot_answer_is_refused(tmp_path: Path) -> None:
    """A mistyped name in lab.toml costs no student a point: nothing is graded, and the name is told."""
    lab = tiny_lab(tmp_path, reference="class Antwort: ...")
    with pytest.raises(InstructorError, match=r"lab.toml asks for Answer in answers.py .* does not have"):
        collect(lab, lambda judge, checks: None)


def test_a_lab_without_a_suite_is_refused(tmp_path: Path) -> None:
    """A missing folder is named."""
    lab = tiny_lab(tmp_path)
    lab.hidden_suite.rename(tmp_path / "elsewhere")
    with pytest.raises(InstructorError, match="has no hidden suite"):
        collected(lab)


BROKEN = '''
@pytest.mark.question("answer")
def test_sound(agree):
    """Sound."""
    agree(scenarios.call, number=21.0)

@pytest.mark.question("answer")
def test_raises(agree):
    """Raises."""
    agree(scenarios.call, number=1.0)
    {}["key"]

@pytest.mark.question("answer")
def test_refuses_the_reference(student):
    """Refuses the reference."""
    assert student.run(scenarios.call, number=1.0) == 3.0, "It should be 3."
'''


def test_a_check_that_the_reference_fails_is_found_before_anyone_is_graded(tmp_path: Path) -> None:
    """The rehearsal names the checks that do not work, and only those."""
    lab = suite(tmp_path, BROKEN)
    faults = collect(lab, rehearse)
    assert sorted(fault.title for fault in faults.values()) == ["Raises.", "Refuses the reference."]
    assert {fault.verdict for fault in faults.values()} == {Verdict.NEEDS_STAFF}
    assert any("(On the reference: failed. It should be 3.)" in fault.message for fault in faults.values())


def test_a_broken_check_says_nothing_of_a_student(tmp_path: Path) -> None:
    """An exception of the check's own is for staff to see to, and shows the student no more than its type."""
    results = {result.title: result for result in judged(suite(tmp_path, BROKEN))}
    assert results["Raises."].verdict == Verdict.NEEDS_STAFF
    assert results["Raises."].message.endswith("no fault of yours; staff will look into it. (KeyError)")
    assert results["Sound."].verdict == Verdict.PASSED


def test_a_broken_check_needs_staff_and_the_others_are_graded(tmp_path: Path) -> None:
    """Through the whole of a batch: its check needs staff for everyone, the rest counts, the status says so."""
    lab = suite(tmp_path / "lab", BROKEN, questions={"answer": 3})
    students = write_files(tmp_path / "class", {"ada/answers.py": RIGHT, "bob/answers.py": WRONG})
    done = grade_class(lab, students, tmp_path / "out")
    assert done.stdout.splitlines()[-1] == "1 ['ada', 'bob']", done.stdout + done.stderr
    for student, verdict in (("ada", "passed"), ("bob", "failed")):
        report = json.loads((tmp_path / "out" / student / "report.json").read_text())
        assert report["status"] == "needs staff"
        verdicts = {check["title"]: check["verdict"] for check in report["questions"][0]["checks"]}
        assert (verdicts["Sound."], verdicts["Raises."]) == (verdict, "needs staff")
        assert verdicts["Refuses the reference."] == "needs staff"


def test_the_students_failure_is_the_verdict_whatever_the_check_does(tmp_path: Path) -> None:
    """A worker's end comes through a check as its verdict, also past fixtures and a failing teardown."""
    lab = suite(
        tmp_path,
        """
@pytest.fixture
def untidy():
    yield
    raise RuntimeError

@pytest.mark.question("answer")
def test_answer(agree, untidy):
    agree(scenarios.call, number=21.0)
""",
    )

    def body(judge: Judge, checks: list[Check]) -> list[CheckResult]:
        with sandbox_of("auto", lab) as sandbox:
            student = student_of(
                sandbox, lab, "import os\nclass Answer:\n    def __init__(self, number): os._exit(0)\n"
            )
            return list(judge.judge(checks, student))

    (result,) = collect(lab, body)
    assert result.verdict == Verdict.CRASHED


def test_without_a_sandbox_exceptions_come_through(tmp_path: Path) -> None:
    """In the grader's own process a student's exception is as it was raised, for a debugger to meet."""
    lab = tiny_lab(tmp_path)
    student = InProcess(
        Submission("ada", {"answers.py": b"class Answer:\n    value = property(lambda self: 1 / 0)\n"}), lab
    )
    scenario = lambda lab: lab.answers.Answer().value  # noqa: E731
    with pytest.raises(ZeroDivisionError):
        student.run(scenario, {})
    with pytest.raises(StudentError, match="Nothing there"):
        InProcess(Submission("ada", problem="Nothing there."), lab)


def test_what_an_import_writes_is_not_left_in_the_instructors_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a plot that is saved under a name without a folder."""
    monkeypatch.chdir(tmp_path)
    lab = tiny_lab(tmp_path / "lab")
    InProcess(Submission("ada", {"answers.py": b"open('plot.png', 'w').close()\n"}), lab)
    assert [path.name for path in tmp_path.iterdir()] == ["lab"]


# Plain pytest


def plain(submission: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/hidden/optimization",
               "--submission", str(submission), *options]  # fmt: skip
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_plain_pytest_passes_the_reference() -> None:
    """`pytest tests/hidden/optimization --submission DIR` passes on the reference's own files."""
    done = plain(ROOT / "reference" / "optimization")
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout and "failed" not in done.stdout


def test_plain_pytest_shows_a_wrong_students_first_difference() -> None:
    """On a wrong submission it fails, and prints the sentence that the student would read."""
    done = plain(
        ROOT / "tests/submissions/wrong/adam_without_bias_correction", "-k", "adam_follows", "--isolation=none"
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "after step 1, parameter 0" in done.stdout and ": expected " in done.stdout


def test_plain_pytest_explains_a_wrong_call(tmp_path: Path) -> None:
    """A submission that is not there is wrong usage, in a sentence."""
    done = plain(tmp_path / "missing")
    assert done.returncode == 4
    assert f"{tmp_path / 'missing'} does not exist." in done.stderr

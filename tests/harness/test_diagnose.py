"""Which known mistake behaves exactly like a student's code: when it is named, and when nothing is."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from labs import tiny_lab, write_files
from test_plugin import HEAD

from autograder.authoring.bench import Impersonator
from autograder.compare import distance
from autograder.diagnose import Diagnosis
from autograder.inprocess import modules_of
from autograder.judge import Check, Judge
from autograder.plugin import collect
from autograder.submission import Submission
from autograder.text import in_words

SCENARIOS = """
def value(lab, number):
    return {"value": lab.answers.Answer(number).value}

def detail(lab, number):
    answer = lab.answers.Answer(number)
    return {"value": answer.value, "detail": answer.detail}
"""
REFERENCE = """
class Answer:
    detail = 0.0
    def __init__(self, number=1.0):
        self.value = 2 * number
"""
CHECKS = (
    HEAD
    + '''
@pytest.mark.question("answer")
def test_small(agree):
    """Small numbers are doubled."""
    agree(scenarios.value, number=0.0)
    agree(scenarios.value, number=2.0)
    agree(scenarios.value, number=3.0)

@pytest.mark.question("answer")
def test_detail(agree):
    """The detail is nothing."""
    agree(scenarios.detail, number=5.0)
'''
)
MISCONCEPTIONS = '''
from answers import Answer

class Squares(Answer):
    """The number is squared."""
    question = "answer"
    def __init__(self, number=1.0):
        self.value = number ** 2

class AddsTwo(Answer):
    """Two is added."""
    question = "answer"
    def __init__(self, number=1.0):
        self.value = number + 2

class Triples(Answer):
    """The number is tripled."""
    question = "answer"
    convention = "theirs"
    def __init__(self, number=1.0):
        self.value = 3 * number

class AlsoTriples(Triples):
    """As before, with another name."""

class Refuses(Answer):
    """Large numbers are refused."""
    question = "answer"
    def __init__(self, number=1.0):
        if number > 2:
            raise ValueError(f"{number} is too large")
        self.value = 2 * number

class WritesDetails(Answer):
    """The detail is not left alone."""
    question = "answer"
    ignores = ("detail",)
    detail = 7.0
'''


@pytest.fixture(autouse=True)
def _leave_no_trace(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "path", sys.path.copy())
    yield
    forget()


def forget() -> None:
    """Each tiny suite is imported afresh, though all have the same module names."""
    for name in {"scenarios", "test_answers", "answers"} & set(sys.modules):
        del sys.modules[name]
    sys.path[:] = [folder for folder in sys.path if not folder.endswith("/hidden/tiny")]


def diagnosis(
    root: Path, student: str, misconceptions: str = MISCONCEPTIONS, rehearsed: bool = True
) -> Diagnosis | None:
    """What becomes of a student whose answers.py is `student`."""
    lab = tiny_lab(root, scenarios=SCENARIOS, reference=REFERENCE, checks=CHECKS)
    folder = "reference/tiny/misconceptions"
    write_files(root, {f"{folder}/__init__.py": "", f"{folder}/answers.py": misconceptions})

    class Fresh(Impersonator):
        """A student whose files are imported anew for each worker."""

        def begin(self, *_: Any) -> None:
            self._modules = modules_of(Submission("ada", {"answers.py": student.encode()}), lab)

    def body(judge: Judge, checks: list[Check]) -> Diagnosis | None:
        if rehearsed:
            list(judge.judge(checks, None))
        results = list(judge.judge(checks, Fresh(judge.reference.modules, 60.0)))
        return judge.diagnose(lab.question("answer"), [result.verdict for result in results])

    return collect(lab, body)


def answer(value: str, more: str = "") -> str:
    """A student's class, written in a way of its own."""
    return f"class Answer(object):\n    detail = 0.0\n    def __init__(self, number=1.0):\n        {more or 'pass'}\n        self.value = {value}\n"  # noqa: E501


def test_one_that_behaves_exactly_so_is_named_with_its_hint(tmp_path):
    found = diagnosis(tmp_path, answer("number + 1 + 1"))
    assert found == Diagnosis("mistake", ("AddsTwo",), "This behaves exactly like “adds two”: Two is added.")


def test_right_code_is_never_diagnosed(tmp_path):
    assert diagnosis(tmp_path, answer("number + number")) is None


def test_unknown_mistakes_get_no_name(tmp_path):
    """Not even where they agree with a known one in all but one number."""
    for value in ("2 * number + 1", "number ** 2 if number < 5 else 24.0", "float('nan')"):
        found = diagnosis(tmp_path, answer(value))
        assert found == Diagnosis("unknown", (), "No known mistake matches.")


def test_where_the_student_is_right_counts_as_well(tmp_path):
    """Squares agree with doubling at 0 and 2: one who is right at 3 and wrong at 5 does not square."""
    assert diagnosis(tmp_path, answer("25.0 if number == 5 else 2 * number")).kind == "unknown"


def test_calls_that_a_check_never_came_to_are_asked_too(tmp_path):
    """The first check stops at 0; without 3 and 5 the two could not be told apart."""
    both = (
        MISCONCEPTIONS
        + '''
class AddsTwoOrTen(Answer):
    """Two is added, and from three on ten."""
    question = "answer"
    def __init__(self, number=1.0):
        self.value = number + (2 if number != 3 else 10)
'''
    )
    assert diagnosis(tmp_path, answer("number + 2"), both).names == ("AddsTwo",)
    assert diagnosis(tmp_path, answer("number + (10 if number == 3 else 2)"), both).names == ("AddsTwoOrTen",)


def test_two_that_cannot_be_told_apart_are_both_shown(tmp_path):
    """Of conventions it is said that they are some."""
    found = diagnosis(tmp_path, answer("3 * number"))
    assert found.kind == "convention" and found.names == ("Triples", "AlsoTriples")
    assert found.text.startswith(
        "This is another published form (theirs): The number is tripled. Or (theirs): As before"
    )


def test_of_too_many_none_is_named(tmp_path):
    more = "".join(f'\nclass Twin{i}(AddsTwo):\n    """Two is added."""\n' for i in "ABC")
    assert diagnosis(tmp_path, answer("number + 2"), MISCONCEPTIONS + more).kind == "unknown"


def test_the_same_exception_in_the_same_places_is_an_answer(tmp_path):
    found = diagnosis(tmp_path, answer("2 * number", "assert number <= 2"))
    assert found.names == ("Refuses",) and found.text.startswith("This behaves like “refuses”")
    exact = answer("2 * number", "if number > 2: raise ValueError(f'{number} is too large')")
    assert diagnosis(tmp_path, exact).text.startswith("This behaves exactly like “refuses”")
    assert diagnosis(tmp_path, answer("2 * number", "assert number <= 4")).kind == "unknown"


def test_what_a_mistake_ignores_may_look_like_anything(tmp_path):
    found = diagnosis(tmp_path, answer("2 * number").replace("detail = 0.0", "detail = 12345.0"))
    assert found.names == ("WritesDetails",) and "exactly" not in found.text
    assert diagnosis(tmp_path, answer("3.5 * number").replace("detail = 0.0", "detail = 1.0")).kind == "unknown"


def test_what_one_call_leaves_behind_hides_no_mistake(tmp_path):
    """A count on the class grows from call to call; each alone is one of the known ones."""
    student = "seen = []\n" + answer("number ** 2 + 100 * (len(seen) - 1)", "seen.append(0)")
    assert diagnosis(tmp_path, student).names == ("Squares",)


def test_it_works_without_a_rehearsal_and_finds_what_was_kept(tmp_path):
    """As under plain pytest; the second time the traces come from the shelf."""
    for _ in range(2):
        assert diagnosis(tmp_path, answer("number ** 2"), rehearsed=False).names == ("Squares",)
    assert list((tmp_path / "cache").rglob("answer.pt"))


def test_distance_is_at_most_one_where_traces_agree():
    assert distance({"a": 1.0, "b": [True, "x"]}, {"a": 1.0 + 1e-6, "b": [True, "x"]}) <= 1
    assert distance({"a": 1.0}, {"a": 1.01}) > 1000
    assert distance({"a": 1.0}, {"b": 1.0}) == distance([1], [2]) == distance("a", "b") == float("inf")
    nan, inf = float("nan"), float("inf")
    assert distance([nan, inf], [nan, inf]) == 0 and distance([nan], [inf]) == distance([inf], [-inf]) == inf
    assert distance({"a": 1.0, "b": 2.0}, {"a": 1.0, "b": 3.0}, ignore=("b",)) == 0


def test_names_are_told_in_words():
    assert [in_words(n) for n in ("BetasSwapped", "betas_swapped", "NoPi")] == [
        "betas swapped",
        "betas swapped",
        "no pi",
    ]

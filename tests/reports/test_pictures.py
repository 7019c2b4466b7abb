"""What a report draws: the student's own numbers over the reference's, and nothing that is to stay hidden."""

import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from labs import CHECKS, SCENARIOS, grade_class, tiny_lab, write_files

from autograder.errors import InstructorError, Verdict
from autograder.excerpts import excerpts
from autograder.exhibits import Exhibition, as_numbers
from autograder.inprocess import InProcess
from autograder.judge import Judge
from autograder.lab import ROOT, Lab
from autograder.notebooks.reading import Notebook
from autograder.reference import Reference
from autograder.report.charts import Axis, Chart, Line, covering
from autograder.report.pictures import of_question, of_report
from autograder.submission import Source, Submission, read_submission

RIGHT_SAMPLES = ROOT / "tests" / "submissions" / "right"
DRAWN = f"""{SCENARIOS}
def doubled(lab, numbers):
    return {{"rates": [lab.answers.Answer(number=n).value for n in numbers]}}
"""
PICTURES = """
import scenarios
from autograder.exhibits import Exhibit

def exhibits():
    inputs = {"numbers": [0.5, 1.0, 7.7177]}
    return [Exhibit("answer", "rates", "Twice <b>the</b> number", scenarios.doubled, inputs)]
"""
RIGHT = "class Answer:\n    def __init__(self, number=1.0):\n        self.value = number + number\n"
WRONG = RIGHT.replace("number + number", "3 * number")
HANGS = RIGHT.replace("        self", "        while number == 7.7177: pass\n        self").replace("+ number", "+ 1")
ONLY_IN_REFERENCE = "15.435"  # twice 7.7177, in five digits


def class_of(
    tmp_path: Path, pictures: str = PICTURES, feedback: str = "", checks: str = CHECKS, **students: str
) -> tuple[Any, Path]:
    """A tiny class that was graded, and where."""
    lab = tiny_lab(tmp_path / "project", scenarios=DRAWN, checks=checks, seconds=2.0)
    write_files(lab.hidden_suite, {"pictures.py": pictures})
    if feedback:
        path = tmp_path / "project" / "assignments" / "tiny" / "lab.toml"
        path.write_text(f"{path.read_text()}\n[feedback]\n{feedback}\n")
    folder = write_files(tmp_path / "class", {f"{name}/answers.py": text for name, text in students.items()})
    return grade_class(lab, folder, tmp_path / "out"), tmp_path / "out"


def question_of(out: Path, student: str) -> dict[str, Any]:
    question: dict[str, Any] = json.loads((out / student / "report.json").read_text())["questions"][0]
    return question


def test_a_report_holds_both_sides_of_a_picture(tmp_path: Path) -> None:
    """Of right code and of wrong code; one that hangs there keeps its verdicts, and has no picture."""
    _, out = class_of(tmp_path, right=RIGHT, wrong=WRONG, hangs=HANGS)
    right, wrong, hangs = (question_of(out, student) for student in ("right", "wrong", "hangs"))
    assert right["pictures"][0]["same"] and not wrong["pictures"][0]["same"]
    assert wrong["pictures"][0]["yours"] == {"rates": [1.5, 3.0, 23.153]}
    assert wrong["pictures"][0]["reference"] == {"rates": [1.0, 2.0, 15.435]}
    assert [check["verdict"] for check in hangs["checks"]] == ["failed"]
    assert hangs["pictures"][0]["yours"] is None and "longer than" in hangs["pictures"][0]["problem"]
    assert of_question(hangs) == []
    for question in (right, wrong):
        (picture,) = of_question(question)
        assert "Twice &lt;b&gt;the&lt;/b&gt; number" in picture.svg
    assert "no points" not in wrong and right["code"] == [] and wrong["code"][0]["lines"][0] == "class Answer:"


def test_a_hidden_value_is_in_no_picture(tmp_path: Path) -> None:
    """With show_values = false a report has the student's numbers alone."""
    _, out = class_of(tmp_path, feedback="show_values = false", wrong=WRONG)
    assert ONLY_IN_REFERENCE not in (out / "wrong" / "report.json").read_text()
    (picture,) = of_question(question_of(out, "wrong"))
    assert "yours" in picture.svg and "the reference" not in picture.svg


def test_pictures_that_do_not_work_cost_nobody_a_grade(tmp_path: Path) -> None:
    """Staff are told, and the class is graded without."""
    result, out = class_of(tmp_path, "def exhibits():\n    raise KeyError('x')", right=RIGHT)
    assert "No pictures are drawn." in result.stdout and "pictures.py cannot be used: KeyError: 'x'" in result.stdout
    assert result.returncode == 0 and question_of(out, "right")["score"] == 4


@pytest.mark.parametrize(
    "pictures, told",
    [
        ("def exhibits():\n    return [1]", "list of autograder.exhibits.Exhibit"),
        (PICTURES.replace("7.7177", "None"), "the reference raises"),
        (PICTURES.replace('"answer"', '"adam"'), "no question 'adam'"),
        (PICTURES.replace("[0.5, 1.0, 7.7177]", "[1.0] * 3000"), "more than 2000"),
    ],
)
def test_what_is_wrong_with_pictures_is_said(tmp_path: Path, pictures: str, told: str) -> None:
    """In the words of who writes them."""
    lab = tiny_lab(tmp_path, scenarios=DRAWN)
    write_files(lab.hidden_suite, {"pictures.py": pictures})
    modules = set(sys.modules)
    with pytest.raises(InstructorError, match=told):
        Exhibition(lab, Reference(lab)).prepare()
    for name in set(sys.modules) - modules:
        del sys.modules[name]


TWO_CHECKS = (
    CHECKS
    + '''

@pytest.mark.question("answer")
def test_answer_again(agree):
    """The answer is twice another number."""
    agree(scenarios.call, number=4.0)
'''
)


def test_equal_wrong_answers_have_equal_fingerprints(tmp_path: Path) -> None:
    """To the last bit; right answers beside a wrong one, or an exception, have no part in it."""
    half = "class Answer:\n    def __init__(self, number=1.0):\n        if number == 4.0:\n            {}\n"
    half += "        self.value = 2 * number\n"
    students = {
        "right": RIGHT,
        "wrong": WRONG,
        "same": f"{WRONG}\n# by somebody else\n",
        "other": WRONG.replace("3 * number", "3.0000001 * number"),
        "raises": half.format("raise ValueError"),
    }
    _, out = class_of(tmp_path, checks=TWO_CHECKS, **students)
    prints = {student: question_of(out, student)["fingerprint"] for student in students}
    assert prints["right"] == prints["raises"] == "" and prints["wrong"] == prints["same"] != prints["other"]


def test_nobody_can_compute_a_fingerprint_who_lacks_the_hidden_suite(tmp_path: Path) -> None:
    """Or it would confirm a guess at the inputs of a check."""
    lab = tiny_lab(tmp_path)
    secret = Judge(lab)._secret
    write_files(lab.hidden_suite, {"test_more.py": "# changed"})
    assert Judge(lab)._secret != secret


def test_every_exhibit_of_the_lab_can_be_drawn() -> None:
    """From the reference's own numbers, in a few kilobytes each."""
    lab = Lab.find("optimization")
    exhibition = Exhibition(lab, Reference(lab))
    exhibition.prepare()
    shown = exhibition.of({q.id: [Verdict.PASSED] for q in lab.manifest.questions}, _AsStudent(exhibition.reference))
    assert len(shown) == 18
    for question, exhibited in shown.items():
        data = {"score": 1, "max_score": 1, "checks": [], "title": question}
        for picture in of_question({**data, "pictures": [vars(each) for each in exhibited]}):
            assert 1000 < len(picture.svg) < 20_000 and "nan" not in picture.svg


@pytest.mark.filterwarnings("ignore")  # which are the samples' own
@pytest.mark.parametrize("sample", sorted(path for path in RIGHT_SAMPLES.iterdir() if path.suffix != ".toml"))
def test_right_code_is_drawn_as_right(sample: Path) -> None:
    """However it is written: no picture says that it differs."""
    lab = Lab.find("optimization")
    exhibition = Exhibition(lab, Reference(lab))
    exhibition.prepare()
    submission = read_submission(Source(sample.stem, sample), lab)
    verdicts = {q.id: [Verdict.PASSED] for q in lab.manifest.questions if q.file in submission.files}
    shown = exhibition.of(verdicts, InProcess(submission, lab))
    drawn = {exhibited.title: exhibited.same for each in shown.values() for exhibited in each}
    assert drawn and all(drawn.values()), drawn


def test_an_accepted_formula_is_drawn_as_right(tmp_path: Path) -> None:
    """Where a lab takes another published form, a picture does not say otherwise."""
    lab = Lab.find("optimization")
    lab = replace(lab, manifest=lab.manifest.model_copy(update={"conventions": ("rmsprop:keras",)}))
    exhibition = Exhibition(lab, Reference(lab))
    exhibition.prepare()
    (keras,) = exhibition.reference.accepted(lab.question("rmsprop"))
    (shown,) = exhibition.of({"rmsprop": [Verdict.PASSED]}, _AsStudent(keras))["rmsprop"]
    assert shown.same and shown.yours != shown.reference


class _AsStudent:
    """A reference, asked as a student is."""

    time_is_up = False

    def __init__(self, reference: Reference) -> None:
        self._reference = reference

    def begin(self, *_: object) -> None: ...

    def end(self) -> None: ...

    def run(self, scenario: Any, inputs: Any, expected_bytes: int = 0) -> Any:
        return self._reference.run(scenario, **inputs)


@pytest.mark.parametrize(
    "yours",
    [
        {"path": [[None, None]] * 3},
        {"path": [[1e300, -1e300], [1e-300, 0.0], [-5e30, 2.0]]},
        {"path": [[0.0, 0.0]] * 3},
    ],
)
def test_whatever_a_student_computes_can_be_drawn(yours: dict[str, Any]) -> None:
    """What is not finite leaves a gap, what is far away stays outside of the frame."""
    exhibit = {
        "kind": "descent",
        "title": "a ravine",
        "given": {"start": [-9.0, 1.6], "curvatures": [1.0, 12.0]},
        "reference": {"path": [[-9.0, 1.6], [-4.0, 0.4], [-1.0, 0.1]]},
        "yours": yours,
        "same": False,
        "problem": "",
    }
    pictures = of_question({"pictures": [exhibit], "score": 0, "max_score": 1, "checks": [], "title": ""})
    for picture in pictures:
        drawn = " ".join(re.findall(r' d="([^"]*)"', picture.svg))
        assert all(abs(float(number)) <= 20_000 for number in re.findall(r"-?[\d.]+", drawn))
        assert "inf" not in drawn and "nan" not in drawn


@pytest.mark.parametrize("trace", [3, {"a": "text"}, {"a": [1.0] * 3000}, {"a": {"b": 1}}, {}, {"a": [[[object()]]]}])
def test_what_is_no_numbers_is_not_drawn(trace: object) -> None:
    """A trace comes from a student's process."""
    assert as_numbers(trace) is None


def test_curves_of_all_optimizers_are_in_one_picture() -> None:
    """With the accuracies in words, for whom does not see it."""
    run = {"losses": [2.0, None, 1.0], "source": "trained", "accuracy": 0.95, "seed": 1}
    questions = [{"title": title, "checks": [{"runs": [run]}]} for title in ("Adam", "SGD & <co>")]
    (picture,) = of_report({"questions": questions})
    assert "Adam 95.0 %" in picture.text and "SGD &amp; &lt;co&gt;" in picture.svg
    assert of_report({"questions": questions[:1]}) == []


def test_a_chart_covers_odd_values() -> None:
    """A single value, none at all, or a range of many decades."""
    for values in ([], [3.0], [0.0, 0.0], [1e-12, 1e12]):
        for logarithmic in (False, True):
            y = covering("y", values, logarithmic=logarithmic)
            assert y.low < y.high and 1 <= len(y.ticks()) <= 12
            points = [(float(i), value) for i, value in enumerate(values)]
            assert "nan" not in Chart(Axis("x", 0, 1), y, [Line("", points, "yours")]).svg("")


def test_an_excerpt_is_the_students_own_definition() -> None:
    """From its first line to its last, with the lines marked that a message quotes."""
    lab = Lab.find("optimization")
    source = (
        "import torch\r\n\r\nclass SGD:\r\n    x = 1\r\n\r\n    y = 2  # \x1b[31m\r\n\r\nclass Adam:\r\n    pass\r\n"
    )
    message = "E in optimizers.py, line 6 (`y = 2`), optimizers.py, line 9 (`pass`), my_optimizers.py, line 4 (`z`)"
    (found,) = excerpts(Submission("s", {"optimizers.py": source.encode()}), lab.question("sgd"), [message])
    assert (found.where, found.first, found.marked) == ("optimizers.py", 3, (6,))
    assert found.lines == ("class SGD:", "    x = 1", "", "    y = 2  # \\x1b[31m")
    assert excerpts(Submission("s", {}), lab.question("sgd"), []) == ()


def test_an_excerpt_of_a_notebook_names_its_cells() -> None:
    """A class may be in pieces."""
    lab = Lab.find("optimization")
    source = b"class SGD:\n    a = 1\n    b = 2\n"
    notebook = Notebook("lab.ipynb", {"optimizers.py": source}, {"optimizers.py": ((3, 1), (3, 2), (5, 7))})
    submission = Submission("s", {"optimizers.py": source}, notebook=notebook)
    first, second = excerpts(submission, lab.question("sgd"), ["E in lab.ipynb, cell 5, line 7 (`b = 2`)"])
    assert (first.where, first.first, first.marked) == ("lab.ipynb, cell 3", 1, ())
    assert (second.where, second.first, second.marked) == ("lab.ipynb, cell 5", 7, (7,))

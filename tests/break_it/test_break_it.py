"""Questions that ask for tests: what a student's tests earn, what they can see, and what their author is told."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import commands
import pytest
from labs import write_files

from autograder.bank import banks_of
from autograder.errors import InstructorError
from autograder.lab import Lab
from autograder.reference import Reference

ROOT = Path(__file__).parents[2]
MISTAKES = ("GoesUphill", "StaysPut", "ForgetsTheRate", "StepsTwice", "MixedIntoIt", "CallsAnother")

WALKERS = {
    "assignments/walkers/lab.toml": """
        title = "Walkers"
        version = "1"
        given = ["base.py"]
        required_files = ["walkers.py"]
        [[questions]]
        id = "walker"
        title = "Walker"
        file = "walkers.py"
        name = "Walker"
        points = 1
        """,
    "assignments/walkers/handout/base.py": """
        class Base:
            def __init__(self, rate):
                self.rate = rate
        """,
    "reference/walkers/walkers.py": '''
        """Where the answers are."""
        from base import Base

        class Walker(Base):
            """Towards zero."""
            def step(self, x):
                return x - self.rate * x
        ''',
    "reference/walkers/variants/__init__.py": """
        from base import Base

        class ByAFactor(Base):
            question = "walker"

            def step(self, x):
                return x * (1 - self.rate)

        def known(question):
            return [ByAFactor] if question == "walker" else []
        """,
    "reference/walkers/misconceptions/__init__.py": '''
        from walkers import Walker

        class GoesUphill(Walker):
            """Look at the sign."""
            question = "walker"

            def step(self, x):
                """Uphill is where GoesUphill goes."""
                return x + self.rate * x

        class StaysPut(Walker):
            question = "walker"

            def step(self, x):
                return [x for _ in range(1)][0]

        class ForgetsTheRate(Walker):
            question = "walker"

            def step(self, x):
                return x / 2

        class StepsTwice(Walker):
            question = "walker"

            def step(self, x):
                return super().step(super().step(x))

        class Shared:
            """What CallsAnother uses."""
            def half(self, x):
                return x - x * 0.9

        class CallsAnother(Walker):
            question, convention = "walker", "of somebody"

            def step(self, x):
                return [Shared().half(x) for _ in range(1)][0]

        class MixedIntoIt:
            def step(self, x):
                return -super().step(x)

        def known(question):
            mixed = type("MixedIntoIt", (MixedIntoIt, Walker), {"question": "walker"})
            return [GoesUphill, StaysPut, ForgetsTheRate, StepsTwice, CallsAnother, mixed]
        ''',
    "assignments/breakers/lab.toml": """
        title = "Break the walkers"
        version = "1"
        given = ["base.py"]
        required_files = ["test_student.py"]
        [limits]
        seconds = 1.5
        [[questions]]
        id = "tests"
        title = "Tests of Walker"
        file = "test_student.py"
        breaks = ["walker"]
        bank = "walkers"
        points = 100
        """,
    "assignments/breakers/handout/base.py": """
        class Base:
            def __init__(self, rate):
                self.rate = rate
        """,
    "reference/breakers/test_student.py": """
        import pytest
        from walkers import Walker

        @pytest.mark.parametrize("rate", [0.3, 0.5])
        def test_walks(rate):
            assert Walker(rate).step(8.0) == pytest.approx(8.0 * (1 - rate))
        """,
    "tests/hidden/breakers/test_breakers.py": '''
        import pytest

        @pytest.mark.question("tests")
        def test_catches(catches, broken):
            """Your tests fail on this broken walker."""
            catches(broken)
        ''',
}

STUDENTS = {
    "good": """
        from walkers import Walker
        def test_walks():
            assert abs(Walker(0.25).step(8.0) - 6.0) < 1e-9
        """,
    "every_habit": {
        "test_student.py": """
            import unittest
            import pytest
            from base import Base
            from helper import expected
            from walkers import Walker

            @pytest.fixture(params=[1.0, -8.0])
            def start(request):
                return request.param

            @pytest.mark.parametrize("rate", [0.3, 0.5])
            def test_walks(start, rate, tmp_path, capsys, monkeypatch, positive):
                print("walking")
                assert capsys.readouterr().out == "walking\\n" and positive and issubclass(Walker, Base)
                assert Walker(rate=rate).step(start) == pytest.approx(expected(start, rate)), "a step"

            def test_needs_a_rate():
                with pytest.raises(TypeError):
                    Walker()

            @pytest.mark.skip(reason="later")
            def test_later():
                assert False

            class TestCase(unittest.TestCase):
                def test_zero_stays(self):
                    self.assertEqual(Walker(0.5).step(0.0), 0.0)
            """,
        "helper.py": "def expected(x, rate):\n    return x - rate * x\n",
        "conftest.py": "import pytest\n\n@pytest.fixture\ndef positive():\n    return True\n",
    },
    "weak": """
        from walkers import Walker
        def test_halves():
            assert Walker(0.5).step(8.0) == 4.0
        """,
    "too_exact": """
        from walkers import Walker
        def test_walks():
            assert Walker(0.3).step(0.1) == 0.1 - 0.3 * 0.1, "my own words"
        """,
    "always_fails": "def test_fails():\n    assert False\n",
    "loops_until_there": """
        from walkers import Walker
        def test_arrives():
            walker, x = Walker(0.25), 1.0
            while abs(x) > 1e-6:
                x = walker.step(x)
        """,
    "looks_at_the_family": """
        from walkers import Walker
        def test_family():
            assert len(Walker.__mro__) == 3
        """,
    "looks_at_the_source": """
        import inspect
        from walkers import Walker
        def test_source():
            assert "super" not in inspect.getsource(Walker)
        """,
    "looks_at_names": """
        import walkers
        from walkers import Walker
        def test_names():
            assert vars(walkers).keys() - {"Walker"} == {i for i in vars(walkers) if i.startswith("__")}
            assert not hasattr(Walker, "question") and not hasattr(Walker, "convention")
            for kind in Walker.__mro__[:-2]:
                assert (kind.__name__, kind.__qualname__, kind.__module__) == ("Walker", "Walker", "walkers")
                assert kind.__doc__ is None
                for name, thing in vars(kind).items():
                    if hasattr(thing, "__code__"):
                        code = thing.__code__
                        assert thing.__qualname__ == code.co_qualname == f"Walker.{name}" and thing.__doc__ is None
                        assert (thing.__module__, code.co_firstlineno, code.co_name) == ("walkers", 1, name)
                        assert "/" not in code.co_filename and thing.__globals__["__name__"] == "walkers"
                        assert "__file__" not in thing.__globals__
        """,
    "searches_everything": """
        import gc, os, sys
        NAMES = ["Goes" "Uphill", "Stays" "Put", "Forgets" "TheRate"]
        NAMES += ["Steps" "Twice", "Mixed" "IntoIt", "Calls" "Another"]
        PYTHON = {"lib", "lib64", "proc", "sys", "dev", "share"}

        def test_nothing_is_found():
            assert not {name.partition(".")[0] for name in sys.modules} & {"misconceptions", "variants", "autograder"}
            for thing in gc.get_objects():
                if isinstance(thing, dict) and thing is not globals():
                    assert not thing.keys() & set(NAMES)
                if isinstance(thing, type):
                    assert thing.__name__ not in NAMES
            for folder, folders, files in os.walk("/"):
                folders[:] = set(folders) - PYTHON
                assert not {"walkers.py", "breakers", "test_breakers.py", "reference"} & {*folders, *files}, folder
        """,
    "fails_by_patching_pytest": {
        "test_student.py": "from walkers import Walker\ndef test_nothing():\n    pass\n",
        "conftest.py": "def pytest_sessionfinish(session):\n    session.exitstatus = 1\n",
    },
    "answers_itself": """
        import sys
        from worker import serve, wire
        def test_nothing():
            serve._send({"id": 1, "result": {"tests": 1, "failed": True, "test": "", "error": None}})
        """,
    "leaves_before_the_end": "import os\ndef test_leaves():\n    os._exit(0)\n",
    "remembers": """
        import contextlib, os, pathlib
        def test_first_time():
            marks = [pathlib.Path(folder, "was-here") for folder in (".", "/tmp", "/dev/shm", os.path.expanduser("~"))]
            assert not any(mark.exists() for mark in marks)
            for mark in marks:
                with contextlib.suppress(OSError):
                    mark.write_text("")
        """,
    "hangs": "def test_hangs():\n    while True:\n        pass\n",
    "skips_all": """
        import pytest
        from walkers import Walker
        @pytest.mark.skipif(Walker(0.25).step(8.0) != 6.0, reason="broken")
        def test_walks():
            pass
        @pytest.mark.xfail
        def test_expected_to_fail():
            assert Walker(0.25).step(8.0) == 6.0
        """,
    "empty": "",
    "no_tests": "from walkers import Walker\n\ndef check():\n    assert Walker(1.0)\n",
    "not_written": "def test_walks():\n    raise NotImplementedError\n",
    "colon_forgotten": "def test_walks()\n    pass\n",
    "wrong_import": "from walkers import Runner\n",
    "exits_at_import": "import sys\nsys.exit()\n",
}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of the grader with two small labs: one of code, one of tests of that code."""
    root = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "autograder", root / "autograder", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "grade.py", root)
    return write_files(root, {name: dedent(text).lstrip() for name, text in WALKERS.items()})


@pytest.fixture(scope="module")
def graded(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the results of all `STUDENTS`."""
    students, out = tmp_path_factory.mktemp("class"), tmp_path_factory.mktemp("out")
    for student, files in STUDENTS.items():
        files = files if isinstance(files, dict) else {"test_student.py": files}
        write_files(students / student, {name: dedent(text).lstrip() for name, text in files.items()})
    command = [sys.executable, "grade.py", "run", str(students), "--lab", "breakers", "--out", str(out), "--jobs", "2"]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def result(graded: Path, student: str) -> tuple[float, set[str], str]:
    """The score, and the verdicts and all messages of what was not caught."""
    report = commands.report(graded, student)
    assert report["status"] == "graded"
    (question,) = report["questions"]
    lost = [check for check in question["checks"] if check["verdict"] != "passed"]
    return report["score"], {check["verdict"] for check in lost}, "\n".join({check["message"] for check in lost})


@pytest.mark.parametrize("student", ["good", "every_habit"])
def test_tests_that_catch_every_broken_variant_get_all_points(graded, student):
    assert result(graded, student) == (100, set(), "")


def test_each_broken_variant_is_worth_the_same(graded):
    score, verdicts, messages = result(graded, "weak")
    assert score == pytest.approx(100 * 5 / 6, abs=1e-3) and verdicts == {"failed"}
    assert re.fullmatch(r"Your tests pass on broken variant \d: none of them notices\.", messages)


def test_a_broken_variant_that_never_lets_the_tests_end_is_caught(graded):
    score, _, messages = result(graded, "loops_until_there")
    assert score == pytest.approx(100 * 2 / 6, abs=1e-3), messages


def test_tests_that_refuse_right_code_catch_nothing_and_say_where(graded):
    score, verdicts, messages = result(graded, "too_exact")
    assert (score, verdicts) == (0, {"failed"})
    assert re.match(
        r"Your tests refuse right code \(right variant \d\): test_walks fails with AssertionError", messages
    )
    assert "line 3" in messages and "my own words" in messages and "catch nothing" in messages


def test_whoever_refuses_all_right_code_is_always_told_of_the_first(graded):
    """Though variants come in another order each time: grading again says the same."""
    for student in ("always_fails", "hangs"):
        assert "(right variant 1)" in result(graded, student)[2]


@pytest.mark.parametrize(
    ("student", "verdict"),
    [
        ("always_fails", "failed"),
        ("looks_at_the_family", "failed"),
        ("looks_at_the_source", "failed"),
        ("looks_at_names", "failed"),
        ("searches_everything", "failed"),
        ("fails_by_patching_pytest", "failed"),
        ("answers_itself", "malformed"),
        ("leaves_before_the_end", "crashed"),
        ("remembers", "failed"),
        ("hangs", "timeout"),
        ("skips_all", "failed"),
        ("empty", "not attempted"),
        ("no_tests", "not attempted"),
        ("not_written", "not attempted"),
        ("colon_forgotten", "error"),
        ("wrong_import", "error"),
        ("exits_at_import", "error"),
    ],
)
def test_nothing_else_earns_a_point(graded, student, verdict):
    score, verdicts, messages = result(graded, student)
    assert (score, verdicts) == (0, {verdict}), messages


@pytest.mark.parametrize("student", ["looks_at_names", "searches_everything", "remembers", "skips_all"])
def test_right_and_broken_code_look_alike_and_nothing_lies_about(graded, student):
    """These tests fail where anything but behaviour shows, and they pass on all variants."""
    *_, messages = result(graded, student)
    assert messages.count("none of them notices") == len(MISTAKES)


@pytest.mark.parametrize(
    ("student", "words"),
    [
        ("colon_forgotten", "test_student.py, line 1"),
        ("wrong_import", "ImportError in test_student.py, line 1"),
        ("no_tests", "holds no test"),
        ("not_written", "test_walks is not written yet"),
        ("fails_by_patching_pytest", "test_student.py fails outside of any test"),
        ("hangs", "On right code (right variant"),
    ],
)
def test_the_message_says_what_to_mend(graded, student, words):
    assert words in result(graded, student)[2]


def test_no_report_or_log_names_a_misconception(graded):
    texts = [path.read_text() for path in graded.rglob("*") if path.is_file()]
    assert len(texts) > 2 * len(STUDENTS)
    assert not [(name, text) for text in texts for name in (*MISTAKES, "Look at the sign", "ByAFactor") if name in text]


def test_the_numbers_of_the_shipped_bank_hide_their_order_and_its_bytes_their_names():
    lab = Lab.find("break_it")
    hidden = (ROOT / "reference" / "optimization" / "misconceptions").glob("*.py")
    written = {name for path in hidden for name in re.findall(r"^class (\w+)", path.read_text(), re.MULTILINE)}
    hints = (b"Look at", b"misconceptions", b"convention", b"autograder")
    for question, bank in banks_of(lab).items():
        assert len(bank.broken) >= 10 and len(bank.right) >= 4, question
        assert [variant.number for variant in bank.broken] == [*range(1, len(bank.broken) + 1)]
        for variant in (*bank.right, *bank.broken):
            words = {*re.findall(rb"\w+", variant.packed)}
            assert not words & {name.encode() for name in written if len(name) > 8}
            assert not [hint for hint in hints if hint in variant.packed]


def test_the_shipped_lab_is_sound_and_its_stub_is_not_attempted(tmp_path):
    """The reference's tests catch the whole bank: else a check would need staff."""
    handout = ROOT / "assignments" / "break_it" / "handout"
    write_files(tmp_path / "class" / "stub", {"test_student.py": (handout / "test_student.py").read_bytes()})
    done = commands.grade("run", tmp_path / "class", "--lab", "break_it", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "out" / "stub" / "report.json").read_text())
    checks = [check for question in report["questions"] for check in question["checks"]]
    assert {check["verdict"] for check in checks} == {"not attempted"} and len(checks) > 100


def test_the_handouts_own_checks_tell_a_file_with_tests_from_the_stub():
    assert commands.grade("check", ROOT / "reference" / "break_it", "--lab", "break_it").returncode == 0
    stub = commands.grade("check", ROOT / "assignments" / "break_it" / "handout", "--lab", "break_it")
    assert stub.returncode == 1 and "begins with" in stub.stdout


def changed(root: Path, lab: str, old: str, new: str) -> Lab:
    """The small labs, with `old` replaced by `new` in one's lab.toml."""
    files = {name: dedent(text).lstrip() for name, text in WALKERS.items()}
    manifest = f"assignments/{lab}/lab.toml"
    assert old in files[manifest]
    write_files(root, files | {manifest: files[manifest].replace(old, new)})
    return Lab.find("breakers", root)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('file = "test_student.py"', 'file = "student.py"', "must be called test_"),
        ('breaks = ["walker"]', "", "has a bank, but no `breaks`"),
        ('breaks = ["walker"]\nbank = "walkers"', "", "lacks `name`"),
        ('bank = "walkers"', 'bank = "walkers"\nname = "Walker"', "leave `name` out"),
        ('bank = "walkers"', 'bank = "runners"', "no lab 'runners'"),
        ('breaks = ["walker"]', 'breaks = ["runner"]', "no question 'runner'"),
        ('bank = "walkers"', "", "has no question 'walker'"),
        ('breaks = ["walker"]\nbank = "walkers"', 'breaks = ["tests"]', "which has `breaks` itself"),
    ],
)
def test_a_lab_toml_that_cannot_work_is_refused_in_words(tmp_path, old, new, words):
    with pytest.raises(InstructorError, match=re.escape(words)):
        banks_of(changed(tmp_path, "breakers", old, new))


def test_a_lab_may_ask_for_code_and_for_tests_of_it(tmp_path):
    changed(tmp_path, "walkers", "Walkers", "Walkers")
    manifest = tmp_path / "assignments/walkers/lab.toml"
    tests = '[[questions]]\nid = "tests"\ntitle = "T"\nfile = "test_student.py"\nbreaks = ["walker"]\npoints = 1\n'
    manifest.write_text(manifest.read_text().replace('["walkers.py"]', '["walkers.py", "test_student.py"]') + tests)
    (tmp_path / "reference/walkers/test_student.py").write_text("import walkers_of_nobody\n")
    lab = Lab.find("walkers", tmp_path)
    assert Reference(lab).modules.walkers.Walker(0.5).step(1.0) == 0.5
    assert len(banks_of(lab)["tests"].broken) == len(MISTAKES)


def test_a_question_without_misconceptions_cannot_be_broken(tmp_path):
    lab = changed(tmp_path, "walkers", "Walkers", "Walkers")
    (tmp_path / "reference/walkers/misconceptions/__init__.py").write_text("def known(question):\n    return []\n")
    with pytest.raises(InstructorError, match="has no misconceptions"):
        banks_of(lab)


def test_given_files_that_differ_from_the_banks_are_refused(tmp_path):
    lab = changed(tmp_path, "walkers", "Walkers", "Walkers")
    (tmp_path / "assignments/breakers/handout/base.py").write_text("class Base: ...\n")
    with pytest.raises(InstructorError, match=r"base\.py of breakers is not what walkers gives"):
        banks_of(lab)


def test_an_audit_leaves_out_what_it_cannot_try():
    done = commands.grade("audit", "--lab", "break_it", "--seeds", 1)
    assert done.returncode == 0 and "run students' tests, are not tried here" in done.stdout, done.stderr

"""What comes out: whatever students put into names, output and exceptions, nothing that is written can do harm.

Every file of a run is looked at as bytes, because a reader's terminal, spreadsheet or browser gets just these.
"""

import csv
import json
import os
import re
import subprocess
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace

import commands
import pytest
from hypothesis import given
from hypothesis import strategies as st
from labs import write_files

from autograder.output import Output
from autograder.phrases import Explainer
from autograder.text import plain

LIMIT = 200


# One piece of text


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=1000), st.booleans())
def test_any_text_becomes_visible_and_bounded(text: str, lines: bool) -> None:
    """Printable characters, newlines and tabs apart; never longer than asked; and the same when done twice."""
    shown = plain(text, LIMIT, lines)
    kept = shown.replace("\n", "").replace("\t", "") if lines else shown
    assert kept.isprintable() and len(shown) <= LIMIT
    assert plain(shown, LIMIT, lines) == shown
    assert shown.encode("utf-8").decode() == shown


@pytest.mark.parametrize("text", ["", "Adam, élève №5 — 数", "a < b & c", "x" * LIMIT, r"C:\new"])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    """Accents, other scripts, backslashes and markup are text like any other."""
    assert plain(text, LIMIT) == text


def test_what_is_left_out_is_counted() -> None:
    """The middle goes, and the characters that went are counted as they were before they were escaped."""
    shown = plain("a" * 50 + "\0" * 10_000_000 + "z" * 50, LIMIT)
    head, count, tail = re.fullmatch(r"(.*) \[… (\d+) characters left out …] (.*)", shown).groups()
    escaped = (head + tail).count(r"\x00")
    assert head.startswith("a" * 50) and tail.endswith("z" * 50)
    assert int(count) == 10_000_000 - escaped


def test_200_megabytes_of_output_are_kept_as_a_beginning_and_an_end() -> None:
    """However it comes in pieces, what is held stays small, and the log says how much it lacks."""
    output = Output(1 << 16)
    pieces = [b"first\n", *[b"=1+1 \x1b[2J\xff" * 6500] * 3000, *[b"-"] * 200_000, b"\nlast"]
    for piece in pieces:
        output.add(piece)
    text = output.text()
    assert text.startswith("first\n=1+1 \\x1b[2J\\xff") and text.endswith("--\nlast")
    assert f"[… {sum(map(len, pieces)) - (1 << 16)} bytes left out …]" in text
    assert len(text) < 4 << 16


# Exceptions, in words


FILES = {
    "answers.py": dedent('''
        class Answer(Base):
            """A doc string."""
            momentum, x0 = 0.9, 1  # "a comment"
            def update(self):
                raise ValueError("the rate "
                                 'isn\\'t positive')
                raise ValueError(f"the rate is {self.x0}", "step %d" % 3, b"bytes")
    ''').encode(),
    "base.py": b"class Base: ...",
}


@pytest.fixture(scope="module")
def explainer(tmp_path_factory: pytest.TempPathFactory) -> Explainer:
    handout = tmp_path_factory.mktemp("handout")
    (handout / "answers.py").write_text("class Answer:\n    def __init__(self, betas): ...\n")
    lab = SimpleNamespace(handout=handout, manifest=SimpleNamespace(required_files=("answers.py",)))
    return Explainer(FILES, lab)  # type: ignore[arg-type]


def told(explainer: Explainer, text: object, type: object = "ValueError", **fields: object) -> str:
    question = SimpleNamespace(name="Answer", file="answers.py")
    return str(explainer.explain({"kind": "exception", "type": type, "text": text, **fields}, question))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("the rate isn't positive", "the rate isn't positive"),
        ("'Answer' object has no attribute 'momentum'", "'Answer' object has no attribute 'momentum'"),
        ("'Answer' object has no attribute 'x271'", "'Answer' object has no attribute '…'"),
        ("Answer.__init__() got an unexpected keyword argument 'betas'",) * 2,
        ("Answer.update() takes 1 positional argument but 271 were given",
         "Answer.update() takes … positional argument but … were given"),
        ("The size of tensor a (3) must match the size of tensor b (271) at non-singleton dimension 0",
         "The size of tensor a (…) must match the size of tensor b (…) at non-singleton dimension …"),
        ("unsupported operand type(s) for +: 'NoneType' and 'Tensor'",) * 2,
        ("a leaf Variable that requires grad is being used in an in-place operation.",
         "a leaf Variable that requires grad is being used in an in-place operation"),
        ("'momentum'", "'momentum'"),
        ("could not convert string to float: '0.271'", "could not convert string to float: …"),
        ("'(' was never closed", "'(' was never closed"),
    ],
)  # fmt: skip
def test_known_words_are_shown(explainer: Explainer, text: str, shown: str) -> None:
    """The student's own literals, and messages of Python and torch with names that the student knows."""
    assert told(explainer, text) == f"ValueError while the check used Answer: {shown}"


@pytest.mark.parametrize(
    "text",
    [
        "0.271", "271", "1", "x0 x0 update x0", "the rate is 1", "the rate is ", "step 3", "a comment",
        "momentum update", "x271", "'x271'", "", " ", "\ud800", None, 7, b"x", ["x"], "the rate",
        "name 'x0' is not defined x0", "division by zero\n0.271",
        "unsupported operand type(s) for 271: 'int' and 'int'",
    ],
)  # fmt: skip
def test_composed_words_are_not(explainer: Explainer, text: object) -> None:
    """Neither numbers nor a student's own words in an order of the moment's; a part of a literal is none."""
    assert told(explainer, text) == "ValueError while the check used Answer"


@pytest.mark.parametrize(
    ("fields", "start"),
    [
        ({"type": "x271"}, "An exception while"),
        ({"type": "Answer"}, "Answer while"),
        ({"type": "_LinAlgError"}, "_LinAlgError while"),
        ({"type": 3}, "An exception while"),
        (
            {"file": "answers.py", "line": 4},
            'ValueError in answers.py, line 4 (`momentum, x0 = 0.9, 1  # "a comment"`)',
        ),
        ({"file": "answers.py", "line": 271}, "ValueError while"),
        ({"file": "answers.py", "line": True}, "ValueError while"),
        ({"file": "/x/271.py", "line": 1}, "ValueError while"),
        ({"file": ["answers.py"], "line": 1}, "ValueError while"),
    ],
)
def test_types_and_places_are_those_of_the_files(explainer: Explainer, fields: dict[str, object], start: str) -> None:
    """A type made up while the check ran, or a line that is not there, says nothing."""
    assert told(explainer, "", **fields).startswith(start)


@pytest.mark.parametrize("kind", ["not attempted", "signature", "memory", "missing", "no data", "271", 271, None])
def test_no_kind_of_error_lets_a_composed_text_through(explainer: Explainer, kind: object) -> None:
    """Whatever the worker calls it, the text goes the same way."""
    assert "271" not in told(explainer, "x0 271", kind=kind)


@pytest.mark.parametrize(
    "source",
    [
        '"""\\' * 30_000 + "\\",
        '"\\' * 50_000,
        "'''\"" * 40_000,
        "x" * 200_000 + '"',
        '\\"""' * 50_000 + "\\",
        "(" * 200_000,
    ],
    ids=range(6),
)
def test_no_file_makes_the_search_for_words_slow_or_fail(explainer: Explainer, source: str) -> None:
    """Files without end to their strings, or nested beyond any parser, cost an error its words and nothing more."""
    lab = explainer._lab
    assert told(Explainer({"answers.py": source.encode()}, lab), "x0") == "ValueError while the check used Answer"


# A class with hostile names, through the command line

NAMES = [
    '=HYPERLINK("http:example","a")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "\x1b[31mred",
    "\u202eevil", "two\nlines", "<script>alert(1)<&script>", "x" * 200, os.fsdecode(b"latin\xff1"), " leading", ',"',
    "'quoted'", "zero\u200bwidth", "nbsp\u00a0name", "line\u2028sep", "\x9b2J", "[bold]markup", ":bomb:", "back\\",
    "[red]back\\", "bell\a", "😀", "ütf-8", "del\x7f", "$(reboot)",
]  # fmt: skip


@pytest.fixture(scope="module")
def hostile_names(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[bytes], Path]:
    root = tmp_path_factory.mktemp("names")
    for name in NAMES:
        write_files(root / "class" / name, {"optimizers.py" if "=" in name else "notes.py": ""})
    write_files(root / "class", {"\x1b[31mloose\u202e": "", "[red]loose": ""})
    return grade_as_bytes(root / "class", "--out", root / "out"), root


def grade_as_bytes(*arguments: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(commands.command("run", *arguments), capture_output=True, check=False)


def test_hostile_names_reach_neither_terminal_nor_file_raw(hostile_names) -> None:
    """Printed lines, grades.csv and every report hold no character that commands, hides or turns round."""
    done, root = hostile_names
    assert done.returncode == 0, done.stderr
    assert_harmless(done.stdout)
    assert_harmless(done.stderr)
    assert rb"\x1b[31mloose\u202e, [red]loose" in done.stderr
    for path in files_below(root / "out"):
        assert_harmless(path.read_bytes(), tabs=path.name == "worker.log", html=path.name != "report.json")


def test_every_hostile_name_keeps_its_line_and_its_folder(hostile_names) -> None:
    """A line a student in grades.csv and on the terminal, none a formula; the record lies under the real name."""
    done, root = hostile_names
    raw = (root / "out" / "grades.csv").read_text("utf-8")
    rows = list(csv.DictReader(raw.splitlines()))
    assert len(raw.splitlines()) == len(rows) + 1 == len(NAMES) + 1
    assert sorted(row["student"].removeprefix("'") for row in rows) == sorted(
        plain(n, 4000).removeprefix("'") for n in NAMES
    )
    assert all(row["status"] in ("graded", "unreadable") and None not in row for row in rows)
    assert not [row for row in rows if unicodedata.normalize("NFKC", row["student"].strip()[:1]) in tuple("=+-@\t\r")]
    printed = done.stdout.decode("utf-8").splitlines()
    assert len(printed) == len(NAMES) + 1
    for name in NAMES:
        assert any(plain(name, 4000) in line for line in printed), name
        report = json.loads((root / "out" / name / "report.json").read_bytes())
        assert report["student"] == plain(name, 4000)


def test_hostile_names_are_found_again(hostile_names) -> None:
    """The same command keeps every record, and says the same of each."""
    done, root = hostile_names
    again = grade_as_bytes(root / "class", "--out", root / "out")
    assert again.returncode == 0
    assert sorted(again.stdout.replace(b" (kept)", b"").splitlines()) == sorted(done.stdout.splitlines())
    assert again.stdout.count(b"(kept)") == len(done.stdout.splitlines()) - 1


# Submissions whose output and exceptions are hostile, through the command line

SPECIMENS = {
    "formula": "'=HYPERLINK(1)'",
    "html": "'<script>alert(1)</script>&amp;'",
    "ansi": "'\\x1b[2J\\x1b]0;title\\x07\\x9b31m'",
    "bidi": "'\\u202e\\u2066\\u200b\\ufeff'",
    "nul": "'\\0' * 9 + '\\r\\b\\x7f'",
    "surrogates": "'\\ud800' + '\\udfff' * 9",
    "digits": "str(10 ** 4000) + '7' * 1000",
    "long": "'y' * 10_000_000",
    "lines": "'\\n'.join('line ' + str(i) for i in range(9)) + '\\u2028\\x85'",
}
MISBEHAVING = {
    "raises": "def __str__(self): raise SystemExit(3)",
    "has no text": "def __str__(self): return 3",
    "recurses": "def __str__(self): return str(self)",
    "has a text that lies": "def __str__(self): return Text('x')",
    "prints": "def __str__(self): print('\\x1b[2J' * 999); return '\\x1b[2J'",
    "is too long a number": "def __init__(self): super().__init__(10 ** 5000)",
}
FLOOD = "for _ in range(200): print('z' * 999_999)"
OPTIMIZERS = ("SGD", "Momentum", "Nesterov", "RMSprop", "Adam", "AdamW")
HEADER = """
class Text(str):
    def __getitem__(self, key): return Text("\\x1b" * 5000)
    def encode(self, *args): return b"\\x1b"
"""


def raising(name: str, *lines: str) -> str:
    """A class that does `lines` when it is made."""
    return "\n".join(
        [f"class {name}:", "    def __init__(self, *args, **kwargs):", *(f"        {x}" for x in lines), ""]
    )


def hostile_submissions() -> dict[str, dict[str, str]]:
    """A text a class, in half a dozen classes; what is raised at import takes a file each."""
    classes = (*OPTIMIZERS, "Lookahead")
    texts = list(SPECIMENS.values())
    said, typed, rest = HEADER, HEADER, HEADER
    for name, text in zip(classes, texts, strict=False):
        said += raising(name, f"print({text}); raise ValueError({text})")
        typed += raising(name, f"raise type({text}, (Exception,), {{}})")
    for name, text in zip(classes, texts[len(classes) :], strict=False):
        rest += raising(name, f"print({text}); raise ValueError({text})")
    misbehaving = HEADER
    for name, method in zip(classes, MISBEHAVING.values(), strict=False):
        misbehaving += raising(name, "class E(Exception):", f"    {method}", "raise E")
    at_import = {
        name: {
            "optimizers.py": f"print({text}); raise ImportError({text})",
            "schedulers.py": f"raise SyntaxError({text}, ({text}, 1, 1, {text}))",
        }
        for name, text in SPECIMENS.items()
    }
    flood = raising("SGD", FLOOD, "raise ValueError")
    in_checks = {"said": said, "typed": typed, "rest": rest, "misbehaving": misbehaving, "flood": flood}
    return {**at_import, **{name: {"optimizers.py": source} for name, source in in_checks.items()}}


@pytest.fixture(scope="module")
def hostile_outputs(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[bytes], Path]:
    root = tmp_path_factory.mktemp("outputs")
    for name, files in hostile_submissions().items():
        write_files(root / "class" / name, files)
    return grade_as_bytes(root / "class", "--out", root / "out"), root


def test_hostile_output_and_exceptions_come_out_harmless_and_small(hostile_outputs) -> None:
    """Formulas, HTML, ANSI, bidi, NUL, surrogates, huge numbers and 200 MB: visible, bounded, and a verdict each."""
    done, root = hostile_outputs
    assert done.returncode == 0, done.stderr
    assert_harmless(done.stdout)
    assert_harmless(done.stderr)
    assert len(done.stdout) + len(done.stderr) < 20_000
    for path in files_below(root / "out"):
        assert_harmless(path.read_bytes(), tabs=path.name == "worker.log", html=path.name != "report.json")
        limits = {"worker.log": 1 << 20, "report.json": 100_000, "report.html": 1_000_000, "index.html": 100_000}
        assert path.stat().st_size < limits.get(path.name, 50_000), path
    for name in hostile_submissions():
        questions = commands.report(root / "out", name)["questions"]
        assert all(question["score"] == 0 for question in questions)
        losses = [check for question in questions for check in question["checks"]]
        assert not [check for check in losses if check["verdict"] in ("passed", "needs staff")]
        assert not [check for check in losses if len(check["message"]) > 500]


def test_the_log_says_what_it_lacks(hostile_outputs) -> None:
    """200 MB of output leave their beginning, their end, and a count between."""
    _, root = hostile_outputs
    log = (root / "out" / "flood" / "worker.log").read_text("utf-8")
    (dropped,) = map(int, re.findall(r"\[… (\d+) bytes left out …]", log))
    assert dropped > 1_000_000 and "zzz" in log


def test_a_report_is_inert_in_a_page_and_true_as_data(tmp_path: Path) -> None:
    """report.json holds no < nor > nor &; decoded, a quoted line of code reads as it was written."""
    line = "if 1 < 2 > 0 and 3 & 1: raise ValueError('</script><!--')"
    write_files(tmp_path / "me", {"optimizers.py": raising("Adam", line)})
    assert grade_as_bytes(tmp_path / "me", "--out", tmp_path / "out").returncode == 0
    raw = (tmp_path / "out" / "me" / "report.json").read_bytes()
    assert not set(b"<>&\x7f") & set(raw) and raw.isascii()
    adam = next(q for q in commands.report(tmp_path / "out", "me")["questions"] if q["id"] == "adam")
    assert f"(`{line}`): </script><!--" in adam["checks"][0]["message"]


# What hidden checks ask

WORDS = "zero one two three four five six seven eight nine".split()  # noqa: SIM905 - as the submissions have it
LEAKS = {
    "numbers": "raise ValueError(str(numbers))",
    "small_numbers": "raise ValueError(' '.join(' '.join(n) for n in digits))",
    "own_words": "raise ValueError(' '.join(' '.join(WORDS[int(d)] for d in n) for n in digits))",
    "attribute": "getattr(self, '_'.join(WORDS[int(d)] for d in digits[0]))",
    "key": "raise KeyError(digits[0])",
    "index": "raise IndexError(f'index {digits[0]} is out of bounds for dimension {digits[1]} with size {digits[2]}')",
    "size": "torch.ones(int(digits[0][:4])) + torch.ones(int(digits[1][:4]))",
    "type": "raise type('E' + digits[0], (Exception,), {})",
    "type_of_own_words": "raise type('_'.join(WORDS[int(d)] for d in digits[0]), (Exception,), {})",
    "file": "exec(compile('1/0', digits[0] + '.py', 'exec'))",
    "line": "exec(compile(chr(10) * int(digits[0][:4]) + '1/0', os.path.abspath('optimizers.py'), 'exec'))",
    "syntax": "raise SyntaxError(digits[0], ('optimizers.py', int(digits[0]), 1, digits[1]))",
    "stub": "raise NotImplementedError(digits[0])",
    "system_exit": "raise SystemExit(digits[0])",
    "forged": "forge(kind='signature', type=digits[0], text=' '.join(digits), file=digits[1], line=int(digits[2]))",
}


@pytest.fixture(scope="module")
def leaks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Optimizers that tell what gradients they are given, in every way that an exception has, some to a submission."""
    root = tmp_path_factory.mktemp("leaks")
    for first in range(0, len(LEAKS), len(OPTIMIZERS)):
        some = list(LEAKS.items())[first : first + len(OPTIMIZERS)]
        source = LEAKING + "".join(leaking(rule, *leak) for rule, leak in zip(OPTIMIZERS, some, strict=False))
        write_files(root / "class" / f"leaks{first}", {"optimizers.py": source})
    done = grade_as_bytes(root / "class", "--out", root / "out")
    assert done.returncode == 0, done.stderr
    (root / "printed").write_bytes(done.stdout + done.stderr)
    return root


LEAKING = """
import os
import torch
from base import Optimizer

WORDS = "zero one two three four five six seven eight nine".split()

def forge(**error):
    import gc, sys
    serve = next(m for n, m in sys.modules.items() if n.endswith("worker.serve"))
    frame = sys._getframe()
    while "request" not in frame.f_locals: frame = frame.f_back
    serve._send({"id": frame.f_locals["request"]["id"], "error": error})
    os._exit(0)

class Leaking(Optimizer):
    def __init__(self, params, lr, **others):
        super().__init__(params, lr)
    def update(self, param, grad, state):
        numbers = grad.flatten().tolist()[:3] + param.flatten().tolist()[:3]
        digits = [str(abs(n)).replace(".", "").replace("e-", "").lstrip("0")[:12] or "0" for n in numbers]
        print("SECRET", self.way, *digits)
        self.leak(numbers, digits)
"""


def leaking(rule: str, way: str, body: str) -> str:
    return f"\nclass {rule}(Leaking):\n    way = {way!r}\n    def leak(self, numbers, digits):\n        {body}\n"


@pytest.mark.parametrize("name", LEAKS)
def test_no_exception_carries_a_hidden_input_out(leaks: Path, name: str) -> None:
    """As a number, digit by digit, in one's own words or as a name: only the log, for staff, has it."""
    logs = "".join(path.read_text("utf-8") for path in (leaks / "out").glob("*/worker.log"))
    found = {digits for line in re.findall(f"SECRET {name} (.*)", logs) for digits in line.split()}
    secrets = {digits for digits in found if len(digits) > 5}
    assert secrets, "the submission never came to its attack"
    spelt = {tuple(WORDS[int(digit)] for digit in digits) for digits in secrets}
    ways = secrets | {" ".join(s) for s in secrets} | {" ".join(s) for s in spelt} | {"_".join(s) for s in spelt}
    ways |= {f"{digits[:1]}.{digits[1:6]}" for digits in secrets} | {f"0.{digits[:6]}" for digits in secrets}
    outward = [path for path in files_below(leaks / "out") if path.name != "worker.log"] + [leaks / "printed"]
    for path in outward:
        text = path.read_text("utf-8")
        assert not [way for way in ways if way in text], path


# What is harmless


def files_below(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def assert_harmless(raw: bytes, tabs: bool = False, html: bool = True) -> None:
    """UTF-8 in which all but newlines (and tabs in a log) is visible; without `html`, nothing that HTML heeds."""
    text = raw.decode("utf-8")
    kept = "\n\t" if tabs else "\n"
    bad = {c for c in text if c not in kept and (not c.isprintable() or c in "\u3164\u115f")}
    assert not bad, sorted(bad)
    assert html or not set("<>&") & set(text)

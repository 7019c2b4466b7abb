"""How a worker can end, and what the judge makes of it: one verdict and one sentence for each way."""

import os
import time
from collections.abc import Iterator
from textwrap import dedent
from typing import Any

import pytest
import torch
from labs import answer_of, call, failure_of, sandbox_of, student_of, tiny_lab
from waiting import eventually

from autograder import processes
from autograder.errors import StudentError, Verdict
from autograder.lab import Lab
from autograder.output import Output
from autograder.sandbox import Sandbox
from autograder.student import Student
from autograder.submission import Submission

GIVEN = "class Base:\n    pass\n"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return tiny_lab(tmp_path_factory.mktemp("lab"), given={"base.py": GIVEN}, memory_mb=128, output_kb=4)


@pytest.fixture(scope="module")
def sandbox(lab: Lab) -> Iterator[Sandbox]:
    with sandbox_of("auto", lab) as sandbox:
        yield sandbox


def answering(body: str) -> str:
    """A student's file whose class does `body` (lines of eight spaces, or one statement) when it is made."""
    lines = body if body.startswith("\n") else f"\n        {body}"
    return f"import ctypes, os, signal, struct, sys, time\nclass Answer:\n    def __init__(self, **inputs):{lines}\n"


def ending(sandbox: Sandbox, lab: Lab, body: str, seconds: float = 5.0, **inputs: Any) -> StudentError:
    return failure_of(student_of(sandbox, lab, answering(body), seconds=seconds), **inputs)


# Time


@pytest.mark.parametrize(
    "body", ["while True: pass", "time.sleep(60)", "sum(iter(int, 1))", "os.read(os.pipe()[0], 1)"]
)
def test_what_does_not_end_is_a_timeout(body: str, sandbox: Sandbox, lab: Lab) -> None:
    """A loop, in Python or in C, a sleep and a wait for nothing are timeouts, told in seconds and in time."""
    started = time.monotonic()
    error = ending(sandbox, lab, body, seconds=0.4)
    assert (error.verdict, str(error)) == (Verdict.TIMEOUT, "The code ran for longer than 0.4 s.")
    assert time.monotonic() - started < 3


def test_a_stopped_process_is_a_timeout(lab: Lab) -> None:
    """SIGSTOP to oneself gains nothing, and the stopped process is gone afterwards."""
    with sandbox_of("landlock", lab) as sandbox:  # as the first process of a namespace it could not even be stopped
        student = student_of(sandbox, lab, answering("os.kill(os.getpid(), signal.SIGSTOP)"), seconds=0.3)
        student._start(lab.manifest.questions[0])
        worker = student._worker
        assert worker is not None and failure_of(student).verdict == Verdict.TIMEOUT
        assert eventually(lambda: not processes.runs(worker._pid), 1.0)


def test_endless_output_is_a_timeout(sandbox: Sandbox, lab: Lab) -> None:
    """Printing without end does not keep the judge from looking at the clock."""
    assert ending(sandbox, lab, "while True: os.write(1, b'x' * 65536)", seconds=0.4).verdict == Verdict.TIMEOUT


def test_a_submission_has_a_limit_as_a_whole(sandbox: Sandbox, lab: Lab) -> None:
    """Once a submission's time is used up, further checks are timeouts at once, with the reason."""
    student = student_of(sandbox, lab, answering("time.sleep(60)"), seconds=0.2, submission_seconds=0.1)
    assert failure_of(student).verdict == Verdict.TIMEOUT
    student.begin(lab.manifest.questions[0], "the next check")
    started = time.monotonic()
    error = failure_of(student)
    assert (error.verdict, "All checks together" in str(error)) == (Verdict.TIMEOUT, True)
    assert time.monotonic() - started < 0.1


# Memory and crashes


@pytest.mark.parametrize("body", ["self.value = bytes(1 << 30)", "import torch; self.value = torch.ones(1 << 28)"])
def test_memory_beyond_the_limit_is_named(body: str, sandbox: Sandbox, lab: Lab) -> None:
    """Whatever asks for the memory, Python or torch, the verdict is out of memory."""
    error = ending(sandbox, lab, body)
    assert (error.verdict, str(error)) == (
        Verdict.OUT_OF_MEMORY,
        "Answer asked for more memory than a check may use.",
    )


CRASHES = {
    "os._exit(0)": "ended the process before it answered",
    "os._exit(3)": "ended the process before it answered",
    "ctypes.string_at(0)": "crashed Python (SIGSEGV)",
    "os.abort()": "crashed Python (SIG",
}


@pytest.mark.parametrize("body", CRASHES)
def test_a_process_that_ends_is_a_crash(body: str, sandbox: Sandbox, lab: Lab) -> None:
    """Leaving the process, with success or without, and crashing it are named as what they are."""
    error = ending(sandbox, lab, body)
    assert error.verdict == Verdict.CRASHED
    assert CRASHES[body] in str(error)


def test_sys_exit_is_an_error_with_its_line(sandbox: Sandbox, lab: Lab) -> None:
    """sys.exit and KeyboardInterrupt are the student's exceptions, not the end of the worker."""
    for statement in ("sys.exit()", "raise KeyboardInterrupt"):
        error = ending(sandbox, lab, statement)
        assert (error.verdict, "answers.py, line 4" in str(error)) == (Verdict.ERROR, True)


# Replies


FORGE = """
        def frame(header, payload=b""):
            return struct.pack("<II", len(header), len(payload)) + header + payload
"""

MALFORMED = {
    "noise": "os.write(3, os.urandom(64))",
    "a length of 4 GB": "os.write(3, b'\\xff' * 8)",
    "a header of 200 MB": "os.write(3, struct.pack('<II', 200 << 20, 0))",
    "a forged answer with a guessed id": FORGE + """
        import msgpack
        os.write(3, frame(msgpack.packb({"tree": {"id": 1, "result": 2.0}, "tensors": []})))""",
    "an answer twice": FORGE + """
        import msgpack
        os.write(3, frame(msgpack.packb({"tree": {"id": True, "result": 2.0}, "tensors": []})) * 2)""",
    "a pickle": "import pickle; body = pickle.dumps(os.system); os.write(3, struct.pack('<II', len(body), 0) + body)",
    "an empty header": "os.write(3, bytes(8))",
    "deep nesting": "os.write(3, struct.pack('<II', 5000, 0) + b'\\x91' * 5000)",
}  # fmt: skip


@pytest.mark.parametrize("what", MALFORMED)
def test_forged_replies_are_malformed(what: str, sandbox: Sandbox, lab: Lab) -> None:
    """Writing to the grader's channel earns a verdict of its own, whatever is written."""
    error = ending(sandbox, lab, MALFORMED[what])
    assert (error.verdict, str(error).startswith("The code sent the grader ")) == (Verdict.MALFORMED, True), error


def test_an_answer_in_advance_is_malformed(sandbox: Sandbox, lab: Lab) -> None:
    """A reply that was sent at import, before the question, does not count as the answer to it."""
    source = answering("self.value = 1.0") + dedent(FORGE) + dedent("""
        import msgpack
        os.write(3, frame(msgpack.packb({"tree": {"id": 7, "result": None}, "tensors": []})))
    """)  # fmt: skip
    assert failure_of(student_of(sandbox, lab, source)).verdict == Verdict.MALFORMED


def test_a_reply_larger_than_the_trace_is_malformed(sandbox: Sandbox, lab: Lab) -> None:
    """A student's trace may be a few times as large as the reference's, and no larger."""
    source = "import torch\nclass Answer:\n    def __init__(self, n):\n        self.value = torch.zeros(n)\n"
    student = student_of(sandbox, lab, source)
    assert torch.equal(student.run(call, {"n": 4096}, expected_bytes=1 << 14), torch.zeros(4096))
    error = failure_of(student, expected_bytes=1 << 14, n=1 << 16)
    assert (error.verdict, "larger than what was asked for" in str(error)) == (Verdict.MALFORMED, True)


def test_closing_the_channel_is_malformed(sandbox: Sandbox, lab: Lab) -> None:
    """Hanging up and living on is told apart from a crash."""
    error = ending(sandbox, lab, "os.close(3); time.sleep(60)")
    assert (error.verdict, "the end of the conversation" in str(error)) == (Verdict.MALFORMED, True)


def test_an_answer_that_is_no_data_is_an_error(sandbox: Sandbox, lab: Lab) -> None:
    """An answer that is neither a number, a text nor a tensor is the student's error, and not called a wrong call."""
    error = ending(sandbox, lab, "self.value = object()")
    sentence = "Answer gave something that is no number, text or tensor."
    assert (error.verdict, str(error)) == (Verdict.ERROR, sentence)


# Errors in words


def test_an_error_has_its_place(sandbox: Sandbox, lab: Lab) -> None:
    """An exception is told by type, file, line, the line itself and Python's own words."""
    error = ending(sandbox, lab, "\n        zero = 0\n        self.value = 1 / zero")
    assert (error.verdict, str(error)) == (
        Verdict.ERROR,
        "ZeroDivisionError in answers.py, line 5 (`self.value = 1 / zero`): division by zero",
    )


def test_an_error_in_a_helper_is_placed_in_the_helper(sandbox: Sandbox, lab: Lab) -> None:
    """The deepest line of the student's own files is the one that is shown."""
    source = "class Answer:\n    def __init__(self):\n        self.help()\n    def help(self):\n        {}['key']\n"
    assert "KeyError in answers.py, line 5 (`{}['key']`)" in str(failure_of(student_of(sandbox, lab, source)))


def test_a_syntax_error_has_its_place(sandbox: Sandbox, lab: Lab) -> None:
    """A file that Python cannot read is an error with file, line and the line, for every check of that file."""
    student = student_of(sandbox, lab, "x = 1\nclass Answer\n    pass\n")
    first = failure_of(student)
    assert (first.verdict, str(first)) == (
        Verdict.ERROR,
        "SyntaxError in answers.py, line 2 (`class Answer`): expected ':'",
    )
    student.begin(lab.manifest.questions[0], "the next check")
    assert str(failure_of(student)) == str(first)


def test_what_is_not_written_is_not_attempted(sandbox: Sandbox, lab: Lab) -> None:
    """A stub, a missing class and a missing file are not attempted, each in its own words."""
    stub = ending(sandbox, lab, 'raise NotImplementedError("Answer")')
    assert (stub.verdict, str(stub)) == (Verdict.NOT_ATTEMPTED, "Answer is not written yet (NotImplementedError).")
    missing = failure_of(student_of(sandbox, lab, "class Answr: ...\ndef helper(): ...\n"))
    assert missing.verdict == Verdict.NOT_ATTEMPTED
    assert str(missing) == "answers.py has no Answer; it must have exactly this name. It defines Answr, helper."
    absent = Student(sandbox, Submission("ada", {"a.py": b""}), lab, lab.manifest.limits)
    absent.begin(lab.manifest.questions[0], "check")
    nothing = failure_of(absent)
    assert (nothing.verdict, "answers.py is missing" in str(nothing)) == (Verdict.NOT_ATTEMPTED, True)


def test_a_wrong_signature_is_said_to_be_one(sandbox: Sandbox, lab: Lab) -> None:
    """A class that cannot be called as the handout says gets Python's words for it."""
    error = failure_of(student_of(sandbox, lab, "class Answer:\n    def __init__(self): ...\n"), number=3)
    assert error.verdict == Verdict.ERROR
    assert str(error).startswith("Answer cannot be called as the handout says: ")


def test_an_exception_does_not_carry_hidden_inputs_out(sandbox: Sandbox, lab: Lab) -> None:
    """Numbers and words that only the hidden check knows do not reach the message, however they are dressed up."""
    secret = {"number": 271828.1828, "word": "tangerine", "tensor": torch.tensor([31415.9265])}
    bodies = [
        "raise ValueError(str(inputs))",
        "raise KeyError(inputs['word'])",
        "raise ValueError(' '.join(inputs['word']) + repr(inputs['number']))",
        "raise type(inputs['word'], (Exception,), {})()",
        "raise type('E' + str(int(inputs['number'])), (Exception,), {})()",
        "raise NotImplementedError(inputs['word'])",
        "raise MemoryError(inputs['word'])",
        "raise TypeError(inputs['word'])",
        "open(inputs['word'])",
        "exec(compile('1/0', inputs['word'], 'exec'))",
        "raise SyntaxError('x', (inputs['word'] + '.py', 271828, 1, inputs['word']))",
        "float(inputs['word'])",
    ]
    for body in bodies:
        error = ending(sandbox, lab, body, **secret)
        assert not any(part in str(error) for part in ("27182", "tangerine", "31415")), (body, str(error))


def test_exceptions_that_misbehave_are_survived(sandbox: Sandbox, lab: Lab) -> None:
    """An exception whose text, name or traceback raises itself is an error like any other."""
    bodies = [
        "\n        class E(Exception):\n            def __str__(self): raise SystemExit\n        raise E",
        "\n        class E(Exception):\n            def __str__(self): return 3\n        raise E",
        "raise Exception(chr(0xD800) + chr(0))",
        "raise Exception('x' * 10_000_000)",
        "raise ExceptionGroup('many', [ValueError(i) for i in range(9)])",
        "\n        def deeper(n): return deeper(n + 1)\n        deeper(0)",
        "sys.stderr.close(); sys.stdout = None; raise ValueError",
    ]
    for body in bodies:
        error = ending(sandbox, lab, body)
        assert (error.verdict, len(str(error)) < 600) == (Verdict.ERROR, True), (body, error)


# Output


def test_output_is_kept_under_its_check(sandbox: Sandbox, lab: Lab) -> None:
    """stdout and stderr, from Python and from below it, go to the log under the check's name."""
    student = student_of(sandbox, lab, answering("print('one'); os.write(2, b'two\\n'); self.value = 3"))
    assert student.run(call, {}) == 3
    student.end()
    assert student.output.text() == "=== check ===\none\ntwo\n"


def test_long_output_is_cut_in_the_middle(sandbox: Sandbox, lab: Lab) -> None:
    """Of too much output the beginning and the end stay, and the log says how much lay between."""
    body = "\n        print('first')\n        os.write(1, b'-' * 3_000_000)\n        print('last'); self.value = 1"
    student = student_of(sandbox, lab, answering(body))
    student.run(call, {})
    student.end()
    text = student.output.text()
    assert text.startswith("=== check ===\nfirst\n---") and text.endswith("---last\n")
    whole = len("=== check ===\nfirst\n") + 3_000_000 + len("last\n")
    assert f"\n[… {whole - 4096} bytes left out …]\n" in text
    assert len(text) < 4200


def test_output_cannot_command_a_terminal() -> None:
    """Escape sequences, carriage returns and broken UTF-8 are made visible."""
    output = Output(1000)
    output.add(b"\x1b[2Jgone\r100/100\x00\xff\tok\n")
    assert output.text() == r"\x1b[2Jgone\r100/100\x00\xff" + "\tok\n"


def test_the_given_files_are_the_graders_own(sandbox: Sandbox, lab: Lab) -> None:
    """A student's own copy of a given file is replaced by the handout's."""
    source = "import base\nclass Answer:\n    def __init__(self):\n        self.value = hasattr(base, 'Base')\n"
    assert answer_of(sandbox, lab, source) is True


def test_no_descriptor_is_left_behind(sandbox: Sandbox, lab: Lab) -> None:
    """However a worker ended, the judge holds no more descriptors than before."""
    before = sorted(os.listdir("/proc/self/fd"))
    for body in ("os._exit(0)", "os.close(3); time.sleep(60)", "raise ValueError", "os.close(1); os.close(2)"):
        ending(sandbox, lab, body)
    assert sorted(os.listdir("/proc/self/fd")) == before

"""Reports as the grader makes them, for tests of the page that a student gets: a question, a check, a whole report."""

from collections.abc import Mapping, Sequence
from typing import Any

Data = dict[str, Any]

HINT = "This behaves exactly like “no correction”: Neither moment is corrected. Look for m̂ and v̂."
SCRIPT = "</script><script>alert('owned')</script><img src=x onerror=alert(1)>"


def check(verdict: str = "passed", message: str = "", points: float = 2, title: str = "It follows its rule.") -> Data:
    score = points if verdict == "passed" else 0
    return {"name": "test_hidden.py::test_of_it", "title": title, "verdict": verdict, "score": score,
            "max_score": points, "message": message, "seconds": 0.123, "runs": []}  # fmt: skip


def question(id_: str, *checks: Data, title: str = "", hint: str = "", code: Sequence[Data] = ()) -> Data:
    diagnosis = {"kind": "mistake", "names": ["SecretClass"], "text": hint} if hint else None
    score, worth = (sum(check[key] for check in checks) for key in ("score", "max_score"))
    return {"id": id_, "title": title or id_, "score": score, "max_score": worth, "checks": list(checks),
            "diagnosis": diagnosis, "code": list(code)}  # fmt: skip


def file(name: str, problem: str = "", missing: Sequence[str] = (), unfinished: Sequence[str] = ()) -> Data:
    return {"name": name, "problem": problem, "missing": list(missing), "unfinished": list(unfinished)}


def report(*questions: Data, **others: Any) -> Data:
    verdicts = {check["verdict"] for question in questions for check in question["checks"]}
    return {
        "schema": 1,
        "student": "ada",
        "status": "needs staff" if "needs staff" in verdicts else "graded",
        "lab": {"name": "optimization", "title": "Optimization", "version": "1.1", "hash": "0123456789abcdef"},
        "isolation": "namespaces",
        "environment": {"python": "3.11.7", "torch": "2.13.0", "numpy": "2.4", "machine": "x86_64", "cpu": "AVX2",
                        "layers": ["user"]},
        "score": sum(question["score"] for question in questions),
        "max_score": sum(question["max_score"] for question in questions),
        "questions": list(questions),
        "flags": [],
        "key": "fedcba9876543210",
        "receipt": {"status": "none", "packed_at": None, "number": ""},
        "written": [],
        "files": [file("optimizers.py")],
        **others,
    }  # fmt: skip


def of_every_kind() -> Data:
    """With something of all that a page can show."""
    told = f"after step 1, parameter 0: expected 0.5, got 0.25. {HINT}"
    run = {"seed": 1, "data_set": "digits", "device": "cpu", "source": "trained", "losses": [2.3, 2.2, 2.1],
           "expected_losses": [2.3, 2.1, 1.9], "accuracy": 0.81, "threshold": 0.93}  # fmt: skip
    trained = {**check("failed", "The accuracy is below what is asked for.", title="It trains."), "runs": [run]}
    lines = ["class Adam(Optimizer):", f"    wide = '{'y' * 300}'", *["    pass"] * 40]
    code = [{"where": "optimizers.py", "first": 41, "lines": lines, "marked": [42]}]
    raised = "NameError in optimizers.py, line 90 (`self.velocity = velocities`): name 'velocities' is not defined"
    return report(
        question("sgd", check(message="The loss follows."), check(), title="Gradient descent"),
        question("adam", check("failed", told), trained, check(), title="Adam", hint=HINT, code=code),
        question("momentum", check("error", raised), check("error", raised), title="Momentum"),
        question("adamw", check("needs staff", "BROKEN"), check(), title="AdamW"),
        question("lookahead", check("not attempted", "Lookahead is not written yet."), title="Lookahead"),
        files=[file("optimizers.py", unfinished=["lookahead"])],
        receipt={"status": "differs", "packed_at": "2026-03-06T10:00:00+00:00", "number": "4F7A-91C2"},
        regraded=[{"time": "2026-03-07T09:00:00+00:00", "questions": ["adam"], "from": 3, "to": 8}],
        written=[{"id": "ravine", "title": "Why does it zigzag?", "max_score": 3, "text": "Two *scales*.\n\nSo it is."},
                 {"id": "spikes", "title": "What is a spike?", "max_score": 3, "text": ""}],
    )  # fmt: skip


def hostile(data: Any, text: str = SCRIPT) -> Any:
    """`data` with `text` added wherever somebody else's words may stand."""
    if isinstance(data, Mapping):
        kept = ("id", "verdict", "status", "name", "packed_at", "time")
        return {
            key: value if key in kept and isinstance(value, str) else hostile(value, text)
            for key, value in data.items()
        }
    if isinstance(data, list):
        return [hostile(value, text) for value in data]
    return data + text if isinstance(data, str) else data

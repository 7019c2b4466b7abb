"""Who leaves the rule to torch.optim is found, by reading and by running; who only speaks of it keeps all points."""

import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import commands
import pytest
from labs import NAME, tiny_lab, write_files

from autograder.worker.delegation import find

SCENARIOS = """
import torch

def walk(lab, start, gradients, lr):
    param = torch.nn.Parameter(start.clone())
    optimizer = lab.answers.Answer([param], lr=lr)
    for gradient in gradients:
        param.grad = gradient.clone()
        optimizer.step()
    return param.detach()
"""
CHECKS = '''
import pytest
import scenarios
import torch

@pytest.mark.question("answer")
def test_walk(agree):
    """Goes down the gradient."""
    agree(scenarios.walk, start=torch.tensor([1.0, -2.0]), gradients=torch.tensor([[0.5, 1.0], [2.0, -1.0]]), lr=0.25)
'''
BY_HAND = """
import torch
{top}

class Answer:
    def __init__(self, params, lr):
        self.params, self.lr = list(params), lr
        {init}

    @torch.no_grad()
    def step(self):
        for p in self.params:
            p -= self.lr * p.grad
{bottom}
"""
DELEGATING = """
import torch
{top}

class Answer:
    def __init__(self, params, lr):
        params = list(params)
        self.inner = {rule}(params, lr=lr)

    def step(self):
        self.inner.step()
{bottom}
"""
WITH_KERNELS = """
import torch

class Answer:
    def __init__(self, params, lr):
        self.params, self.lr = list(params), lr

    @torch.no_grad()
    def step(self):
        {step}
"""
FUSED = ("(self.params, [p.grad for p in self.params], [], weight_decay=0.0, momentum=0.0, lr=self.lr, dampening=0.0, "
         "nesterov=False, maximize=False, is_first_step=False)")  # fmt: skip


def by_hand(top: str = "", init: str = "pass", bottom: str = "") -> str:
    return BY_HAND.format(top=top, init=init, bottom=bottom)


def delegating(rule: str, top: str = "", bottom: str = "") -> str:
    return DELEGATING.format(rule=rule, top=top, bottom=bottom)


# What reading finds: all of these get the numbers right

FOUND = {
    "import_as": delegating("o.SGD", "import torch.optim as o"),
    "from_torch": delegating("optim.SGD", "from torch import optim"),
    "from_optim_as": delegating("Rule", "from torch.optim import SGD as Rule"),
    "from_its_submodule": delegating("Rule", "from torch.optim.sgd import SGD as Rule"),
    "the_answer_itself": "from torch.optim import SGD as Answer",
    "subclass": "import torch\nclass Answer(torch.optim.SGD): pass",
    "star_of_optim": delegating("SGD", "from torch.optim import *"),
    "attribute_chain": delegating("torch.optim.SGD"),
    "alias_of_torch": delegating("t.optim.SGD", "import torch as t"),
    "alias_of_optim": delegating("o.SGD", "o = torch.optim"),
    "alias_on_self": by_hand().replace("pass", "self.t = torch; self.step = self.t.optim.SGD(self.params, lr).step"),
    "alias_in_a_default": delegating("pick()", bottom="def pick(t=torch): return t.optim.SGD"),
    "getattr_constant": delegating("getattr(torch, 'optim').SGD"),
    "getattr_sum": delegating("getattr(torch, 'op' + 'tim').SGD"),
    "getattr_join": delegating("getattr(torch, ''.join(['op', 'tim'])).SGD"),
    "getattr_format": delegating("getattr(torch, f'op{END}').SGD", "END = 'tim'"),
    "getattr_reversed": delegating("getattr(torch, 'mitpo'[::-1]).SGD"),
    "getattr_numbers": delegating("getattr(torch, ''.join(chr(c) for c in [111, 112, 116, 105, 109])).SGD"),
    "getattr_escape": delegating("getattr(torch, '\\x6fptim').SGD"),
    "attrgetter": delegating("operator.attrgetter('optim.SGD')(torch)", "import operator"),
    "import_module": delegating("importlib.import_module('torch.optim').SGD", "import importlib"),
    "import_module_relative": delegating("load('.optim', 'torch').SGD", "from importlib import import_module as load"),
    "dunder_import": delegating("__import__('torch').optim.SGD"),
    "dunder_import_dotted": delegating("__import__('torch.optim', fromlist=['SGD']).SGD"),
    "sys_modules": delegating("sys.modules['torch.optim'].SGD", "import sys"),
    "sys_modules_get": delegating("loaded.get('torch' + '.optim').SGD", "from sys import modules as loaded"),
    "vars": delegating("vars(torch)['optim'].SGD"),
    "dict": delegating("torch.__dict__['optim'].SGD"),
    "globals": delegating("globals()['o'].SGD", "from torch import optim as o"),
    "eval": delegating("eval('torch.optim.SGD')"),
    "exec": delegating("Rule", "exec('from torch.optim import SGD as Rule')"),
    "exec_of_compiled": delegating("Rule", "exec(compile('from torch.op' + 'tim import SGD as Rule', 'x', 'exec'))"),
    "letters_that_look_alike": delegating("torch.ᵒptim.SGD"),
    "another_encoding": "# coding: utf-7\n" + delegating("torch.+AG8-ptim.SGD"),
    "a_function_of_its_own": delegating("pick()", bottom="def pick(): return torch.optim.SGD"),
    "patched_from_outside": by_hand(bottom="class Other:\n    rule = torch.optim.SGD\nAnswer.step.rule = Other.rule"),
    "fused": WITH_KERNELS.format(step="torch._fused_sgd_" + FUSED),
    "fused_through_ops": WITH_KERNELS.format(step="torch.ops.aten._fused_sgd_" + FUSED),
    "functional": delegating("torch.optim._functional.sgd and torch.optim.SGD"),
    "schedule": by_hand("import torch.optim.lr_scheduler as s", init="s.ConstantLR(torch.optim.SGD(params, lr))"),
}
HELPERS: dict[str, dict[str, str]] = {
    "helper": {
        "answers.py": delegating("helper.make", "import helper"),
        "helper.py": "import torch as t\ndef make(params, lr): return t.optim.SGD(params, lr=lr)",
    },
    "helper_with_a_star": {
        "answers.py": delegating("make", "from parts.helper import *"),
        "parts/helper.py": "from .deeper import make",
        "parts/deeper.py": "from torch.optim import SGD\ndef make(*a, **k): return SGD(*a, **k)",
    },
}
ABSENT = {  # libraries that are not there: the answer could not be right
    "library": delegating("torch_optimizer.SGDP", "import torch_optimizer"),
    "library_part": delegating("AdamW", "from transformers.optimization import AdamW"),
    "other_framework": delegating("tf.keras.optimizers.SGD", "import tensorflow as tf"),
}

# What only running finds

MET = {
    "name_is_assigned": by_hand(
        "__name__ = '__main__'",
        bottom="if __name__ == '__main__':\n    def init(self, p, lr): self.step = torch.optim.SGD(p, lr).step\n"
        "    Answer.__init__ = init",
    ),
    "name_computed": delegating("getattr(torch, chr(len('x' * 111)) + 'ptim').SGD"),
    "searched_through_gc": delegating(
        "next(m for m in gc.get_referents(torch.__dict__) if getattr(m, '__name__', '')[-4:] == 'ptim').SGD",
        "import gc",
    ),
    "searched_in_modules": delegating("next(m for n, m in sys.modules.items() if n[-4:] == 'ptim').SGD", "import sys"),
    "searched_in_subclasses": delegating(
        "next(c for c in kind.__subclasses__() if c.__name__ == 'SGD')",
        "kind = next(c for c in object.__subclasses__() if c.__name__ == 'Optimizer' and c.__module__ != __name__)",
    ),
    "function_of_a_module": WITH_KERNELS.format(
        step="import sys; next(m for n, m in sys.modules.items() if n.endswith('ptim.sgd')).sgd("
        "self.params, [p.grad for p in self.params], [None], weight_decay=0.0, momentum=0.0, lr=self.lr, "
        "dampening=0.0, nesterov=False, maximize=False)"
    ),
    "globals_of_torch": delegating("torch.typename.__globals__['optim'].SGD"),
    "decoded_text": delegating(
        "scope['Rule']",
        "import base64\nscope = {}\n"
        "exec(base64.b64decode('ZnJvbSB0b3JjaC5vcHRpbSBpbXBvcnQgU0dEIGFzIFJ1bGU='), scope)",
    ),
    "fused_by_a_search": WITH_KERNELS.format(
        step="f = getattr(torch, next(n for n in dir(torch) if n.endswith('used_sgd_'))); f" + FUSED
    ),
}  # fmt: skip

# What costs nothing

FLAGGED = {
    "import_unused": by_hand("import torch.optim\nfrom torch import optim\nfrom torch.optim import *"),
    "name_unused": by_hand("from torch.optim import SGD as Rule"),
    "alias_unused": by_hand("o = torch.optim"),
    "annotations": by_hand(bottom="def f(o: torch.optim.Optimizer) -> torch.optim.SGD: return o\nx: torch.optim.SGD"),
    "isinstance": by_hand(init="assert not isinstance(lr, (torch.optim.Optimizer, torch.optim.SGD))"),
    "function_out_of_reach": by_hand(bottom="def compare(): return torch.optim.SGD"),
    "main_block_the_other_way_round": by_hand(
        bottom="if '__main__' == __name__:\n    from torch import optim\n    print(optim.SGD)"
    ),
    "main_function_under_a_switch": by_hand(
        "DEBUG = False", bottom="def main():\n    print(torch.optim.SGD)\nif DEBUG:\n    main()"
    ),
    "arithmetic_on_many_tensors": WITH_KERNELS.format(
        step="torch._foreach_add_(self.params, [p.grad for p in self.params], alpha=-self.lr)"
    ),
    "class_out_of_reach": by_hand(bottom="class Theirs(torch.optim.SGD): pass"),
}
CLEAR = {
    "comments_and_texts": by_hand(
        '"""torch.optim does the same, by torch._foreach_add_."""  # from torch import optim',
        init='"""exec(\'torch.optim\')"""; print("torch.optim", f"{lr} torch.optim.SGD")',
    ),
    "run_by_hand": by_hand(
        bottom="if __name__ == '__main__':\n    from torch import optim\n    print(optim.SGD, torch._foreach_add)"
    ),
    "type_checking": by_hand(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from torch.optim import SGD",
        bottom="def f(x: 'SGD', optim=None): return optim",
    ),
    "names_of_their_own": by_hand(
        init="self.optim = self; self.optim._foreach_param(getattr(self, 'optim'))",
        bottom="    def _foreach_param(self, optim): optim.vars = vars(optim); eval('1')",
    ),
    "torch_uses_it_itself": by_hand(
        init="p = torch.nn.Linear(2, 2); p(torch.ones(2)).sum().backward(); "
        "torch.nn.utils.clip_grad_norm_(p.parameters(), 1e-3, foreach=True); p.zero_grad(); "
        "assert torch.func.hessian(lambda x: (x**3).sum())(torch.ones(1)) == 6"
    ),
}
CLEAR_WITH_FILES = {
    "tests_of_their_own": {
        "answers.py": by_hand(),
        "test_mine.py": "import torch\nfrom answers import Answer\nprint(torch.optim.SGD)",
    },
    "a_helper_named_optim": {"answers.py": by_hand("import optim"), "optim.py": "def SGD(): return 1"},
}

EVERYTHING: dict[str, Mapping[str, str]] = {
    **{
        name: {"answers.py": source} for table in (FOUND, ABSENT, MET, FLAGGED, CLEAR) for name, source in table.items()
    },
    **HELPERS,
    **CLEAR_WITH_FILES,
}
FLAG_ONLY = (
    "from_torch",
    "attribute_chain",
    "getattr_sum",
    "exec",
    "arithmetic_on_many_tensors",
    "fused",
    "schedule",
    *HELPERS,
)


@dataclass(frozen=True)
class Graded:
    """A class graded by `grade.py run` in a tree of its own."""

    out: Path
    code: int
    output: str

    def report(self, student: str) -> dict[str, Any]:
        return commands.report(self.out, student)

    def check(self, student: str) -> dict[str, Any]:
        check: dict[str, Any] = self.report(student)["questions"][0]["checks"][0]
        return check

    def line(self, student: str) -> str:
        return next(line for line in self.output.splitlines() if f" {student} " in f"{line} ")


def graded(folder: Path, submissions: Mapping[str, Mapping[str, str]], setting: str, **lab: str) -> Graded:
    """Grade submissions (files by path, by student) in a lab with `delegation = setting`."""
    tree = folder / "tree"
    shutil.copytree(commands.ROOT / "autograder", tree / "autograder", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(commands.ROOT / "grade.py", tree)
    parts = {"scenarios": SCENARIOS, "checks": CHECKS, "reference": by_hand(), **lab}
    toml = tiny_lab(tree, **parts).root / "assignments" / NAME / "lab.toml"
    toml.write_text(f'delegation = "{setting}"\n{toml.read_text()}')
    for student, files in submissions.items():
        write_files(folder / "class" / student, files)
    done = subprocess.run(
        [sys.executable, tree / "grade.py", "run", folder / "class", "--lab", NAME, "--out", folder / "out"],
        capture_output=True,
        text=True,
        check=False,
    )
    return Graded(folder / "out", done.returncode, done.stdout + done.stderr)


def graded_all(factory: pytest.TempPathFactory, setting: str, students: Iterable[str]) -> Graded:
    submissions = {student: EVERYTHING[student] for student in students}
    result = graded(factory.mktemp("delegation"), submissions, setting)
    assert result.code == 0, result.output
    return result


@pytest.fixture(scope="module")
def costing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graded]:
    yield graded_all(tmp_path_factory, "costs points", EVERYTHING)


@pytest.fixture(scope="module")
def flagging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graded]:
    yield graded_all(tmp_path_factory, "flag", FLAG_ONLY)


@pytest.fixture(scope="module")
def allowing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graded]:
    yield graded_all(tmp_path_factory, "allowed", EVERYTHING)


@pytest.mark.parametrize("student", [*FOUND, *HELPERS, *ABSENT])
def test_what_reading_finds_costs_points(costing: Graded, student: str) -> None:
    """The check fails before anything ran; message and flags name file and line and quote it."""
    check = costing.check(student)
    assert (check["verdict"], check["score"]) == ("failed", 0)
    assert check["message"].startswith("Answer leaves its work to ")
    assert check["message"].endswith("`). Write the rule itself.")
    (first, *_) = costing.report(student)["flags"]
    assert first["kind"] == "delegation" and first["file"] in EVERYTHING[student] and first["line"] > 0
    line = EVERYTHING[student][first["file"]].splitlines()[first["line"] - 1].strip()
    assert f"in {first['file']}, line {first['line']} (`" in check["message"] and line[:30] in check["message"]
    assert not (costing.out / student / "worker.log").read_text().strip()
    assert "flagged: delegation" in costing.line(student)


@pytest.mark.parametrize("student", MET)
def test_what_only_running_finds_costs_points(costing: Graded, student: str) -> None:
    """What no reading of the file sees is refused when it happens, and the line is named."""
    check = costing.check(student)
    assert check["verdict"] == "failed", check
    assert check["message"].startswith("Answer leaves its work to torch.") and ", line " in check["message"]
    assert [flag["kind"] for flag in costing.report(student)["flags"]] == ["delegation"]
    assert "Traceback" in (costing.out / student / "worker.log").read_text()


@pytest.mark.parametrize("student", FLAGGED)
def test_what_no_question_comes_to_is_only_flagged(costing: Graded, student: str) -> None:
    """Unused imports, annotations, isinstance and code out of reach keep all points."""
    assert costing.check(student)["verdict"] == "passed", costing.check(student)
    assert costing.report(student)["flags"]
    assert "flagged: delegation" in costing.line(student)


@pytest.mark.parametrize("student", [*CLEAR, *CLEAR_WITH_FILES])
def test_words_alone_raise_nothing(costing: Graded, student: str) -> None:
    """Comments, docstrings, texts, code for running by hand, own names, torch's own doings: no flag, all points."""
    assert costing.check(student)["verdict"] == "passed", costing.check(student)
    assert costing.report(student)["flags"] == []
    assert "flagged" not in costing.line(student)


@pytest.mark.parametrize("student", FLAG_ONLY)
def test_an_instructor_may_want_flags_only(flagging: Graded, student: str) -> None:
    """With `delegation = "flag"` the points stay, and the lines are in the report."""
    assert flagging.check(student)["verdict"] == "passed", flagging.check(student)
    assert flagging.report(student)["flags"]
    assert "flagged: delegation" in flagging.line(student)


def test_an_instructor_may_allow_it(allowing: Graded) -> None:
    """With `delegation = "allowed"` nobody loses a point or is flagged; so above it was the rule that cost them."""
    students = [name for name in EVERYTHING if name not in ABSENT]
    lost = {name: allowing.check(name) for name in students if allowing.check(name)["verdict"] != "passed"}
    assert not lost
    assert "flagged" not in allowing.output


def test_a_file_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    """A file that brings the parser down is flagged, and what the others hold is found all the same."""
    deep = f"optim = {'-' * 100_000}1"
    files = {"answers.py": delegating("torch.optim.SGD"), "deep.py": deep}
    result = graded(tmp_path, {"both": files, "right": {"answers.py": by_hand("import torch.optim"), "deep.py": deep}},
                    "costs points")  # fmt: skip
    assert result.check("both")["verdict"] == "failed"
    assert result.check("right")["verdict"] == "passed"
    texts = [flag["text"] for flag in result.report("both")["flags"]]
    assert any("torch.optim.SGD" in text for text in texts)
    assert texts[-1] == "deep.py could not be scanned for delegation"


def test_many_lines_leave_room_for_every_question() -> None:
    """However many lines one question has, another one's only line is told too."""
    many = "\n".join(f"    x{i} = torch.optim.SGD" for i in range(200))
    source = f"import torch\nclass First:\n{many}\nclass Second:\n    x = torch.optim.SGD\n"
    found = find({"answers.py": source.encode()}, [("answers.py", "First"), ("answers.py", "Second")])
    assert len(found) < 50
    assert {question for finding in found for question in finding.questions} == {0, 1}


def test_a_lab_that_uses_torch_optim_itself_still_can(tmp_path: Path) -> None:
    """Where scenarios drive torch.optim, the student's files alone are judged, not what the scenario does."""
    scenarios = SCENARIOS.replace("    return", "    torch.optim.SGD([param], lr=0.0).step()\n    return")
    submissions = {"right": {"answers.py": by_hand()}, "wrong": {"answers.py": FOUND["attribute_chain"]}}
    result = graded(tmp_path, submissions, "costs points", scenarios=scenarios)
    assert [result.check(student)["verdict"] for student in ("right", "wrong")] == ["passed", "failed"]


def test_a_mistyped_setting_is_refused(tmp_path: Path) -> None:
    """Another word than the three is the instructor's mistake, and the message lists them."""
    result = graded(tmp_path, {"right": {"answers.py": by_hand()}}, "cost points")
    assert result.code == 1
    assert "lab.toml: delegation: Input should be 'costs points', 'flag' or 'allowed'" in result.output

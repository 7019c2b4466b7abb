"""The handout keeps the contract: its signatures, empty stubs, true examples, and public checks that bite."""

import doctest
import inspect
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import FunctionType, ModuleType, SimpleNamespace
from xml.etree import ElementTree

import pytest
import torch

from autograder.worker.modules import load

ROOT = Path(__file__).resolve().parents[2]
LAB = ROOT / "assignments" / "optimization"
HANDOUT = LAB / "handout"
REFERENCE = ROOT / "reference" / "optimization"
NAMES = ["base", "model", "optimizers", "schedulers", "lr_finder", "training"]
ANSWERS = NAMES[2:]

CONTRACT = {
    "base": {
        "Optimizer": "(params, lr)",
        "LRScheduler": "(optimizer)",
    },
    "model": {
        "SmallCNN": "(channels=1, size=8, classes=10)",
    },
    "optimizers": {
        "SGD": "(params, lr, weight_decay=0.0)",
        "Momentum": "(params, lr, momentum=0.9, weight_decay=0.0)",
        "Nesterov": "(params, lr, momentum=0.9, weight_decay=0.0)",
        "RMSprop": "(params, lr, alpha=0.99, eps=1e-08)",
        "Adam": "(params, lr, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.0)",
        "AdamW": "(params, lr, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.01)",
        "Lookahead": "(optimizer, k=5, alpha=0.5)",
    },
    "schedulers": {
        "StepLR": "(optimizer, step_size, gamma=0.1)",
        "ExponentialLR": "(optimizer, gamma)",
        "CosineAnnealingLR": "(optimizer, T_max, eta_min=0.0)",
        "CosineAnnealingWarmRestarts": "(optimizer, T_0, T_mult=1, eta_min=0.0)",
        "CyclicLR": "(optimizer, max_lr, step_size_up, step_size_down=None)",
        "WarmupCosineLR": "(optimizer, warmup_steps, total_steps, eta_min=0.0)",
    },
    "lr_finder": {
        "lr_range_test": "(model, loss_fn, batches, optimizer, lr_min=1e-05, lr_max=1.0, num_steps=100, "
        "divergence=4.0)",
        "smooth": "(losses, beta=0.9)",
        "suggest_lr": "(lrs, losses)",
        "diagnose": "(losses)",
    },
    "training": {
        "clip_grad_norm": "(params, max_norm)",
        "EarlyStopping": "(patience=3, min_delta=0.0)",
        "train_epoch": "(model, batches, loss_fn, optimizer, scheduler=None, max_norm=None)",
        "evaluate": "(model, batches, loss_fn)",
        "fit": "(model, train_batches, val_batches, loss_fn, optimizer, epochs, scheduler=None, "
        "max_norm=None, early_stopping=None)",
    },
}
ENTRIES = [(module, name) for module, entries in CONTRACT.items() for name in entries]


@pytest.fixture(scope="module")
def stubs() -> SimpleNamespace:
    return load([str(HANDOUT)], NAMES)


@pytest.fixture(scope="module")
def reference() -> SimpleNamespace:
    return load([str(REFERENCE), str(HANDOUT)], NAMES)


def bare(function: type | FunctionType) -> str:
    """The signature without annotations."""
    signature = inspect.signature(function)
    parameters = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    return str(signature.replace(parameters=parameters, return_annotation=signature.empty))


def methods(cls: type) -> dict[str, str]:
    """Names and signatures of the methods that a class itself defines."""
    functions = {name: member for name, member in vars(cls).items() if inspect.isfunction(member)}
    return {name: full(function) for name, function in functions.items()}


def full(function: type | FunctionType) -> str:
    """The annotated signature as text: each loaded copy has its own `Optimizer`, equal by name alone."""
    return str(inspect.signature(function))


# The contract


@pytest.mark.parametrize(("module", "name"), ENTRIES)
def test_stub_has_the_contracts_signature(stubs, module, name):
    """Submissions from elsewhere are written against these names and defaults."""
    assert bare(getattr(getattr(stubs, module), name)) == CONTRACT[module][name]


@pytest.mark.parametrize(("module", "name"), [entry for entry in ENTRIES if entry[0] in ANSWERS])
def test_stub_and_reference_have_one_signature(stubs, reference, module, name):
    """Annotations included, and methods too."""
    stub, answer = (getattr(getattr(lab, module), name) for lab in (stubs, reference))
    assert full(stub) == full(answer)
    if inspect.isclass(stub):
        assert methods(stub) == methods(answer)
        assert [base.__name__ for base in stub.__mro__] == [base.__name__ for base in answer.__mro__]


@pytest.mark.parametrize("module", ANSWERS)
def test_stubs_define_what_the_contract_names_and_no_more(stubs, module):
    """What is not in the contract is not asked for."""
    mine = getattr(stubs, module)
    defined = [name for name, member in vars(mine).items() if getattr(member, "__module__", "") == module]
    assert sorted(defined) == sorted(CONTRACT[module])


@pytest.mark.parametrize("name", [name for name in CONTRACT["optimizers"] if name != "Lookahead"])
def test_empty_optimizer_stores_its_arguments_and_names_itself(stubs, name):
    """The constructor is given complete; the step says what is missing."""
    param = torch.ones(2, requires_grad=True)
    param.grad = torch.ones(2)
    optimizer = getattr(stubs.optimizers, name)((p for p in [param]), 0.1)
    for parameter in list(inspect.signature(type(optimizer)).parameters.values())[2:]:
        assert getattr(optimizer, parameter.name) == parameter.default
    assert optimizer.params[0] is param and optimizer.lr == 0.1 and optimizer.state == [{}]
    with pytest.raises(NotImplementedError, match=rf"^{name}\.update$"):
        optimizer.step()


@pytest.mark.parametrize("name", CONTRACT["schedulers"])
def test_empty_scheduler_names_itself(stubs, name):
    """Its first rate is set at construction, so that is where it says what is missing."""
    count = CONTRACT["schedulers"][name].count(",") - CONTRACT["schedulers"][name].count("=")
    with pytest.raises(NotImplementedError, match=rf"^{name}\.lr_at$"):
        getattr(stubs.schedulers, name)(stubs.base.Optimizer([], lr=0.1), *[2] * count)


def test_other_empty_stubs_name_themselves(stubs):
    """Functions by their name, Lookahead and EarlyStopping by their method."""
    for module in ("lr_finder", "training"):
        for name, signature in CONTRACT[module].items():
            if name == "EarlyStopping":
                continue
            count = 1 + signature.count(",") - signature.count("=")
            with pytest.raises(NotImplementedError, match=f"^{name}$"):
                getattr(getattr(stubs, module), name)(*[None] * count)
    for cls, arguments in ((stubs.optimizers.Lookahead, [None]), (stubs.training.EarlyStopping, [])):
        with pytest.raises(NotImplementedError, match=rf"^{cls.__name__}\.__init__$"):
            cls(*arguments)
        with pytest.raises(NotImplementedError, match=rf"^{cls.__name__}\.step$"):
            cls.step(*[None] * len(inspect.signature(cls.step).parameters))


def test_given_classes_do_what_the_contract_says(stubs):
    """No graph in a step, None gradients skipped, gradients forgotten; a scheduler counts and writes."""
    calls = []

    class Spy(stubs.base.Optimizer):
        def update(self, param, grad, state):
            calls.append((param, grad, state, torch.is_grad_enabled()))

    moving, idle = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    grad = moving.grad = torch.ones(2)
    optimizer = Spy([idle, moving], lr=0.5)
    optimizer.step()
    [(param, seen, state, graph)] = calls
    assert param is moving and seen is grad and state is optimizer.state[1] and not graph
    optimizer.zero_grad()
    assert moving.grad is None

    class Countdown(stubs.base.LRScheduler):
        def lr_at(self, t):
            return self.base_lr - t

    scheduler = Countdown(optimizer)
    assert (scheduler.t, scheduler.base_lr, optimizer.lr) == (0, 0.5, 0.5)
    scheduler.step()
    assert (scheduler.t, scheduler.base_lr, optimizer.lr) == (1, 0.5, -0.5)


@pytest.mark.parametrize(("channels", "size"), [(1, 8), (1, 28), (3, 32)])
def test_network_fits_every_data_set(stubs, channels, size):
    """Small digits, grey fashion, coloured photographs."""
    logits = stubs.model.SmallCNN(channels, size)(torch.zeros(2, channels, size, size))
    assert logits.shape == (2, 10)


# The examples


@pytest.mark.parametrize("module", NAMES)
def test_docstring_examples_are_true_of_the_reference(stubs, reference, module, monkeypatch):
    """What a student reads in a stub is what the right code prints."""
    for name in NAMES:
        monkeypatch.setitem(sys.modules, name, getattr(reference, name))
    stub: ModuleType = getattr(stubs, module)
    names_in_scope = vars(stub) | vars(getattr(reference, module))
    failures = []
    for example in doctest.DocTestFinder().find(stub, module, globs=names_in_scope):
        doctest.DocTestRunner(verbose=False).run(example, out=failures.append)
    assert not failures, "".join(failures)


@pytest.mark.parametrize("module", ANSWERS)
def test_every_stub_shows_an_example(stubs, module):
    """A formula and numbers: both are in the docstring."""
    for name in CONTRACT[module]:
        assert ">>>" in inspect.getdoc(getattr(getattr(stubs, module), name))


# The manifest


def test_manifest_agrees_with_the_handout(stubs):
    """Thirteen questions, forty points; each names a class that a stub has, and each has a public check."""
    manifest = tomllib.loads((LAB / "lab.toml").read_text("utf-8"))
    questions = manifest["questions"]
    assert " ".join(question["id"] for question in questions) == (
        "sgd momentum nesterov rmsprop adam adamw lookahead "
        "step_lr exponential_lr cosine_annealing_lr warm_restarts cyclic_lr warmup_cosine_lr "
        "lr_range_test smooth suggest_lr diagnose clip_grad_norm early_stopping train_epoch evaluate fit"
    )
    assert sum(question["points"] for question in questions) == 100
    checks = "".join(path.read_text("utf-8") for path in (HANDOUT / "checks").glob("test_*.py"))
    for question in questions:
        assert question["name"] in CONTRACT[question["file"].removesuffix(".py")]
        assert f"def test_{question['id']}_" in checks
    for name in (*manifest["given"], *manifest["required_files"]):
        assert (HANDOUT / name).is_file()


# The public checks, as a student runs them


@pytest.fixture
def solved(tmp_path) -> Path:
    """A copy of the handout with the reference in the stubs' place."""
    folder = copy_of_handout(tmp_path)
    for name in ANSWERS:
        shutil.copy(REFERENCE / f"{name}.py", folder)
    return folder


def copy_of_handout(tmp_path: Path) -> Path:
    return shutil.copytree(HANDOUT, tmp_path / "handout", ignore=shutil.ignore_patterns("__pycache__"))


def run_checks(folder: Path) -> dict[str, tuple[str, str]]:
    """`python -m pytest checks` in `folder`: check name -> (passed, failed, error or skipped; message)."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PY")}
    report = folder.parent / "report.xml"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "checks", f"--junitxml={report}"],
        cwd=folder,
        env=environment | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert report.is_file(), done.stdout + done.stderr
    outcomes = {}
    for case in ElementTree.parse(report).iter("testcase"):
        mark = next((child for child in case if child.tag in {"failure", "error", "skipped"}), None)
        kind = {"failure": "failed"}.get(mark.tag, mark.tag) if mark is not None else "passed"
        text = "" if mark is None else f"{mark.get('message')}\n{mark.text}"
        outcomes[case.get("name")] = (kind, text)
    return outcomes


def outcomes_by_file(results: dict[str, tuple[str, str]]) -> dict[str, set[str]]:
    """The kinds of outcome that the checks of each file came to."""
    kinds: dict[str, set[str]] = {}
    for name, (kind, _) in results.items():
        kinds.setdefault(file_of(name), set()).add(kind)
    return kinds


def file_of(check: str) -> str:
    """The file, by its bare name, of the question that the check's name begins with."""
    questions = tomllib.loads((LAB / "lab.toml").read_text("utf-8"))["questions"]
    [file] = {q["file"] for q in questions if check.startswith(f"test_{q['id']}_")}
    return file.removesuffix(".py")


def test_public_checks_pass_on_the_reference(solved):
    """A right solution sees nothing but green."""
    results = run_checks(solved)
    assert {kind for kind, _ in results.values()} == {"passed"}, results


def test_public_checks_of_an_untouched_handout_are_not_attempted(tmp_path):
    """Nothing fails before anything is written, and each skip names the stub."""
    results = run_checks(copy_of_handout(tmp_path))
    assert results
    for kind, text in results.values():
        assert kind == "skipped" and "not attempted: " in text
    reasons = "".join(text for _, text in results.values())
    for name in ("SGD.update", "Lookahead.__init__", "WarmupCosineLR.lr_at"):
        assert f"not attempted: {name}" in reasons


def test_syntax_error_costs_its_own_file_alone(solved):
    """The optimizer checks say what is wrong and where; those of all other files pass."""
    with (solved / "optimizers.py").open("a", encoding="utf-8") as file:
        file.write("\ndef broken(:\n")
    results = run_checks(solved)
    outcomes = outcomes_by_file(results)
    assert outcomes.pop("optimizers") == {"failed"}
    assert "schedulers" in outcomes and set(map(frozenset, outcomes.values())) == {frozenset({"passed"})}
    message = results["test_sgd_first_step"][1]
    assert "optimizers.py cannot be imported" in message and "SyntaxError" in message
    assert "def broken(:" in message


def test_missing_class_or_exit_at_import_is_said_in_words(solved):
    """A class that was renamed costs its own checks; a file that exits at import, those of that file."""
    source = (solved / "optimizers.py").read_text("utf-8")
    (solved / "optimizers.py").write_text(source.replace("class Adam(", "class MyAdam("), "utf-8")
    (solved / "schedulers.py").write_text("import sys\nsys.exit('bye')\n", "utf-8")
    results = run_checks(solved)
    failed = {name for name, (kind, _) in results.items() if kind == "failed"}
    assert failed == {name for name in results if name.startswith("test_adam_") or file_of(name) == "schedulers"}
    assert "optimizers.py has no class named Adam" in results["test_adam_first_step"][1]
    message = results["test_step_lr_falls_every_step_size_steps"][1]
    assert "schedulers.py cannot be imported:\nSystemExit: bye" in message


# Rounds of edits to the reference: the class or function, what is right, and what a student wrote instead;
# and the questions that must lose a check.
MISTAKES = [
    (
        {
            "SGD": ("self.lr * g", "0.1 * g"),
            "Momentum": ('state.get("v", 0.0)', "0.0"),
            "Nesterov": ("(g + self.momentum * v)", "v"),
            "RMSprop": ("(s.sqrt() + self.eps)", "(s + self.eps).sqrt()"),
            "AdamW": (
                "param -= self.lr * self.weight_decay",
                "grad = grad + self.weight_decay",
            ),
            "Lookahead": ("fast.copy_(slow)", "pass"),
        },
        {"sgd", "momentum", "nesterov", "rmsprop", "adamw", "lookahead"},
    ),
    (
        {
            "SGD": ("self.weight_decay * param", "self.weight_decay * param / 2"),
            "Momentum": (
                "+ g\n        param -= self.lr * v",
                "+ self.lr * g\n        param -= v",
            ),
            "adam_direction": ("m_hat = m / (1 - beta1**t)", "m_hat = m"),
        },
        {"sgd", "momentum", "adam", "adamw"},
    ),
]


def edited(source: str, edits: dict[str, tuple[str, str]]) -> str:
    """`source` with each edit made inside the class or function that it names."""
    parts = re.split(r"(?m)^(?=class |def )", source)
    for name, (right, wrong) in edits.items():
        [i] = [i for i, part in enumerate(parts) if re.match(rf"(class|def) {name}\b", part)]
        assert right in parts[i], name
        parts[i] = parts[i].replace(right, wrong)
    return "".join(parts)


@pytest.mark.parametrize(("edits", "caught"), MISTAKES)
def test_public_checks_catch_the_commonest_mistakes(solved, edits, caught):
    """A wrong first step, no memory, a cached rate, a wrong decay: each fails its own question alone."""
    source = (solved / "optimizers.py").read_text("utf-8")
    (solved / "optimizers.py").write_text(edited(source, edits), "utf-8")
    failed = [name for name, (kind, _) in run_checks(solved).items() if kind == "failed"]
    assert {name.removeprefix("test_").split("_")[0] for name in failed} == caught


def test_a_failed_check_says_where_and_by_how_much(solved):
    """Step, parameter, expected and got; and a parameter that never moves is told so."""
    source = (solved / "optimizers.py").read_text("utf-8")
    edits = {"SGD": ("param -=", "param = param -"), "Adam": ("param -=", "param +=")}
    (solved / "optimizers.py").write_text(edited(source, edits), "utf-8")
    results = run_checks(solved)
    assert "It has not moved: change `param` in place." in results["test_sgd_first_step"][1]
    message = results["test_adam_first_step"][1]
    assert "step 1, learning rate 0.1, parameter 'weight'[0, 0]: expected 0.9, got 1.1" in message

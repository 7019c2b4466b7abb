"""`python grade.py experiment DIR`: plots from a student's own code, whatever state that code is in.

The SVG files hold their labels as text, so what is drawn can be read in them.
"""

import dataclasses
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from subprocess import CompletedProcess
from textwrap import dedent

import commands
import pytest

from autograder.errors import InstructorError
from autograder.lab import Lab
from autograder.training import experiment

PLOTS = ["optimizers", "rates", "schedules", "lr_finder"]
OPTIMIZERS = ["SGD", "Momentum", "Nesterov", "RMSprop", "Adam", "AdamW"]
SCHEDULES = [
    "StepLR", "ExponentialLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "CyclicLR", "WarmupCosineLR",
]  # fmt: skip


def homework(folder: Path, **added: str) -> Path:
    """A right submission with a finder; `added` is code that comes after a module's own."""
    shutil.copytree(commands.SAMPLES / "right" / "update_hook", folder)
    shutil.copy(commands.REFERENCE / "lr_finder.py", folder)
    for module, source in added.items():
        with (folder / f"{module}.py").open("a", encoding="utf-8") as file:
            file.write(dedent(source))
    return folder


def only_schedules(folder: Path) -> Path:
    shutil.copytree(commands.HANDOUT, folder)
    shutil.copy(commands.SAMPLES / "right" / "update_hook" / "schedulers.py", folder)
    return folder


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def labels(svg: Path) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]+)</text>", svg.read_text("utf-8"))


def rows(done: CompletedProcess[str]) -> dict[str, list[str]]:
    """The table's rows by optimizer: rate, final loss, accuracy."""
    found = (re.fullmatch(r"(\w+) +([\d.]+) +([\d.]+) +([\d.]+) %", line) for line in done.stdout.splitlines())
    return {match[1]: list(match.groups()[1:]) for match in found if match}


# Code that works


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, CompletedProcess[str]]:
    folder = homework(tmp_path_factory.mktemp("right") / "me")
    (folder / "model.py").write_text("raise RuntimeError('the student own network')")
    before = files_in(folder)
    done = commands.grade("experiment", folder)
    assert files_in(folder) == sorted([*before, "experiment"])
    return folder / "experiment", done


def test_each_plot_is_written_as_png_and_svg_and_its_path_printed(right: tuple[Path, CompletedProcess[str]]) -> None:
    """Into DIR/experiment; whoever hands in all of it reads no complaint."""
    out, done = right
    assert done.returncode == 0, done.stdout + done.stderr
    paths = [out / f"{plot}.{suffix}" for plot in PLOTS for suffix in ("png", "svg")]
    assert done.stdout.splitlines()[-8:] == [str(path) for path in paths]
    assert files_in(out) == sorted(path.name for path in paths)
    for path in paths:
        assert path.read_bytes().startswith(b"\x89PNG" if path.suffix == ".png" else b"<?xml")
    assert "leaves out" not in done.stdout and "not made" not in done.stdout


def test_all_six_optimizers_learn(right: tuple[Path, CompletedProcess[str]]) -> None:
    """A row for each with its rate, final loss and accuracy, and a line for each in both panels."""
    out, done = right
    table = rows(done)
    assert list(table) == OPTIMIZERS
    for name, (rate, loss, accuracy) in table.items():
        assert float(loss) < 0.2 and float(accuracy) > 90, name
        assert labels(out / "optimizers.svg").count(f"{name}, lr = {rate}") == 2


def test_the_lab_s_own_network_is_trained(right: tuple[Path, CompletedProcess[str]]) -> None:
    """The model.py that lies in the folder, which only raises, changes nothing."""
    out, done = right
    assert "RuntimeError" in (out.parent / "model.py").read_text("utf-8")
    assert list(rows(done)) == OPTIMIZERS


def test_axes_have_names_and_units(right: tuple[Path, CompletedProcess[str]]) -> None:
    """So a plot can be read without the text around it."""
    out, _ = right
    loss = "training loss (nats per image, mean of 10 steps)"
    assert {"step", loss, "held-out accuracy (%)"} <= set(labels(out / "optimizers.svg"))
    assert {"step", loss} <= set(labels(out / "rates.svg"))
    assert labels(out / "schedules.svg").count("scheduler step") == 6
    assert labels(out / "schedules.svg").count("learning rate") == 6
    finder = {"learning rate (logarithmic)", "training loss (nats per image)"}
    assert finder <= set(labels(out / "lr_finder.svg"))


def test_rates_schedules_and_the_suggestion_are_labelled(right: tuple[Path, CompletedProcess[str]]) -> None:
    """Three rates that are called what they are; a panel a schedule; raw curve, smoothed curve, suggested rate."""
    out, _ = right
    sizes = [label.split(", ")[1] for label in labels(out / "rates.svg") if label.startswith("lr = ")]
    assert [size.split(",")[0] for size in sizes] == ["too small", "good", "too large"]
    assert [label for label in labels(out / "schedules.svg") if label in SCHEDULES] == SCHEDULES
    finder = labels(out / "lr_finder.svg")
    suggested = next(label for label in finder if label.startswith("suggested rate: "))
    assert {"raw loss", "smoothed loss"} <= set(finder) and 1e-3 < float(suggested.split()[-1]) < 0.1


def test_a_second_run_gives_the_same_files(right: tuple[Path, CompletedProcess[str]], tmp_path: Path) -> None:
    """Byte for byte, wherever they are put."""
    out, done = right
    again = commands.grade("experiment", out.parent, "--out", tmp_path / "plots")
    assert rows(again) == rows(done)
    assert {path.name: path.read_bytes() for path in (tmp_path / "plots").iterdir()} == {
        path.name: path.read_bytes() for path in out.iterdir()
    }


def test_the_curves_are_those_of_the_student(right: tuple[Path, CompletedProcess[str]], tmp_path: Path) -> None:
    """Half the rate in one update, and a suggestion of one's own: only these two change."""
    folder = homework(
        tmp_path / "me",
        optimizers="""
            class Halved(Momentum):
                def update(self, param, grad, state):
                    super().update(param, grad / 2, state)
            Momentum = Halved
        """,
        lr_finder="def suggest_lr(lrs, losses): return 0.00123",
    )
    done = commands.grade("experiment", folder)
    before, after = rows(right[1]), rows(done)
    assert {name for name in OPTIMIZERS if before[name] != after[name]} == {"Momentum"}
    assert "suggested rate: 0.0012" in labels(folder / "experiment" / "lr_finder.svg")


# Code that does not, or is not there yet


def test_adam_that_raises_costs_its_curve_alone(tmp_path: Path) -> None:
    """The line of the student's own that raised is named; the finder falls back on another optimizer."""
    folder = homework(
        tmp_path / "me",
        optimizers="""
            def _raise(self, param, grad, state):
                raise ValueError("no second moment yet")
            Adam.update = _raise
        """,
    )
    done = commands.grade("experiment", folder)
    assert done.returncode == 0
    line = len((folder / "optimizers.py").read_text("utf-8").splitlines()) - 1
    assert (
        f"optimizers.png leaves out Adam: ValueError in optimizers.py, line {line} "
        '(`raise ValueError("no second moment yet")`): no second moment yet.'
    ) in done.stdout.splitlines()
    assert list(rows(done)) == [name for name in OPTIMIZERS if name != "Adam"]
    assert len(files_in(folder / "experiment")) == 8
    assert not [label for label in labels(folder / "experiment" / "optimizers.svg") if label.startswith("Adam,")]
    assert "Learning-rate range test: SGD on digits" in labels(folder / "experiment" / "lr_finder.svg")


def test_empty_stubs_are_said_to_be_empty(tmp_path: Path) -> None:
    """Nothing is drawn and nothing is written; a line a plot says that the code is not written yet; exit code 1."""
    shutil.copytree(commands.HANDOUT, tmp_path / "handout")
    done = commands.grade("experiment", tmp_path / "handout")
    assert done.returncode == 1 and not done.stderr
    assert done.stdout.splitlines() == [
        f"optimizers.png was not made ({', '.join(OPTIMIZERS)}): not written yet (NotImplementedError).",
        f"schedules.png was not made ({', '.join(SCHEDULES)}): not written yet (NotImplementedError).",
        "rates.png was not made (three rates): it needs an optimizer that works, and there is none yet.",
        "lr_finder.png was not made (lr_range_test): it needs an optimizer that works, and there is none yet.",
    ]
    assert files_in(tmp_path / "handout" / "experiment") == []


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, CompletedProcess[str]]:
    """A fault of another kind in almost every class and function."""
    folder = homework(
        tmp_path_factory.mktemp("broken") / "me",
        optimizers="""
            import os, sys, torch
            class SGD(SGD):
                def update(self, param, grad, state):
                    param.mul_(float("nan"))
            del Momentum
            class Nesterov(Nesterov):
                def update(self, param, grad, state):
                    os._exit(3)
            class RMSprop(RMSprop):
                def update(self, param, grad, state):
                    sys.exit("enough")
            class Adam(Adam):
                def __init__(self, params):
                    super().__init__(params, 0.1)
            class AdamW(AdamW):
                def update(self, param, grad, state):
                    super().update(param, grad, state)
                    param.div_(self.lr < 0.05)
        """,
        schedulers="""
            StepLR.lr_at = lambda self, t: float("nan") if t == 7 else 0.1
            ExponentialLR.lr_at = lambda self, t: "0.1 or so"
            CyclicLR.lr_at = lambda self, t: 1 / (t - 5)
            def _open(self, t):
                return input("rate? ")
            WarmupCosineLR.lr_at = _open
            print("hello from the student")
        """,
        lr_finder="""
            def lr_range_test(*_, **__): return [1e-3, 1e-2, 0.1, 1], [2.0, 1.0, 3.0, float("inf")]
            def smooth(losses, beta=0.9): return losses[1:]
            def suggest_lr(lrs, losses): raise NotImplementedError("suggest_lr")
        """,
    )
    return folder / "experiment", commands.grade("experiment", folder)


@pytest.mark.parametrize(
    "words",
    [
        "optimizers.png leaves out SGD: its loss is not finite from step 1 on.",
        "optimizers.png leaves out Momentum: optimizers.py has no Momentum.",
        "optimizers.png leaves out Nesterov: it ended Python (exit code 3).",
        "optimizers.png leaves out RMSprop: SystemExit in optimizers.py, line ",
        "optimizers.png leaves out Adam: TypeError: Adam.__init__() got an unexpected keyword argument 'lr'.",
        "schedules.png leaves out StepLR: its rate at step 7 is nan.",
        "schedules.png leaves out ExponentialLR: ValueError: could not convert string to float: '0.1 or so'.",
        "schedules.png leaves out CyclicLR: ZeroDivisionError in schedulers.py, line ",
        "schedules.png leaves out WarmupCosineLR: EOFError in schedulers.py, line ",
        "lr_finder.png leaves out smooth: it gave 3 values for 4 losses.",
        "lr_finder.png leaves out suggest_lr: not written yet (NotImplementedError).",
    ],
)
def test_each_fault_is_said_in_a_line(broken: tuple[Path, CompletedProcess[str]], words: str) -> None:
    """What is left out, and why: with the student's own line where there is one."""
    assert [line for line in broken[1].stdout.splitlines() if line.startswith(words)], broken[1].stdout


def test_what_works_is_drawn_beside_what_does_not(broken: tuple[Path, CompletedProcess[str]]) -> None:
    """All four plots appear with the rest; the sweep shows where the loss was no longer finite."""
    out, done = broken
    assert done.returncode == 0 and len(files_in(out)) == 8
    assert list(rows(done)) == ["AdamW"]
    compared = {label.split(",")[0] for label in labels(out / "optimizers.svg")}
    assert compared & set(OPTIMIZERS) == {"AdamW"}
    drawn = [label for label in labels(out / "schedules.svg") if label in SCHEDULES]
    assert drawn == ["CosineAnnealingLR", "CosineAnnealingWarmRestarts"]
    assert {
        "Three learning rates for AdamW: SmallCNN on digits",
        "lr = 0.003, good",
        "lr = 0.1, too large, not finite from step 1 on",
    } <= set(labels(out / "rates.svg"))
    assert "raw loss" in labels(out / "lr_finder.svg")
    assert not {"smoothed loss"} & set(labels(out / "lr_finder.svg"))


def test_a_file_that_cannot_be_imported_costs_its_own_plots(tmp_path: Path) -> None:
    """A slip in schedulers.py, no lr_finder.py at all: the optimizers are still compared, and old plots are gone."""
    folder = homework(tmp_path / "me", schedulers="class :\n")
    (folder / "lr_finder.py").unlink()
    (folder / "experiment").mkdir()
    for name in ("schedules.png", "notes.txt"):
        (folder / "experiment" / name).write_text("of an earlier day")
    done = commands.grade("experiment", folder)
    written = [f"{plot}.{suffix}" for plot in ("optimizers", "rates") for suffix in ("png", "svg")]
    assert files_in(folder / "experiment") == sorted([*written, "notes.txt"])
    line = len((folder / "schedulers.py").read_text("utf-8").splitlines())
    assert (
        f"schedules.png was not made ({', '.join(SCHEDULES)}): SyntaxError in schedulers.py, line {line} "
        "(`class :`): invalid syntax"
    ) in done.stdout
    assert "lr_finder.png was not made (lr_range_test): there is no lr_finder.py." in done.stdout


def test_an_optimizer_without_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its seconds are over the process is ended, and the rest goes on in another."""
    monkeypatch.setattr(experiment, "SECONDS", 10)
    monkeypatch.setitem(experiment.TRAINING, "steps", 5)
    folder = homework(
        tmp_path / "me",
        optimizers="""
            def _wait(self, param, grad, state):
                while True: pass
            AdamW.update = _wait
        """,
    )
    result = experiment.run_experiment(folder, Lab.find("optimization"))
    assert result.notes == ("optimizers.png leaves out AdamW: it took more than 10 s.",)
    assert [line.optimizer for line in result.lines] == OPTIMIZERS[:-1] and len(result.files) == 8


# Around it


def test_it_runs_where_linux_calls_do_not_exist(tmp_path: Path) -> None:
    """Nothing of ours that only Unix or Linux has is imported, here or in the process for the student's code."""
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "sitecustomize.py").write_text(
        "import sys\nfor name in ('fcntl', 'resource', 'pwd', 'grp', 'termios'): sys.modules[name] = None\n"
    )
    done = subprocess.run(
        [sys.executable, commands.ROOT / "grade.py", "experiment", only_schedules(tmp_path / "me")],
        env={**os.environ, "PYTHONPATH": str(tmp_path / "path")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert files_in(tmp_path / "me" / "experiment") == ["schedules.png", "schedules.svg"]


def test_an_archive_s_plots_lie_beside_it(tmp_path: Path) -> None:
    """As for `check`, a zip file will do."""
    archive = shutil.make_archive(str(tmp_path / "alice"), "zip", only_schedules(tmp_path / "handout"))
    done = commands.grade("experiment", archive)
    assert done.stdout.splitlines()[-1] == str(tmp_path / "experiment" / "schedules.svg")
    assert files_in(tmp_path / "experiment") == ["schedules.png", "schedules.svg"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nowhere"], 2, "nowhere does not exist. Give the folder that holds your optimizers.py."),
        (["empty"], 1, "None of optimizers.py"),
        (["me", "--out", "file"], 2, "file cannot be written to: File exists. Pass --out elsewhere."),
        (["me", "--lab", "cooking"], 2, "There is no lab 'cooking'"),
    ],
)
def test_a_call_that_cannot_work_gets_a_sentence(tmp_path: Path, arguments: list[str], code: int, words: str) -> None:
    """And no traceback."""
    homework(tmp_path / "me")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    done = commands.grade("experiment", *arguments, cwd=tmp_path)
    assert done.returncode == code and words in done.stderr and "Traceback" not in done.stderr


def test_a_data_set_that_cannot_be_had_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the lab's that counts; what went wrong with it comes through from the other process."""
    lab = Lab.find("optimization")
    other = lab.manifest.convergence.model_copy(update={"data_set": "fashion-mnist"})
    lab = dataclasses.replace(lab, manifest=lab.manifest.model_copy(update={"convergence": other}))
    monkeypatch.setenv("GRADER_DATA", "data")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InstructorError) as caught:
        experiment.run_experiment(homework(tmp_path / "me"), lab)
    assert str(caught.value).startswith(f"{tmp_path / 'data'} holds neither train-images-idx3-ubyte.gz nor")

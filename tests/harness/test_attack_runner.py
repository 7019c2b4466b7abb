"""`python tests/attack` sees what it is there to see: where there are no walls, each small escape is a bad cell."""

import ctypes
import json
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import commands
import pytest
from labs import write_files

SHARED_MEMORY = 0x47011

FIND_THE_GRADER = r"""
# Attack surface: the process that started us
import os, re

def parent(pid):
    return int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])

runner = parent(os.getppid())
project = re.search(r"(/[^\0]+)/tests/attack/", open(f"/proc/{runner}/cmdline").read()).group(1)
stage = os.path.dirname(project)
"""
ESCAPES = {
    "reads_the_hidden_suite": (
        'print(open(project + "/tests/hidden/optimization/problems.py").read()[-200:])',
        "worker.log holds the word of the hidden problems",
    ),
    "reads_the_graders_home": (
        'print(open(stage + "/home/secret.txt").read())',
        "worker.log holds the word of the grader's home",
    ),
    "reads_a_neighbours_log": (
        """
        for profile in os.listdir(stage + "/results"):
            print(open(f"{stage}/results/{profile}/neighbour_000/worker.log").read()[-100:])""",
        "worker.log holds the word of a neighbour's log",
    ),
    "rewrites_a_file": (
        'open(stage + "/outside/results.json", "w").write("{}")',
        "changed outside/results.json",
    ),
    "rewrites_a_neighbours_record": (
        """
        for profile in os.listdir(stage + "/results"):
            os.utime(f"{stage}/results/{profile}/neighbour_000/report.json", (1, 1))""",
        "changed results/local/neighbour_000/report.json",
    ),
    "leaves_a_daemon": (
        """
        import time
        if os.fork() == 0:
            os.setsid()
            os.closerange(0, 100)
            if os.fork() == 0:
                time.sleep(60)
            os._exit(0)""",
        "left running after 2 s",
    ),
    "knocks_at_doors": (
        """
        import json, socket
        doors = json.load(open(stage + "/outside/doors"))
        socket.create_connection(doors["TCP"])
        socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", tuple(doors["UDP"]))
        for name in ("an abstract socket", "a unix socket"):
            socket.socket(socket.AF_UNIX).connect(doors[name])""",
        "reached TCP; reached UDP; reached an abstract socket; reached a unix socket",
    ),
    "signals_the_grader": ("os.kill(runner, 12)", "sent the grader SIGUSR2"),
    "makes_the_grader_nicer": (
        "os.setpriority(os.PRIO_PROCESS, runner, 5)",
        "changed the niceness of the grader",
    ),
    "leaves_shared_memory": (
        f"""
        import ctypes
        ctypes.CDLL(None).shmget({SHARED_MEMORY}, 4096, 0o1600)""",
        "left System V shm",
    ),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """(exit code, faults by sample and for the whole run, what was printed) of a run without walls."""
    folder = tmp_path_factory.mktemp("attack")
    samples = {}
    for name, (code, _) in ESCAPES.items():
        samples[f"{name}/optimizers.py"] = f"{FIND_THE_GRADER.strip()}\n{dedent(code)}\n"
        samples[f"{name}.toml"] = 'class = "escape"\n[lost]\nall = "not attempted"\n'
    reference = (commands.REFERENCE / "optimizers.py").read_text("utf-8")
    for name in ("keeps_its_points", "control_that_is_right"):
        samples[f"{name}/optimizers.py"] = reference
        samples[f"{name}/schedulers.py"] = (commands.REFERENCE / "schedulers.py").read_text("utf-8")
    samples["keeps_its_points.toml"] = '[lost]\nadam = "failed"\n'
    samples["control_that_is_right.toml"] = 'class = "control"\n'
    write_files(folder / "samples", samples)
    done = subprocess.run(
        [sys.executable, commands.ROOT / "tests" / "attack", "--samples", folder / "samples", "--unsafe-local",
         "--seconds", "10", "--json", folder / "cells.json", "--out", folder / "out"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    libc = ctypes.CDLL(None)
    libc.shmctl(libc.shmget(SHARED_MEMORY, 0, 0), 0, None)  # IPC_RMID
    (outcome,) = json.loads((folder / "cells.json").read_text("utf-8"))["profiles"]
    return done, {cell["attack"]: "; ".join(cell["faults"]) for cell in outcome["cells"]}


@pytest.mark.parametrize("name", ESCAPES)
def test_an_escape_is_a_bad_cell(told, name):
    """The cell says what was touched."""
    done, faults = told
    assert ESCAPES[name][1] in faults[name]
    assert f"BAD  local: {name}: " in done.stdout


def test_a_question_that_keeps_points_it_must_not_is_a_bad_cell(told):
    assert "adam should be failed, is None" in told[1]["keeps_its_points"]


def test_a_bad_cell_fails_the_command_and_the_rest_stays_good(told):
    """Exit code 1; the control and the neighbours are none the worse for their company."""
    done, faults = told
    assert done.returncode == 1
    assert {name for name, fault in faults.items() if not fault} == {
        "control_that_is_right",
        "neighbour_000",
        "neighbour_001",
        "neighbour_002",
    }


def test_nothing_is_left_of_the_stage(told, tmp_path_factory):
    assert not list(Path(tmp_path_factory.getbasetemp()).glob("attack*/out/*"))

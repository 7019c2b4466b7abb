"""The worker package, started alone: what it serves, what it forgets, and that it leaves nothing behind."""

import contextlib
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import commands
import msgpack
import pytest
from labs import (
    PROFILES,
    answer_of,
    sandbox_of,
    tiny_lab,
)
from waiting import eventually

from autograder import processes
from autograder import sandbox as sandboxes
from autograder.channel import Worker
from autograder.lab import Lab
from autograder.sandbox import Sandbox
from autograder.worker import wire
from autograder.workfolder import WorkFolder

SCENARIOS = """
import importlib.util

def call(lab, **inputs):
    return lab.answers.Answer(**inputs).value

def importable(lab, names):
    return [name for name in names if importlib.util.find_spec(name)]
"""
LIMITS = {"memory_mb": 256, "cpu_seconds": 8}


class Alone:
    """A zygote of a copy of the package in an otherwise empty folder, spoken to in raw bytes."""

    def __init__(self, folder: Path, profile: str, secret: str):
        package = shutil.copytree(sandboxes._WORKER, folder / "alone", ignore=shutil.ignore_patterns("__pycache__"))
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        site_packages = sandboxes._site_packages()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(package), str(theirs.fileno()), *site_packages],
                pass_fds=[theirs.fileno()],
                env={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "GRADER_SECRET": secret},
                cwd="/",
            )
        readable = [path for path in sandboxes._readable() if path != str(sandboxes._WORKER)]
        self.control.settimeout(60)
        self._work = WorkFolder()  # in no folder of pytest's own, which nobody else may enter
        (folder / "secrets").mkdir()
        temptations = {"files": ["/etc/passwd"], "folder": str(folder / "secrets"), "port": 9, "grader": os.getpid()}
        configuration = {"profile": profile, "limits": LIMITS, "readable": [*readable, str(package)], "preload": [],
                         "given": {}, "devices": [], "scenarios": {"scenarios.py": SCENARIOS},
                         "work": str(self._work.path), "temptations": temptations}  # fmt: skip
        self.control.send(msgpack.packb(configuration))
        self.answer = msgpack.unpackb(self.control.recv(1 << 16))

    @contextlib.contextmanager
    def worker(self) -> Iterator["Raw"]:
        channel, their_channel = socket.socketpair()
        lease, their_lease = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with open(os.devnull, "wb") as null, channel, lease:
            fds = [their_channel.fileno(), null.fileno(), null.fileno(), their_lease.fileno()]
            socket.send_fds(self.control, [b"worker"], fds)
            their_channel.close()
            their_lease.close()
            for end in (channel, lease):
                end.settimeout(30)
            yield Raw(channel, lease)

    def close(self) -> None:
        self.control.close()
        self.process.wait(10)
        self._work.remove()


class Raw:
    """One worker's channel and lease."""

    def __init__(self, channel: socket.socket, lease: socket.socket):
        self.channel = channel
        self.lease = lease

    def receive(self) -> Any:
        header, payload = struct.unpack("<II", self.channel.recv(8, socket.MSG_WAITALL))
        assert payload == 0
        return msgpack.unpackb(self.channel.recv(header, socket.MSG_WAITALL))["tree"]

    def ask(self, **request: Any) -> Any:
        header = msgpack.packb({"tree": {"id": 77, **request}, "tensors": []})
        self.channel.sendall(struct.pack("<II", len(header), 0) + header)
        reply = self.receive()
        assert reply.pop("id") == 77
        return reply

    def load(self, source: str) -> Any:
        return self.ask(do="load", files={"answers.py": source.encode()}, module="answers", names=["Answer"])


@pytest.fixture(scope="module", params=PROFILES)
def alone(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    zygote = Alone(tmp_path_factory.mktemp("worker"), request.param, secret="correct horse")
    try:
        if "refused" in zygote.answer:
            pytest.skip(zygote.answer["refused"])
        yield zygote
    finally:
        zygote.close()


TWICE = "class Answer:\n    def __init__(self, number):\n        self.value = 2 * number\n"


def test_the_package_runs_alone(alone: Alone) -> None:
    """Copied into an empty folder and started with -I -S, it says hello, loads files and runs a scenario."""
    assert {"landlock", "seccomp", "rlimits"} <= set(alone.answer["ready"])
    with alone.worker() as worker:
        hello = worker.receive()
        assert (hello["id"], hello["result"]["hello"]) == (0, alone.answer["ready"])
        assert worker.load(TWICE) == {"result": None}
        assert worker.ask(do="run", scenario="call", inputs={"number": 21}) == {"result": 42}


def test_the_lease_brings_the_pidfd_and_then_the_end(alone: Alone) -> None:
    """The zygote hands the worker's pidfd over, and reports status, CPU seconds and memory when it ends."""
    with alone.worker() as worker:
        message, (pidfd,), _, _ = socket.recv_fds(worker.lease, 64, 1)
        os.close(pidfd)
        assert set(msgpack.unpackb(message)) == {"folder"}
        worker.receive()
        worker.channel.shutdown(socket.SHUT_WR)  # the grader hangs up
        end = msgpack.unpackb(worker.lease.recv(4096))
    assert end["status"] == 0
    assert 0 < end["cpu"] < 5 and end["memory_kb"] > 0


def test_nothing_else_of_the_project_is_in_sight(alone: Alone) -> None:
    """Neither the grader nor the hidden suite nor the reference can be imported; torch and the scenarios can."""
    ours = ["autograder", "grade", "tests", "test_answers", "problems", "optimizers", "labs"]
    with alone.worker() as worker:
        worker.receive()
        assert worker.ask(do="run", scenario="importable", inputs={"names": [*ours, "torch"]}) == {"result": ["torch"]}


def test_nothing_of_the_environment_reaches_the_student(alone: Alone) -> None:
    """The worker's environment is its own: even what its zygote was started with is gone, for C code too."""
    source = """
import ctypes, os
libc = ctypes.CDLL(None)
libc.getenv.restype = ctypes.c_char_p
class Answer:
    def __init__(self):
        self.value = [sorted(os.environ), libc.getenv(b"GRADER_SECRET"), os.environ["HOME"] == os.getcwd()]
"""
    with alone.worker() as worker:
        worker.receive()
        assert worker.load(source) == {"result": None}
        names, secret, at_home = worker.ask(do="run", scenario="call", inputs={})["result"]
    assert names == ["HOME", "LANG", "LOGNAME", "MPLBACKEND", "MPLCONFIGDIR", "PATH", "TMPDIR", "USER"]
    assert (secret, at_home) == (None, True)


def test_an_error_comes_back_as_data(alone: Alone) -> None:
    """An exception becomes kind, type, text, file and line, and the worker goes on serving."""
    with alone.worker() as worker:
        worker.receive()
        worker.load("class Answer:\n    def __init__(self, number):\n        self.value = 1 / number\n")
        error = worker.ask(do="run", scenario="call", inputs={"number": 0})["error"]
        assert error == {"kind": "exception", "type": "ZeroDivisionError", "text": "division by zero",
                         "file": "answers.py", "line": 3}  # fmt: skip
        assert worker.ask(do="run", scenario="call", inputs={"number": 2}) == {"result": 0.5}


# What a worker leaves behind: nothing


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return tiny_lab(tmp_path_factory.mktemp("lab"), memory_mb=256)


@pytest.fixture(scope="module")
def sandbox(lab: Lab) -> Iterator[Sandbox]:
    os.environ["GRADER_SECRET"] = "correct horse"
    try:
        sandbox = sandbox_of("auto", lab)
    finally:
        del os.environ["GRADER_SECRET"]
    with sandbox:
        yield sandbox


def test_the_zygote_is_started_without_the_graders_environment(sandbox: Sandbox) -> None:
    """No variable of the grader's is handed to the process that students' workers are forked from."""
    environment = Path(f"/proc/{sandbox._process.pid}/environ").read_bytes()
    names = {entry.partition(b"=")[0].decode() for entry in environment.split(b"\0") if entry}
    assert names <= {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "LANG", "MPLBACKEND",
                     "PYTORCH_NVML_BASED_CUDA_CHECK", "TMPDIR"}  # fmt: skip


LEFTOVERS = """
import builtins, os, random, sys, tempfile
import numpy, torch

class Answer:
    def __init__(self):
        self.value = {
            "marks": [hasattr(builtins, "mark"), hasattr(torch, "mark"), "mark" in os.environ, "mark" in sys.modules],
            "files": sorted(os.listdir(".") + os.listdir(tempfile.gettempdir())),
            "dtype": str(torch.get_default_dtype()),
            "threads": torch.get_num_threads(),
            "draws": [random.random(), float(numpy.random.rand()), float(torch.rand(1))],
            "recursion": sys.getrecursionlimit(),
        }
        builtins.mark = torch.mark = sys.modules["mark"] = os
        os.environ["mark"] = "x"
        open("mark", "w").close()
        open(os.path.join(tempfile.gettempdir(), "mark too"), "w").close()
        torch.set_default_dtype(torch.float64)
        torch.set_num_threads(2)
        sys.setrecursionlimit(123)
        for seed in (random.seed, numpy.random.seed, torch.manual_seed):
            seed(9)
"""


def test_every_worker_starts_from_the_same_point(sandbox: Sandbox, lab: Lab) -> None:
    """What one worker changes (modules, files, default dtype, threads, random states) the next does not see."""
    first, second = (answer_of(sandbox, lab, LEFTOVERS) for _ in range(2))
    assert first == second
    assert first["marks"] == [False] * 4
    assert set(first["files"]) - {"__pycache__"} == {"answers.py"}
    assert (first["dtype"], first["threads"]) == ("torch.float32", 1)


# How it ends


@pytest.mark.parametrize("profile", ["slots", "landlock"])
def test_when_memory_runs_out_the_worker_goes_first(profile: str, tmp_path: Path) -> None:
    """A small container holds grader and workers, and its kernel kills one of them: not the grader."""
    lab = tiny_lab(tmp_path)
    with sandbox_of(profile, lab) as sandbox:
        worker = Worker(sandbox, lab.manifest.limits, lambda output: None)
        preference = Path(f"/proc/{worker._pid}/oom_score_adj").read_text().strip()
        worker.close()
    assert preference == "1000"


DEAF = """
import signal, time
for number in set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
class Answer:
    def __init__(self, seconds):
        self.value = time.sleep(seconds)
"""


def asleep(sandbox: Sandbox, lab: Lab) -> Worker:
    """A worker that ignores every signal and sleeps for ten minutes."""
    worker = Worker(sandbox, lab.manifest.limits, lambda output: None)
    files = {"answers.py": DEAF.encode()}
    load = {"do": "load", "files": files, "module": "answers", "names": ["Answer"]}
    assert worker.ask(load, time.monotonic() + 30, 1 << 16)["result"] is None
    run = {"id": 1, "do": "run", "scenario": "call", "inputs": {"seconds": 600}}
    worker._channel.send(wire.encode(run))  # `ask` would let go of the worker when the time is up
    assert processes.runs(worker._pid)
    return worker


def test_letting_go_of_the_lease_kills_the_worker(sandbox: Sandbox, lab: Lab) -> None:
    """A worker that ignores every signal and sleeps is gone at once when its judge is done with it."""
    worker = asleep(sandbox, lab)
    worker.close()
    assert eventually(lambda: not processes.runs(worker._pid), 1.0)


def test_hanging_up_ends_everything(lab: Lab) -> None:
    """When a sandbox is closed, its zygote is gone, and so is a worker whose judge never let go of it."""
    sandbox = sandbox_of("auto", lab)
    with sandbox:
        worker = asleep(sandbox, lab)
        family = {sandbox._process.pid, *processes.family(sandbox._process.pid)}
        assert worker._pid in family
    assert eventually(lambda: not any(map(processes.runs, family)), 1.0)
    worker.close()


ORPHAN = """
import ctypes, signal, time
for number in set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)  # "do not kill me when my parent dies"
class Answer:
    def __init__(self):
        self.value = time.sleep(600)
"""


@pytest.mark.parametrize("profile", PROFILES)
def test_a_killed_grader_leaves_no_process_behind(profile: str, lab: Lab, tmp_path: Path) -> None:
    """SIGKILL to the grader ends zygote and workers within a second, even one that clears its death signal."""
    ready = tmp_path / "ready"
    program = f"""
import sys
from pathlib import Path
from labs import *
lab = Lab.find("tiny", Path({str(lab.root)!r}))
try:
    sandbox = Sandbox.start({profile!r}, lab, lab.manifest.limits)
except IsolationError:
    sys.exit(77)
student = student_of(sandbox, lab, {ORPHAN!r})
student._start(lab.manifest.questions[0])
Path({str(ready)!r}).touch()
student.run(call, {{}})
"""
    root = Path(__file__).parents[2]
    path = os.pathsep.join([str(root), str(root / "tests" / "harness")])
    grader = subprocess.Popen([sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": path})
    try:
        assert eventually(lambda: ready.exists() or grader.poll() is not None, 30.0)
        if grader.poll() == 77:
            pytest.skip(f"{profile} does not hold here")
        assert ready.exists()
        family = processes.family(grader.pid) - {grader.pid}
        assert len(family) >= 2
    finally:
        grader.send_signal(signal.SIGKILL)
        grader.wait()
    try:
        assert eventually(lambda: not any(map(processes.runs, family)), 1.0)
    finally:
        commands.kill({pid for pid in family if processes.runs(pid)})

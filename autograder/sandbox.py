"""The zygote, from the grader's side: started once, in the strongest isolation that holds on this machine."""

import contextlib
import os
import re
import select
import socket
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Collection, Iterable, Iterator
from glob import glob
from pathlib import Path
from typing import Any, Self

import msgpack

import autograder.worker
from autograder import processes
from autograder.errors import HarnessError, InstructorError, IsolationError
from autograder.lab import Lab, Limits
from autograder.submission import Submission
from autograder.worker import kernel
from autograder.workfolder import WorkFolder

# The profiles to try for each kind of isolation, strongest first.
ISOLATION = {
    "auto": ("namespaces", "slots", "landlock"),
    "strict": ("namespaces",),
    **{name: (name,) for name in ("namespaces", "slots", "landlock", "local")},
}
# What students import beside torch, and the word in their files that tells so: imported once, before the fork,
# rather than in every worker; but each makes every fork dearer, so only what somebody uses.
_LIBRARIES = {
    "matplotlib.pyplot": re.compile(rb"matplotlib"),
    "torch._dynamo": re.compile(rb"\boptim\b"),
    "torch._inductor.config": re.compile(rb"use_deterministic_algorithms"),  # which imports it
}
_TESTS = "worker.testing"  # pytest and cloudpickle, where students' tests are run

_GPU = "/dev/nvidia*"
_START_SECONDS = 120.0
_STOP_SECONDS = 5.0
_DEAD_SECONDS = 2.0  # for killed processes to be gone
_SILENT_SECONDS = 15.0  # a fork takes milliseconds: a zygote that has not answered by then is stopped or stuck
_CPU_MARGIN = 3  # whole CPU seconds beyond the wall limit: the backstop, should the judge itself be stuck
_WORKER = Path(autograder.worker.__file__).parent


class Sandbox:
    """A zygote of this process's own.  Judges forked after `start` share it; it ends with who started it.

    Attributes:
        profile: the name of the isolation profile that holds.
        layers: what that profile consists of, by the zygote's account.
        generation: how many zygotes were lost before this one.
        mishap: why this process once asked in vain for a worker, which may be another time's luck.
        left_behind: processes that did not end when they were killed, as happens to frozen ones.
    """

    def __init__(self, profile: str):
        self.profile = profile
        self.layers: tuple[str, ...] = ()
        self.generation = 0
        self.mishap = ""
        self.left_behind: set[int] = set()
        self._lost = ""
        self._holds: dict[str, Any] = {}
        self._work = WorkFolder()
        self._process, self._control = _spawn()

    @classmethod
    def start(
        cls, isolation: str, lab: Lab, limits: Limits, preload: Collection[str] = (), device: str = "cpu"
    ) -> "Sandbox":
        """Try the profiles of `isolation` (a key of `ISOLATION`) in turn and start the first that holds.

        A profile holds if every door could be closed, and if a worker that is thrown away could then neither read
        the hidden suite, nor connect, signal the grader or start a process.  "strict" wants every layer besides.
        Workers find the modules `preload` imported already.  With the device "cuda" they reach the GPU, and a profile
        in which CUDA cannot be started does not hold.

        Raises:
            IsolationError: none holds; the message says why, for each.
            InstructorError: the scenarios are missing or cannot be imported.
        """
        kernel.set_dumpable(False)  # this process holds the answers: nobody of the same user may look into it
        refusals = []
        for profile in ISOLATION[isolation]:
            sandbox = cls(profile)
            try:
                answer = sandbox._configure(lab, limits, preload, device)
            except BaseException:
                sandbox.close()
                raise
            if "ready" in answer and not (isolation == "strict" and answer["lacks"]):
                sandbox.layers = tuple(answer["ready"])
                sandbox._holds = answer
                return sandbox
            sandbox.close()
            if "broken" in answer:
                raise InstructorError(f"The scenarios in {lab.hidden_suite} cannot be imported: {answer['broken']}")
            refusals.append(_refusal(profile, answer))
        others = "Grade on Linux" if isolation == "auto" else "--isolation auto takes the strongest that does"
        others += ", --device cpu does without a GPU" if device != "cpu" else ""
        raise IsolationError(
            f"The sandbox asked for does not hold on this machine ({'; '.join(refusals)}). Nothing was graded. "
            f"{others}, and --isolation local is for code that you trust."
        )

    def request_worker(self, channel: int, output: int, lease: int) -> None:
        """Have a worker forked that holds these descriptors as its channel, its stdout and stderr, and its lease.

        Raises:
            HarnessError: the zygote is lost.
        """
        try:
            if not self._lost:
                socket.send_fds(self._control, [b"worker"], [channel, output, output, lease])
        except OSError as error:
            self.give_up(_unheard(error))
        if self._lost:
            raise HarnessError(f"No word from the zygote: {self._lost}.")

    def hear(self, lease: socket.socket) -> tuple[bytes, list[int]]:
        """The zygote's next message about the worker whose lease this is, and the descriptors that come along.

        Raises:
            HarnessError: there is none; `lost` and `mishap` know why.
        """
        lease.settimeout(_SILENT_SECONDS)
        try:
            message, fds, _, _ = socket.recv_fds(lease, 4096, 1)
        except OSError as error:
            self.give_up(_unheard(error))
            message, fds = b"", []
        if not message:
            self.mishap = self.lost() or "it could start no worker"
            raise HarnessError(f"No word from the zygote: {self.mishap}.")
        return message, fds

    def lost(self) -> str:
        """Why no more workers will come from this zygote, as far as this process knows; nothing if they will."""
        poll = select.poll()
        poll.register(self._control, 0)
        if not self._lost and poll.poll(0):
            self._lost = "it died"
        return self._lost

    def give_up(self, why: str) -> None:
        """Take the zygote for lost."""
        self._lost = self._lost or why

    def renew(self) -> None:
        """Put a new zygote of the very same profile and layers in the place of a lost one; it may be `lost` in turn.

        Raises:
            IsolationError: it does not hold any more.
            OSError: there is no room for a process; try again later.
        """
        self._process.kill()
        self.left_behind |= _stop(self._process, self._control)
        self._process, self._control = _spawn()
        self._lost = ""
        self.generation += 1
        answer = self._configure(*self._terms)
        if answer.keys() == {"refused"}:  # not by the zygote's own word
            self.give_up(answer["refused"])
        elif answer != self._holds:
            self.give_up(_refusal(self.profile, answer))
            raise IsolationError(
                f"The sandbox held when the batch began, and holds no longer ({self._lost}). What was graded is kept; "
                "the same command goes on from there."
            )

    def close(self) -> None:
        """Hang up, which ends a zygote whose judges are gone, and make sure."""
        self.left_behind |= _stop(self._process, self._control)
        self._work.remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _configure(self, lab: Lab, limits: Limits, preload: Collection[str], device: str) -> dict[str, Any]:
        """Tell the zygote what it is for; the answer is "ready", "refused" or "broken" (`worker/zygote.py`)."""
        self._terms = lab, limits, preload, device
        self._control.settimeout(_START_SECONDS)
        try:
            with _listener() as port:
                temptations = _temptations(lab, port)
                configuration = {
                    "profile": self.profile,
                    "work": str(self._work.path),
                    "temptations": temptations,
                    "readable": _readable(),
                    "devices": sorted(glob(_GPU)) or [_GPU] if device == "cuda" else [],
                    **_contents(lab, limits, preload),
                }
                self._control.send(msgpack.packb(configuration))
                answer = self._control.recv(1 << 16)
        except OSError as error:
            return {"refused": str(error)}
        self._control.settimeout(_SILENT_SECONDS)
        return dict(msgpack.unpackb(answer)) if answer else {"refused": "the zygote died while it started"}


def _spawn() -> tuple[subprocess.Popen[bytes], socket.socket]:
    """An interpreter that runs the worker package with an empty environment, and our end of its control socket."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    one_thread = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_WORKER), str(theirs.fileno()), *_site_packages()],
            pass_fds=[theirs.fileno()],
            env={
                **one_thread,
                "LANG": "C.UTF-8",
                "MPLBACKEND": "Agg",
                "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
                "TMPDIR": tempfile.gettempdir(),  # where the root is read-only, /tmp may be too
            },
            cwd="/",
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # out of reach of the terminal's ^C
        )
    return process, ours


def _stop(process: subprocess.Popen[bytes], control: socket.socket) -> set[int]:
    """Hang up, which ends a zygote whose judges are gone, and make sure; what would not end comes out."""
    control.close()
    try:
        process.wait(_STOP_SECONDS)
        return set()
    except subprocess.TimeoutExpired:
        family = processes.family(process.pid)
        process.kill()
        left = processes.survivors(family, _DEAD_SECONDS)
        process.poll()
        return left


def _unheard(error: OSError) -> str:
    return f"it did not answer for {_SILENT_SECONDS:g} s" if isinstance(error, TimeoutError) else "it died"


def _refusal(profile: str, answer: dict[str, Any]) -> str:
    why = [answer["refused"]] if "refused" in answer else []
    if answer.get("lacks"):
        why.append(f"missing layers: {', '.join(answer['lacks'])}")
    return f"{profile}: {'; '.join(why)}"


@contextlib.contextmanager
def _listener() -> Iterator[int]:
    """A port of loopback's on which somebody listens, for a worker that tries to connect."""
    try:
        server = socket.create_server(("127.0.0.1", 0))
    except OSError:  # a machine without loopback has nothing to connect to
        yield 9
        return
    with server:
        yield server.getsockname()[1]


def _temptations(lab: Lab, port: int) -> dict[str, Any]:
    """What a worker tries to reach (`worker/trial.py`)."""
    return {
        "files": [str(path) for path in [*lab.answers(), *lab.notebooks()]],
        "folder": str(lab.hidden_suite),
        "port": port,
        "grader": os.getpid(),
    }


def libraries_in(submissions: Iterable[Submission]) -> set[str]:
    """The slow libraries that any of the submissions seems to import: what `Sandbox.start` should preload."""
    found: set[str] = set()
    for content in (content for submission in submissions for content in submission.files.values()):
        found |= {library for library in _LIBRARIES.keys() - found if _LIBRARIES[library].search(content)}
    return found


def _contents(lab: Lab, limits: Limits, preload: Collection[str]) -> dict[str, Any]:
    """What workers are made of: limits, modules, the lab's own files."""
    tests = [_TESTS] if any(question.breaks for question in lab.manifest.questions) else []
    longest = max(limits.seconds, limits.training_seconds) if lab.manifest.convergence else limits.seconds
    return {
        "limits": {"memory_mb": limits.memory_mb, "cpu_seconds": int(longest) + _CPU_MARGIN},
        "scenarios": {name: content.decode() for name, content in lab.scenario_files().items()},
        # torch.optim's first step imports torch._dynamo, more than a second's work; but not where it is refused
        "preload": [*tests, *sorted(n for n in preload if n != "torch._dynamo" or not lab.refuses_delegation)],
        "given": {name: content.decode() for name, content in lab.given_files().items()},
        "refuse_delegation": lab.refuses_delegation,
    }


def _site_packages() -> list[str]:
    """Where they are in truth: a link on the way there may not exist inside of a sandbox."""
    paths = sysconfig.get_paths()
    return sorted({os.path.realpath(paths[kind]) for kind in ("purelib", "platlib")})


def _readable() -> list[str]:
    """What a Python with torch must be able to read: itself, its packages, shared libraries, the worker package."""
    base = sysconfig.get_paths(vars={"base": sys.base_prefix, "platbase": sys.base_exec_prefix})
    library = sysconfig.get_config_var("LIBDIR")
    own = [base["stdlib"], base["platstdlib"], *_site_packages(), str(_WORKER)]
    shared = [library] if library and Path(library).is_relative_to(sys.base_prefix) else []
    system = ["/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache", "/usr/share/zoneinfo"]
    return sorted({os.path.realpath(path) for path in own + shared + system if Path(path).exists()})

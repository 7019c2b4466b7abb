"""The zygote, from the grader's side: started once, in the strongest isolation that holds on this machine."""

import os
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, Self

import msgpack

import autograder.worker
from autograder.errors import InstructorError, IsolationError
from autograder.lab import Lab, Limits
from autograder.submission import Submission
from autograder.worker import kernel

ISOLATION = {"auto": ("namespaces", "landlock"), "strict": ("namespaces",), "local": ("local",)}
# What students import beside torch, and the word in their files that tells so: imported once, before the fork,
# rather than in every worker; but each makes every fork dearer, so only what somebody uses.
_LIBRARIES = {"matplotlib.pyplot": b"matplotlib"}

_START_SECONDS = 120.0
_STOP_SECONDS = 5.0
_CPU_MARGIN = 3  # whole CPU seconds beyond the wall limit: the backstop, should the judge itself be stuck
_WORKER = Path(autograder.worker.__file__).parent


class Sandbox:
    """A zygote of this process's own.  Judges forked after `start` share it; it ends with who started it.

    Attributes:
        profile: the name of the isolation profile that holds.
        layers: what that profile consists of, by the zygote's account.
    """

    def __init__(self, profile: str, layers: Sequence[str], process: subprocess.Popen[bytes], control: socket.socket):
        self.profile = profile
        self.layers = tuple(layers)
        self._process = process
        self._control = control

    @classmethod
    def start(cls, isolation: str, lab: Lab, limits: Limits, preload: Collection[str] = ()) -> "Sandbox":
        """Probe the profiles of `isolation` ("auto", "strict" or "local") in turn and start the first that holds.

        Workers find the modules `preload` imported already.

        Raises:
            IsolationError: none holds; the message says why, for each.
            InstructorError: the scenarios are missing or cannot be imported.
        """
        kernel.set_dumpable(False)  # this process holds the answers: nobody of the same user may look into it
        refusals = []
        for profile in ISOLATION[isolation]:
            process, control = _spawn()
            answer = _configure(control, _configuration(profile, lab, limits, preload))
            if "ready" in answer:
                return cls(profile, answer["ready"], process, control)
            _stop(process, control)
            if "broken" in answer:
                raise InstructorError(f"{lab.hidden_suite / 'scenarios.py'} cannot be imported: {answer['broken']}")
            refusals.append(f"{profile}: {answer['refused']}")
        raise IsolationError(
            f"No sandbox holds on this machine ({'; '.join(refusals)}). Nothing was graded. "
            "Grade on Linux, or pass --isolation local for code that you trust."
        )

    def request_worker(self, channel: int, output: int, lease: int) -> None:
        """Have a worker forked that holds these descriptors as its channel, its stdout and stderr, and its lease."""
        socket.send_fds(self._control, [b"worker"], [channel, output, output, lease])

    def close(self) -> None:
        _stop(self._process, self._control)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _spawn() -> tuple[subprocess.Popen[bytes], socket.socket]:
    """An interpreter that runs the worker package with an empty environment, and our end of its control socket."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    one_thread = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_WORKER), str(theirs.fileno()), *_site_packages()],
            pass_fds=[theirs.fileno()],
            env={**one_thread, "LANG": "C.UTF-8", "MPLBACKEND": "Agg", "PYTORCH_NVML_BASED_CUDA_CHECK": "1"},
            cwd="/",
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # out of reach of the terminal's ^C
        )
    return process, ours


def _configure(control: socket.socket, configuration: dict[str, Any]) -> dict[str, Any]:
    control.settimeout(_START_SECONDS)
    try:
        control.send(msgpack.packb(configuration))
        answer = control.recv(1 << 16)
    except OSError as error:
        return {"refused": str(error)}
    control.settimeout(None)
    return dict(msgpack.unpackb(answer)) if answer else {"refused": "the zygote died while it started"}


def _stop(process: subprocess.Popen[bytes], control: socket.socket) -> None:
    """Hang up, which ends a zygote whose judges are gone, and make sure."""
    control.close()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def libraries_in(submissions: Iterable[Submission]) -> set[str]:
    """The slow libraries that any of the submissions seems to import: what `Sandbox.start` should preload."""
    mentioned = {word for s in submissions for f in s.files.values() for word in _LIBRARIES.values() if word in f}
    return {library for library, word in _LIBRARIES.items() if word in mentioned}


def _configuration(profile: str, lab: Lab, limits: Limits, preload: Collection[str]) -> dict[str, Any]:
    scenarios = lab.hidden_suite / "scenarios.py"
    if not scenarios.is_file():
        raise InstructorError(f"{scenarios} is missing: the lab's scenarios belong there.")
    return {
        "profile": profile,
        "limits": {"memory_mb": limits.memory_mb, "cpu_seconds": int(limits.seconds) + _CPU_MARGIN},
        "readable": _readable(),
        "scenarios": scenarios.read_text("utf-8"),
        "preload": sorted(preload),
        "given": {name: content.decode() for name, content in lab.given_files().items()},
    }


def _site_packages() -> list[str]:
    paths = sysconfig.get_paths()
    return sorted({paths["purelib"], paths["platlib"]})


def _readable() -> list[str]:
    """What a Python with torch must be able to read: itself, its packages, shared libraries, the worker package."""
    base = sysconfig.get_paths(vars={"base": sys.base_prefix, "platbase": sys.base_exec_prefix})
    library = sysconfig.get_config_var("LIBDIR")
    own = [base["stdlib"], base["platstdlib"], *_site_packages(), str(_WORKER)]
    shared = [library] if library and Path(library).is_relative_to(sys.base_prefix) else []
    system = ["/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache", "/usr/share/zoneinfo"]
    return sorted({os.path.realpath(path) for path in own + shared + system if Path(path).exists()})

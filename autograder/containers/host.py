"""The caller's side: starts one container for a whole batch, hears what becomes of it, and ends it when told to."""

import contextlib
import os
import secrets
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from autograder.batch import Events, Order, prepared
from autograder.containers.engines import Engine, Image
from autograder.containers.mounts import CACHE, mounted
from autograder.containers.orders import heed, pack, refuse_others
from autograder.errors import HarnessError
from autograder.records import Row

_COMMAND = "carry-out"
_SCRATCH = Path("/run/grader")  # in the container, so that /tmp may hold what is mounted from the caller's
_ENVIRONMENT = {"HOME": _SCRATCH, "TMPDIR": _SCRATCH, "MPLCONFIGDIR": _SCRATCH, "XDG_CACHE_HOME": CACHE}
_SCRATCH_MB, _SCRATCH_MB_PER_JOB = 1024, 512
_BASE_MB, _MB_PER_JOB = 1536, 1024  # the grader with torch; a judge's own pages, beyond what its worker may use
_BASE_PIDS, _PIDS_PER_JOB, _PIDS_PER_CPU = 128, 64, 2
_STOP_SECONDS = 20
_ERROR_BYTES = 4000
_NOT_STARTED, _KILLED = (125, 126, 127), (137, -9)  # exit codes, the first of them as both engines document them


@dataclass(frozen=True)
class Container:
    """Where to grade: an engine, an image that it has, and which GPUs if any."""

    engine: Engine
    image: Image
    gpus: str | None = None

    def run(self, order: Order, events: Events) -> list[Row]:
        """As `batch.run`, in a container that is gone afterwards.

        Raises:
            As `batch.run`; also UsageError when the image's labels tell of another version of the grader or the lab;
                HarnessError when the container cannot be started, or ends before the batch does.
        """
        refuse_others(order.lab, self.image.labels)
        with prepared(order, events):
            order = _absolute(order)
            with mounted(order, self.engine, events.on_notice) as mounts:
                return self._run(order, events, mounts)

    def _run(self, order: Order, events: Events, mounts: Sequence[str]) -> list[Row]:
        name = f"dl-lab-grader-{secrets.token_hex(6)}"
        command = [self.engine.program, *self._arguments(name, order, mounts), self.image.id, _COMMAND]
        with tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,  # out of reach of the terminal's ^C
            )
            assert process.stdin and process.stdout
            try:
                with contextlib.suppress(BrokenPipeError):  # why it ended shows below
                    process.stdin.write(pack(order))
                    process.stdin.flush()
                first = process.stdout.readline()
                rows = heed(chain([first] if first else [], iter(process.stdout.readline, "")), events)
            except BaseException:
                with contextlib.suppress(OSError):
                    process.stdin.close()  # which ends a container that was not there yet when it was to be stopped
                self.engine.stop(name, _STOP_SECONDS)
                raise
            finally:
                self._see_it_gone(process, name)
            if rows is None:
                raise HarnessError(self._broken_off(process.returncode, _end_of(errors.fileno()), begun=bool(first)))
        return rows

    def _see_it_gone(self, process: "subprocess.Popen[str]", name: str) -> None:
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.engine.remove(name)
            process.kill()
            process.wait()
        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                stream.close()  # type: ignore[union-attr]

    def _arguments(self, name: str, order: Order, mounts: Sequence[str]) -> list[str]:
        memory = _BASE_MB + order.jobs * (order.limits.memory_mb + _MB_PER_JOB)
        memory = min(memory, self.engine.memory_mb or memory)
        scratch = _SCRATCH_MB + _SCRATCH_MB_PER_JOB * order.jobs
        processes = _BASE_PIDS + _PIDS_PER_JOB * order.jobs + _PIDS_PER_CPU * (os.cpu_count() or 1)
        variables = {**_ENVIRONMENT, "GRADER_IMAGE": self.image.id}
        return [
            "run", "--rm", "--interactive", "--pull=never", f"--name={name}",
            "--network=none", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges",
            *self.engine.manners(),
            f"--memory={memory}m", f"--memory-swap={memory}m",
            f"--pids-limit={processes}",
            f"--tmpfs={_SCRATCH}:rw,nosuid,nodev,noexec,size={scratch}m,mode=1777",
            "--log-driver=none", "--no-healthcheck",
            *self.engine.user(),
            *(self.engine.gpus(self.gpus) if self.gpus else []),
            *(f"--env={key}={value}" for key, value in variables.items()),
            *mounts,
        ]  # fmt: skip

    def _broken_off(self, code: int, said: str, begun: bool) -> str:
        told = f" {self.engine.name} says: {said}" if said else ""
        if code in _NOT_STARTED:
            needs = (
                f" With --gpus {self.gpus} the machine needs an NVIDIA GPU and NVIDIA's container toolkit: install it, "
                "or leave --gpus out to train on the CPU."
            )
            return f"The container could not be started, and nothing was graded.{needs * bool(self.gpus)}{told}"
        why = "it was killed, perhaps for its memory" if code in _KILLED else f"exit code {code}"
        if not begun:
            return (
                f"The container ended before anything was graded ({why}). See that the image {self.image.name} holds "
                f"this grader.{told}"
            )
        return (
            f"The container ended before the batch did ({why}). What was graded is kept; the same command goes on from "
            f"there.{told}"
        )


def _absolute(order: Order) -> Order:
    """The same with paths that mean the same in a container, which has a current folder of its own."""
    sources = [
        replace(
            source,
            path=_rooted(source.path),
            parts=tuple(replace(part, path=_rooted(part.path)) for part in source.parts),
        )
        for source in order.sources
    ]
    earlier = order.earlier and _rooted(order.earlier)
    return replace(order, sources=sources, out=_rooted(order.out), earlier=earlier)


def _rooted(path: Path) -> Path:
    """The path as it is typed, from the root on, and with no way back, which may lead over folders not mounted."""
    if ".." not in path.parts:
        return path.absolute()
    return path.resolve() if path.name == ".." else path.parent.resolve() / path.name


def _end_of(errors: int) -> str:
    """The last of what a file holds, as text."""
    size = os.fstat(errors).st_size
    return os.pread(errors, _ERROR_BYTES, max(0, size - _ERROR_BYTES)).decode("utf-8", "replace").strip()

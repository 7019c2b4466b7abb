"""Docker or podman: what is asked of them, and how each is asked."""

import json
import os
import resource
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder.errors import HarnessError, UsageError

ENGINES = ("docker", "podman")
GRADER_UID = 10001  # the image's own user, for callers who are root

_ASK_SECONDS = 60.0
_ENOUGH = 1 << 14
_LIMITS = {"nofile": resource.RLIMIT_NOFILE, "nproc": resource.RLIMIT_NPROC}


@dataclass(frozen=True)
class Image:
    """An image that an engine has: its name, its id (a digest of all that it is, "sha256:…"), its labels."""

    name: str
    id: str
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Engine:
    """An engine that answers.

    Attributes:
        program: its path.
        rootless: whether its containers' root is the caller.
        remaps: whether it gives containers other user ids than they have here.
        memory_mb: what all its containers may use.
    """

    program: str
    is_podman: bool
    rootless: bool
    remaps: bool = False
    memory_mb: int = 0

    @classmethod
    def find(cls, wanted: str | None = None) -> "Engine":
        """The engine called `wanted`, or else the first of `ENGINES` that answers.

        Raises:
            UsageError: there is none; the message says what each lacks.
        """
        refusals = []
        for name in [wanted] if wanted else ENGINES:
            program = shutil.which(name)
            if program is None:
                refusals.append(f"{name} is not installed")
                continue
            found = _ask(program, "info", "--format", "{{json .}}")
            told = json.loads(found.stdout) if found.returncode == 0 else {}
            if told and not told.get("ServerErrors"):
                return _described(program, told)
            errors = [found.stderr, *(told.get("ServerErrors") or ())]
            refusals.append(f"{name} does not answer: {_last_line(' '.join(errors))}")
        raise UsageError(
            f"No container can be run: {'; '.join(refusals)}. Install and start Docker or podman, or leave --docker "
            "out."
        )

    @property
    def name(self) -> str:
        return "podman" if self.is_podman else "docker"

    def image(self, name: str) -> Image | None:
        """The image that it has under this name."""
        found = _ask(self.program, "image", "inspect", name)
        if found.returncode != 0:
            return None
        (told,) = json.loads(found.stdout)
        identity = str(told["Id"]).removeprefix("sha256:")  # podman leaves the word out
        return Image(name, f"sha256:{identity}", told.get("Config", {}).get("Labels") or {})

    def stop(self, name: str, seconds: int) -> None:
        """End a container: by a signal, and after so many seconds by force."""
        _ask(self.program, "stop", "--time", str(seconds), name, seconds=seconds + _ASK_SECONDS)

    def remove(self, name: str) -> None:
        """End a container by force, and have nothing left of it."""
        _ask(self.program, "rm", "--force", name)

    def user(self) -> list[str]:
        """Options by which what the container writes is the caller's, or `GRADER_UID`'s where the caller is root."""
        uid, gid = os.geteuid(), os.getegid()
        if self.rootless and self.is_podman:
            return ["--userns=keep-id", f"--user={uid}:{gid}", "--group-add=keep-groups"]
        if self.rootless:
            return ["--user=0:0"]  # who is the caller outside, and has no capability inside
        if self.remaps:
            return ["--userns=host", *replace(self, remaps=False).user()]
        if uid == 0:
            return [f"--user={GRADER_UID}:{GRADER_UID}"]
        return [f"--user={uid}:{gid}", *(f"--group-add={group}" for group in os.getgroups() if group != gid)]

    @property
    def drops_root(self) -> bool:
        """Whether what the container reads and writes must be handed to `GRADER_UID`, since the caller is root."""
        return os.geteuid() == 0 and not self.rootless

    def manners(self) -> list[str]:
        """Options by which podman does as Docker does, and SELinux lets the container have what it is given."""
        options = ["--security-opt=label=disable"] if os.path.exists("/sys/fs/selinux/enforce") else []
        if not self.is_podman:
            return options
        # or it would mount more that can be written to, and ask for more files and processes than its caller may have
        own = {name: resource.getrlimit(kind)[1] for name, kind in _LIMITS.items()}
        enough = {name: min(_ENOUGH, hard) if hard != resource.RLIM_INFINITY else _ENOUGH for name, hard in own.items()}
        return [
            *options,
            "--read-only-tmpfs=false",
            *(f"--ulimit={name}={most}:{most}" for name, most in enough.items()),
        ]

    def gpus(self, wanted: str) -> list[str]:
        """Options that let the container have GPUs, which are named as for Docker: all, device=0,1 or how many.

        Raises:
            UsageError: podman cannot be asked for so many, whichever they are.
        """
        if not self.is_podman:
            return [f"--gpus={wanted}"]
        named = wanted.strip('"')
        if named != "all" and not named.startswith("device="):
            raise UsageError(f"podman takes --gpus all, or device=0,1 with the numbers of GPUs, and not {wanted!r}.")
        return [f"--device=nvidia.com/gpu={name}" for name in named.removeprefix("device=").split(",")]


def _described(program: str, told: dict[str, Any]) -> Engine:
    host = told.get("host")  # podman's word
    if host:
        rootless = bool(host.get("security", {}).get("rootless"))
        return Engine(program, True, rootless, memory_mb=int(host.get("memTotal", 0)) >> 20)
    options = [option.partition(",")[0] for option in told.get("SecurityOptions") or ()]
    rootless, remaps = "name=rootless" in options, "name=userns" in options
    return Engine(program, False, rootless, remaps, int(told.get("MemTotal", 0)) >> 20)


def _ask(program: str, *arguments: str, seconds: float = _ASK_SECONDS) -> subprocess.CompletedProcess[str]:
    """Not to be reached by the terminal's ^C, which is for the grader to hear."""
    try:
        return subprocess.run(
            [program, *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            start_new_session=True,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HarnessError(f"{program} does not answer: {error}. See that it runs, and call this again.") from error


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it says nothing"


def bind(source: Path, target: Path, writable: bool = False) -> list[str]:
    """The option that mounts `source` as `target`; the engines read its value as a line of CSV."""
    fields = ["type=bind", f"source={source}", f"target={target}", *([] if writable else ["readonly"])]
    return ["--mount", ",".join(_quoted(field) for field in fields)]


def _quoted(field: str) -> str:
    escaped = field.replace('"', '""')
    return f'"{escaped}"' if set(field) & set(',"\n') else field

"""The process that workers are forked from: torch and the scenarios imported, no answers, no environment.

Control messages are msgpack dicts over a SEQPACKET socket.  First comes the configuration
`{"profile", "limits", "readable", "work", "devices", "temptations", "preload", "given", "scenarios",
"refuse_delegation"}`; the answer is
`{"ready": layers, "lacks": layers}`, `{"refused": why, "lacks": layers}` by the machine, or `{"broken": why}` if the
lab's files cannot be imported.
After that every message is a request for one worker and brings four descriptors: the worker's channel, stdout,
stderr, and the lease.  On the lease go the worker's pidfd with `{"folder"}`, where it writes (None if nobody else
can see it), and in the end `{"status", "cpu", "memory_kb"}`.
"""

import contextlib
import gc
import importlib
import importlib.abc
import os
import select
import signal
import socket
import sys
import tempfile
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from types import FunctionType, ModuleType
from typing import Any

import msgpack

from . import kernel
from .lockdown import OUT_OF_MEMORY_STATUS, PROFILES, Limits, Lodging, Profile
from .trial import Temptations

_MESSAGE_LIMIT = 1 << 18


def main(control_fd: int) -> None:
    """Configure, lock up, import, and fork workers until the grader is gone."""
    kernel.die_with_parent(signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ^C is the grader's to handle
    os.umask(0o077)
    control = socket.socket(fileno=control_fd)
    configuration = msgpack.unpackb(control.recv(_MESSAGE_LIMIT))
    limits = Limits(**configuration["limits"])
    profile = PROFILES[configuration["profile"]](
        limits, configuration["readable"], configuration["work"], configuration["devices"]
    )
    try:
        profile.enclose_zygote()
        profile.probe(Temptations(**configuration["temptations"]))
    except OSError as error:
        control.send(msgpack.packb({"refused": str(error), "lacks": profile.lacks()}))
        return
    try:
        scenarios = _import_everything(configuration)
    except Exception as error:
        control.send(msgpack.packb({"broken": f"{type(error).__name__}: {error}"[:2000]}))
        return
    profile.measure()
    if configuration["devices"]:
        try:
            profile.attempt(_start_cuda)
        except OSError as error:
            control.send(msgpack.packb({"refused": f"CUDA cannot be started in it ({error})", "lacks": []}))
            return
    control.send(msgpack.packb({"ready": profile.layers, "lacks": profile.lacks()}))
    Zygote(control, profile, scenarios).run()


def _import_everything(configuration: dict[str, Any]) -> dict[str, Any]:
    """Import what every worker needs, once, and take the first step of whatever is slow the first time."""
    os.environ["MPLCONFIGDIR"] = tempfile.gettempdir()
    import torch

    torch.set_num_threads(1)
    for name in configuration["preload"]:
        importlib.import_module(name)
    from . import serve

    serve.prepare()
    scenarios = _import_texts(configuration["given"], configuration["scenarios"])
    if configuration.get("refuse_delegation"):
        from .delegation import guard

        guard.install()
    threads = len(os.listdir("/proc/self/task"))
    if threads != 1:
        raise RuntimeError(f"the zygote has {threads} threads, and a fork would copy one of them")
    gc.collect()
    gc.freeze()
    kernel.collapse_private_memory()
    return scenarios


def _start_cuda() -> None:
    """Only ever in a worker: what a process has started on a GPU does not survive a fork."""
    import torch

    torch.zeros(1, device="cuda").add_(1).item()


def _import_texts(given: dict[str, str], scenarios: dict[str, str]) -> dict[str, Any]:
    """Import modules of which there are only texts, by file name; the functions of the scenarios' come out."""
    texts = _Texts({name.removesuffix(".py"): text for name, text in {**given, **scenarios}.items()})
    sys.meta_path.insert(0, texts)
    try:
        for name in given:
            importlib.import_module(name.removesuffix(".py"))
        modules = [importlib.import_module(name.removesuffix(".py")) for name in scenarios]
    finally:
        sys.meta_path.remove(texts)
    for module in modules:
        getattr(module, "warm_up", lambda: None)()
    found: dict[str, Any] = {}
    for name, thing in ((name, thing) for module in modules for name, thing in _own_functions(module)):
        if name in found:
            raise RuntimeError(f"two scenarios are called {name}")
        found[name] = thing
    return found


def _own_functions(module: ModuleType) -> list[tuple[str, Any]]:
    return [(name, thing) for name, thing in vars(module).items() if _module_of(thing) == module.__name__]


def _module_of(thing: Any) -> str | None:
    return thing.__module__ if isinstance(thing, FunctionType) else None


class _Texts(importlib.abc.MetaPathFinder, importlib.abc.ExecutionLoader):
    """Imports modules from their texts, by module name."""

    def __init__(self, texts: dict[str, str]):
        self._texts = texts

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        return ModuleSpec(name, self, origin=f"{name}.py") if name in self._texts else None

    def get_source(self, name: str) -> str:
        return self._texts[name]

    def get_filename(self, name: str) -> str:
        return f"{name}.py"

    def is_package(self, name: str) -> bool:
        return False


@dataclass
class _Tenant:
    """One worker, as the zygote keeps it."""

    pid: int
    pidfd: int
    lease: socket.socket
    lodging: Lodging


class Zygote:
    """Forks a worker for each request, and reports its end on the lease."""

    def __init__(self, control: socket.socket, profile: Profile, scenarios: dict[str, Any]):
        self._control = control
        self._profile = profile
        self._scenarios = scenarios
        self._by_fd: dict[int, _Tenant] = {}  # under the pidfd and under the lease
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)

    def run(self) -> None:
        while True:
            for fd, _ in self._poll.poll():
                if fd == self._control.fileno():
                    if not self._accept():
                        self._end_all()
                        return
                elif (tenant := self._by_fd.get(fd)) is None:
                    continue  # ended by an earlier event of this round
                elif fd == tenant.pidfd:
                    self._report_end(tenant)
                else:
                    self._evict(tenant)

    def _accept(self) -> bool:
        message, fds, _, _ = socket.recv_fds(self._control, _MESSAGE_LIMIT, 4)
        if not message:
            return False
        if len(fds) < 4:  # this process is out of descriptors: they were cut off
            for fd in fds:
                os.close(fd)
            return True
        channel, stdout, stderr, lease_fd = fds
        lease = socket.socket(fileno=lease_fd)
        lodging = None
        try:
            lodging = self._profile.lodge()
            pid = self._profile.fork()
        except OSError:  # no process or folder to be had: the judge sees its lease end, and others may fare better
            for thing in (channel, stdout, stderr, lease.detach()):
                os.close(thing)
            if lodging:
                self._profile.clear(lodging)
            return True
        if pid == 0:
            self._become_worker((channel, stdout, stderr), lodging)
        for fd in (channel, stdout, stderr):
            os.close(fd)
        tenant = _Tenant(pid, os.pidfd_open(pid), lease, lodging)
        with contextlib.suppress(OSError):  # the judge is gone already, which poll will say
            where = {"folder": lodging.folder if lodging.visible else None}
            socket.send_fds(lease, [msgpack.packb(where)], [tenant.pidfd])
        for fd in (tenant.pidfd, lease.fileno()):
            self._by_fd[fd] = tenant
            self._poll.register(fd, select.POLLIN)
        return True

    def _become_worker(self, fds: tuple[int, int, int], lodging: Lodging) -> None:
        from .serve import CHANNEL, serve

        status = 1
        try:
            channel, stdout, stderr = (os.dup2(fd, 100 + i, inheritable=False) for i, fd in enumerate(fds))
            null = os.open(os.devnull, os.O_RDONLY)
            for target, fd in ((0, null), (1, stdout), (2, stderr), (CHANNEL, channel)):
                os.dup2(fd, target)
            self._profile.enclose_worker(lodging)
            kernel.close_from(CHANNEL + 1)
            serve(self._scenarios, self._profile.layers)
            status = 0
        except MemoryError:
            status = OUT_OF_MEMORY_STATUS
        except BaseException as error:
            os.write(2, f"worker: {type(error).__name__}: {error}\n".encode(errors="backslashreplace"))
        finally:
            os._exit(status)

    def _evict(self, tenant: _Tenant) -> None:
        """The judge let go of the lease: it is done with this worker, or dead."""
        os.kill(tenant.pid, signal.SIGKILL)  # not reaped yet, so the number is still this worker's
        with contextlib.suppress(KeyError):
            self._poll.unregister(tenant.lease)

    def _end_all(self) -> None:
        """Every grader is gone."""
        for tenant in {tenant.pid: tenant for tenant in self._by_fd.values()}.values():
            self._evict(tenant)
            self._report_end(tenant)

    def _report_end(self, tenant: _Tenant) -> None:
        _, status, usage = os.wait4(tenant.pid, 0)
        end = {"status": status, "cpu": usage.ru_utime + usage.ru_stime, "memory_kb": usage.ru_maxrss}
        self._poll.unregister(tenant.pidfd)
        with contextlib.suppress(OSError, KeyError):  # evicted: nobody is left to tell
            self._poll.unregister(tenant.lease)
            tenant.lease.send(msgpack.packb(end))
        for fd in (tenant.pidfd, tenant.lease.fileno()):
            del self._by_fd[fd]
        os.close(tenant.pidfd)
        tenant.lease.close()
        self._profile.clear(tenant.lodging)

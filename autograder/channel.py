"""One worker, from the grader's side: ask, wait, and learn how it ended.

The other end is the student's process, so what it says is data to be compared and never believed: every wait has a
deadline, every size a limit, and whatever breaks the protocol ends the worker.
"""

import errno
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from typing import Any

import msgpack

from autograder import processes
from autograder.errors import HarnessError, StudentError, Verdict
from autograder.lab import Limits
from autograder.sandbox import Sandbox
from autograder.worker import wire
from autograder.worker.lockdown import FILE_MB, OUT_OF_MEMORY_STATUS, THREADS

REPLY_SLACK = 1 << 16  # bytes that a reply may exceed the expected trace by, before it is malformed
_START_SECONDS = 60.0
_FILES_LIMIT = 4096
_LOOK_SECONDS = 0.05  # between two looks at what a worker uses
_DRAIN_ROUNDS = 16  # reads of output in a row: a student who prints without end must not hold the judge up
_DEAD_SECONDS = 1.0
_FORBIDDEN = (
    "The code was ended for a system call that no submission has any business with, such as looking into other "
    "processes, mounting file systems or changing who it runs as."
)
_SHARED_WITH_ZYGOTE = 400 << 20  # counted in a worker's resident size, though it is the zygote's


class Worker:
    """A fresh process that holds nothing of any student's yet.

    Args:
        sandbox: the zygote to fork it from.
        limits: wall seconds are named in messages only; the deadline comes with each request.
        on_output: called with each piece of what the process prints.

    Raises:
        HarnessError: it did not come up locked down; that is no fault of the student's.
    """

    def __init__(self, sandbox: Sandbox, limits: Limits, on_output: Callable[[bytes], None]):
        self._sandbox = sandbox
        self._limits = limits
        self._on_output = on_output
        self._inbox = bytearray()
        self._outbox = memoryview(b"")
        self._channel, their_channel = socket.socketpair()
        self._lease, their_lease = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._output, their_output = os.pipe()
        self._channel.setblocking(False)
        os.set_blocking(self._output, False)
        self._poll = select.poll()
        self._poll.register(self._channel, select.POLLIN)
        self._poll.register(self._output, select.POLLIN)
        self._pid, self._pidfd = 0, -1
        self._folder: str | None = None
        try:
            with their_channel, their_lease:
                sandbox.request_worker(their_channel.fileno(), their_output, their_lease.fileno())
        except HarnessError:
            self.close()
            raise
        finally:
            os.close(their_output)
        self._greet()

    def ask(self, request: dict[str, Any], deadline: float, payload_limit: int) -> dict[str, Any]:
        """Send `request` and wait for the reply: `{"id", "result"}` or `{"id", "error"}`.

        `deadline` is on the clock of `time.monotonic`; `payload_limit` counts the bytes of tensors.

        Raises:
            StudentError: no proper reply came in time; the worker is gone then.
        """
        number = int.from_bytes(os.urandom(7), "little")
        self._outbox = memoryview(wire.encode({"id": number, **request}))
        self._poll.modify(self._channel, select.POLLIN | select.POLLOUT)
        try:
            return self._receive(number, deadline, payload_limit)
        except _HungUp:
            raise self._obituary() from None
        except StudentError:
            self._kill()
            raise

    def close(self) -> None:
        """Kill the worker, if it lives, and let go of it."""
        if self._output >= 0:
            self._take_output()
        for thing in (self._lease, self._channel):
            thing.close()  # the zygote kills whoever's lease is let go
        for fd in (self._output, self._pidfd):
            if fd >= 0:
                os.close(fd)
        self._output = self._pidfd = -1

    def _kill(self) -> None:
        """Close, and wait until the memory that it may have been killed for is free: the next worker needs it."""
        self._lease.close()
        _dies(self._pidfd, _DEAD_SECONDS)
        self.close()

    def _greet(self) -> None:
        try:
            message, (self._pidfd,) = self._sandbox.hear(self._lease)
            self._folder = msgpack.unpackb(message)["folder"]
            self._pid = _pid_behind(self._pidfd)
            self._receive(0, time.monotonic() + _START_SECONDS, REPLY_SLACK)
        except HarnessError:
            self.close()
            raise
        except (OSError, ValueError, _HungUp, StudentError) as error:
            self.close()
            raise HarnessError(f"A worker did not come up locked down: {error or 'it died'}.") from error

    def _receive(self, number: int, deadline: float, payload_limit: int) -> dict[str, Any]:
        """Pump all descriptors until the reply to request `number` is whole."""
        next_look = time.monotonic() + _LOOK_SECONDS
        while True:
            frame = self._take_frame(payload_limit)
            if frame is not None:
                return _checked_reply(frame, number)
            now = time.monotonic()
            if now >= deadline:
                raise StudentError(Verdict.TIMEOUT, f"The code ran for longer than {self._limits.seconds:g} s.")
            if now >= next_look:
                self._watch_memory_and_threads()
                self._watch_files()
                next_look = now + _LOOK_SECONDS
            for fd, events in self._poll.poll((min(deadline, next_look) - now) * 1000):
                if fd == self._output:
                    self._take_output()
                else:
                    self._exchange(events)

    def _exchange(self, events: int) -> None:
        """Send what waits to be sent, and take what has come."""
        if events & select.POLLOUT:
            try:
                self._outbox = self._outbox[self._channel.send(self._outbox) :]
            except BlockingIOError:
                pass
            except OSError:
                raise _HungUp from None
            if not self._outbox:
                self._poll.modify(self._channel, select.POLLIN)
        if events & ~select.POLLOUT:
            try:
                data = self._channel.recv(1 << 20)  # plain recv: descriptors that came along are dropped
            except BlockingIOError:
                return
            except OSError:
                raise _HungUp from None
            if not data:
                raise _HungUp
            self._inbox += data

    def _take_frame(self, payload_limit: int) -> tuple[bytes, bytearray] | None:
        """The next whole frame, or None as long as bytes are missing."""
        start = wire.PREFIX.size
        if len(self._inbox) < start:
            return None
        header, payload = wire.PREFIX.unpack(self._inbox[:start])
        if header > wire.HEADER_LIMIT or payload > payload_limit:
            raise _malformed("a reply larger than what was asked for")
        end = start + header + payload
        if len(self._inbox) < end:
            return None
        if len(self._inbox) > end:
            raise _malformed("more than was asked for")
        frame = bytes(self._inbox[start : start + header]), self._inbox[start + header :]
        self._inbox = bytearray()
        return frame

    def _take_output(self) -> None:
        for _ in range(_DRAIN_ROUNDS):
            try:
                data = os.read(self._output, 1 << 16)
            except BlockingIOError:
                return
            if not data:
                self._poll.unregister(self._output)
                os.close(self._output)
                self._output = -1
                return
            self._on_output(data)

    def _watch_memory_and_threads(self) -> None:
        """Shared mappings escape RLIMIT_DATA, and threads of a user who has other processes RLIMIT_NPROC."""
        resident, threads = _in_use(self._pid)
        if resident > _SHARED_WITH_ZYGOTE + (self._limits.memory_mb << 20):
            raise self._out_of_memory()
        if threads > THREADS:
            raise StudentError(Verdict.ERROR, f"The code started more than {THREADS} threads.")

    def _out_of_memory(self) -> StudentError:
        used = f"The code used more than {self._limits.memory_mb} MB of memory."
        return StudentError(Verdict.OUT_OF_MEMORY, used)

    def _watch_files(self) -> None:
        """Where the work folder is not a file system of its own, it has no limit but this look."""
        if self._folder and _is_overfull(self._folder):
            raise StudentError(Verdict.ERROR, f"The code wrote more than {FILE_MB} MB, or {_FILES_LIMIT} files.")

    def _obituary(self) -> StudentError:
        """Why the worker hung up, by what the zygote saw of its end."""
        try:
            if not _dies(self._pidfd, _DEAD_SECONDS):
                return _malformed("the end of the conversation, and lived on")
            end = msgpack.unpackb(self._sandbox.hear(self._lease)[0])
        finally:
            self.close()
        if end["status"] == OUT_OF_MEMORY_STATUS << 8:
            return self._out_of_memory()
        if not os.WIFSIGNALED(end["status"]):
            return StudentError(Verdict.CRASHED, "The code ended the process before it answered.")
        number = os.WTERMSIG(end["status"])
        if number in (signal.SIGKILL, signal.SIGXCPU) and end["cpu"] >= self._limits.seconds:
            return StudentError(Verdict.TIMEOUT, f"The code ran for longer than {self._limits.seconds:g} s.")
        if number == signal.SIGSYS:
            return StudentError(Verdict.FORBIDDEN, _FORBIDDEN)
        if number == signal.SIGKILL:
            return StudentError(Verdict.OUT_OF_MEMORY, "The code was killed, most likely for want of memory.")
        return StudentError(Verdict.CRASHED, f"The code crashed Python ({signal.Signals(number).name}).")


class _HungUp(Exception):
    """The worker closed its end of the channel."""


def _malformed(what: str) -> StudentError:
    return StudentError(Verdict.MALFORMED, f"The code sent the grader {what}.")


def _checked_reply(frame: tuple[bytes, bytearray], number: int) -> dict[str, Any]:
    try:
        reply = wire.decode(*frame)
    except wire.MalformedError as error:
        raise _malformed(f"something that is no reply ({error})") from error
    if not isinstance(reply, dict) or type(reply.get("id")) is not int or reply["id"] != number:
        raise _malformed("an answer to a question that was not asked")
    if ("result" in reply) == isinstance(reply.get("error"), dict):
        raise _malformed("a reply with neither a result nor an error, or with both")
    return {"error": reply["error"]} if "result" not in reply else {"result": reply["result"]}


def _dies(pidfd: int, seconds: float) -> bool:
    """Whether the process behind a pidfd, with all its threads, ends within `seconds`."""
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _pid_behind(pidfd: int) -> int:
    """The process that a pidfd stands for, as this process numbers it; 0 if it is out of sight."""
    with open(f"/proc/self/fdinfo/{pidfd}") as file:
        numbers = [int(line.split()[1]) for line in file if line.startswith("Pid:")]
    return max(0, *numbers, 0)


def _is_overfull(folder: str) -> bool:
    """Whether the files below `folder` take more than `FILE_MB`, or are too many to be counted on every look."""
    size = count = 0
    waiting = [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    count += 1
                    size += 512 * entry.stat(follow_symlinks=False).st_blocks
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    if size > FILE_MB << 20 or count > _FILES_LIMIT:
                        return True
        except OSError as error:
            if error.errno != errno.ENOENT:  # removed meanwhile; but a name too long to look into hides something
                return True
    return False


def _in_use(pid: int) -> tuple[int, int]:
    """The resident bytes of a process, pages shared with others included, and its threads; 0 if out of sight."""
    fields = processes.stat(pid)
    return (int(fields[24 - 3]) * os.sysconf("SC_PAGE_SIZE"), int(fields[20 - 3])) if fields else (0, 0)

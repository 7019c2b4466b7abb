"""The worker's side of the channel: take files, import them, run scenarios on them, send traces back.

Requests are trees (see `wire`) with an `id`; the reply carries the same id and either `result` or `error`::

    {"id", "do": "compile", "files": {name: bytes}}                         -> result: {name: bytes}, as .pyc files
    {"id", "do": "read", "files": {name: bytes}, "questions": [[file, name]..]} -> result: findings, as data
    {"id", "do": "read alone", "file", "content": bytes}                    -> result None
    {"id", "do": "load", "files": {name: bytes}, "module", "names": [..]}   -> result None
    {"id", "do": "test", "files": {name: bytes}, "file", "modules": bytes} -> result: as in `testing.run`
    {"id", "do": "run", "scenario", "inputs": {..}}                         -> result: the scenario's data

An error is `{"kind", "type", "text", "file", "line"}`.  Nothing in a reply is trusted at the other end.
"""

import contextlib
import importlib
import io
import os
import py_compile
import random
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from py_compile import PycInvalidationMode
from types import TracebackType
from typing import Any, TypeVar

import numpy
import torch

from . import delegation, wire
from .delegation import guard
from .modules import LabModules

CHANNEL = 3
_TEXT_LIMIT = 2000
_BYTECODE_LIMIT = 128 << 10  # in one reply; later files are compiled by each worker that imports them

T = TypeVar("T")
Place = tuple[str | None, int | None]  # a file of the student's and a line in it, as far as known
Handler = Callable[[dict[str, Any]], Any]


def serve(scenarios: dict[str, Callable[..., Any]], layers: tuple[str, ...]) -> None:
    """Say hello, then answer requests until the grader hangs up; the cwd is the work folder."""
    _start_afresh()
    lab = LabModules()
    handlers: dict[str, Handler] = {
        "compile": _compile,
        "read": _read_source,
        "read alone": lambda request: delegation.scan_alone(request["file"], request["content"]),
        "load": _load,
        "test": lambda request: importlib.import_module(".testing", __package__).run(request),
        "run": lambda request: scenarios[request["scenario"]](lab, **request["inputs"]),
    }
    _send({"id": 0, "result": {"hello": list(layers), "pid": os.getpid()}})
    while (request := _receive()) is not None:
        try:
            answer = {"result": handlers[request["do"]](request)}
            frame = wire.encode({"id": request["id"], **answer})
        except BaseException as error:  # SystemExit and KeyboardInterrupt are a student's too
            frame = wire.encode({"id": request["id"], "error": describe(error)})
        _flush()
        _write(frame)


def prepare() -> None:
    """Do once, before the fork, what is the same for every worker, and what is slow the first time."""
    random.seed(0)
    numpy.random.seed(0)
    torch.default_generator.manual_seed(0)  # torch.manual_seed also asks after every kind of accelerator
    _open_streams()
    _try_everything()
    for name in os.environ.keys() - {"TMPDIR"}:  # what is imported from here on may want a folder
        del os.environ[name]
    os.environ.update(MPLBACKEND="Agg", LANG="C.UTF-8", PATH="/usr/bin:/bin", USER="student", LOGNAME="student")
    sys.argv[:] = [""]  # as in an interactive session: ours are nobody's business
    sys.dont_write_bytecode = True


def _open_streams() -> None:
    """Python's streams over descriptors 0 to 2, whatever a worker will have there."""
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - it lives as long as the process
    for fd, name in ((1, "stdout"), (2, "stderr")):
        raw = os.fdopen(fd, "wb", closefd=False)
        stream = io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", line_buffering=True)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _try_everything() -> None:
    """Lazy imports and first calls."""
    weight = torch.ones(2, 2, requires_grad=True)
    torch.autograd.backward((weight @ weight).sum())
    weight.detach().numpy()
    frame = wire.encode({"tensor": weight})
    header_size, _ = wire.PREFIX.unpack(frame[: wire.PREFIX.size])
    body = frame[wire.PREFIX.size :]
    wire.decode(body[:header_size], bytearray(body[header_size:]))


def _start_afresh() -> None:
    """What only the worker itself can say."""
    tempfile.tempdir = None
    work = os.getcwd()
    os.environ.update(HOME=work, TMPDIR=work, MPLCONFIGDIR=work)


def _compile(request: dict[str, Any]) -> dict[str, bytes]:
    """The files' bytecode, under the names where an import looks for it, for the workers that come after this one.

    Nothing of the student's has run yet in this process, so it is the bytecode of these very files.
    """
    write_files(request["files"])
    compiled: dict[str, bytes] = {}
    for name in request["files"]:
        if sum(map(len, compiled.values())) > _BYTECODE_LIMIT:
            break
        with contextlib.suppress(Exception):  # what is wrong with a file is said when it is imported
            target = py_compile.compile(name, doraise=True, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
            compiled[str(target)] = Path(str(target)).read_bytes()
    return compiled


def _read_source(request: dict[str, Any]) -> list[dict[str, Any]]:
    """What leaves the work to others, by `delegation.find`; as trustworthy as `_compile`, and for the same reason."""
    questions = [(file, name) for file, name in request["questions"]]
    return [finding.as_data() for finding in delegation.find(request["files"], questions)]


def write_files(files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _load(request: dict[str, Any]) -> None:
    """Write the submission's files to the work folder, import `module` and look for `names` in it."""
    write_files(request["files"])
    sys.path.insert(0, os.getcwd())  # not before: a compiler that looks for a file's encoding would run what is there
    module = importlib.import_module(request["module"])
    for name in request["names"]:
        if not hasattr(module, name):
            raise MissingNameError(name)


class MissingNameError(Exception):
    """The student's module was imported and lacks this name."""


def describe(error: BaseException) -> dict[str, Any]:
    """What happened and where in the student's files, as data; survives exceptions that misbehave themselves."""
    text = _attempt(lambda: str(error.msg if isinstance(error, SyntaxError) else error), "")
    _attempt(lambda: _print(error), None)
    nowhere: Place = (None, None)
    file, line = _attempt(lambda: _place(error), nowhere)
    return {
        "kind": _attempt(lambda: _kind(error, text, file), "exception"),
        "type": _sendable(_attempt(lambda: str(type(error).__name__), "")),
        "text": _sendable(text),
        "file": file,
        "line": line,
    }


def _attempt(action: Callable[[], T], otherwise: T) -> T:
    try:
        return action()
    except BaseException:
        return otherwise


def _print(error: BaseException) -> None:
    traceback.print_exception(error.with_traceback(_from_their_own_code(error)), file=sys.stderr)


def _sendable(text: str) -> str:
    return text[:_TEXT_LIMIT].encode("utf-8", "backslashreplace").decode()


def _kind(error: BaseException, text: str, file: str | None) -> str:
    if isinstance(error, MissingNameError):
        return "missing"
    if isinstance(error, wire.NoDataError):
        return "no data"
    if isinstance(error, guard.DelegationError):
        return "delegation"
    if isinstance(error, NotImplementedError) and not _is_torch_own(text):
        return "not attempted"
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and "can't allocate memory" in text):
        return "memory"
    if isinstance(error, TypeError) and file is None:
        return "signature"  # the call itself failed: no line of the student's ran
    return "exception"


def _is_torch_own(text: str) -> bool:
    """torch raises NotImplementedError too, for an operation that it lacks for some dtype or device."""
    return any(words in text for words in ("aten::", "not implemented for", "meta tensor"))


def _place(error: BaseException) -> Place:
    """The innermost line of the student's own files, relative to the work folder, that the exception passed."""
    if isinstance(error, SyntaxError) and error.filename:
        line = error.lineno
        return _relative(str(error.filename)), line if type(line) is int and 0 < line < 1 << 31 else None
    place: Place = (None, None)
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        file = _relative(trace.tb_frame.f_code.co_filename)
        if file is not None:
            place = (file, trace.tb_lineno)
        trace = trace.tb_next
    return place


def _from_their_own_code(error: BaseException) -> TracebackType | None:
    """The traceback without our own frames at its top."""
    trace = error.__traceback__
    while trace is not None and _relative(trace.tb_frame.f_code.co_filename) is None:
        trace = trace.tb_next
    return trace


def _relative(filename: str) -> str | None:
    try:
        return str(Path(filename).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return None


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:
            continue  # the student replaced or closed it: their output is lost, their grade is not


def _receive() -> dict[str, Any] | None:
    prefix = _read(wire.PREFIX.size)
    if not prefix:
        return None
    header_size, payload_size = wire.PREFIX.unpack(prefix)
    header = bytes(_read(header_size))
    message: dict[str, Any] = wire.decode(header, _read(payload_size))
    return message


def _read(size: int) -> bytearray:
    """Exactly `size` bytes, or none when the grader hung up."""
    data = bytearray(size)
    view, filled = memoryview(data), 0
    while filled < size:
        got = os.readv(CHANNEL, [view[filled:]])
        if not got:
            return bytearray()
        filled += got
    return data


def _send(message: dict[str, Any]) -> None:
    _write(wire.encode(message))


def _write(frame: bytes) -> None:
    view = memoryview(frame)
    while view:
        view = view[os.write(CHANNEL, view) :]

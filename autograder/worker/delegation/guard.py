"""torch.optim, its kernels and optimizer libraries, made to refuse the student's code when it runs.

The second net behind `reading.py`, for what no reading of the source finds: an attribute's name that is computed,
a function found through gc.  Installed once, in the zygote, so that it costs a worker nothing:

- Every function of torch.optim's modules has its code replaced; the old code is nowhere in the process.  Modules and
  classes stay as they are, for imports, annotations and `isinstance`.
- The kernels of the fused optimizers are replaced in torch's dispatcher, below every name that leads to them.
- Optimizer libraries cannot be imported by the student's code.

A worker is the student's own process, so whoever sets their mind to it undoes this: by running torch's files from
disk anew, say.  It stops those who delegate in passing, and makes the others write what a reader will notice.
"""

import gc
import importlib
import importlib.abc
import importlib.machinery
import pkgutil
import sys
import sysconfig
import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import torch
import torch.optim

from .known_optimizers import FUSED, LIBRARIES, TORCH_OPTIM

_KERNELS = ("aten::_fused_ada", "aten::_fused_sgd")
_kept: list[object] = []  # what torch and Python hold by weak references only


class DelegationError(RuntimeError):
    """The student's code came to something that would do its work; the text says to what."""


def install() -> None:
    """Guard this process and its children; for good."""
    _empty_torch_optim()
    _replace_kernels()
    sys.meta_path.insert(0, _NoLibraries())


def refuse(what: str) -> None:
    raise DelegationError(what)


def _empty_torch_optim() -> None:
    """Give all functions of torch.optim a body that refuses, whatever name or closure they are reached by."""
    for module in pkgutil.walk_packages(torch.optim.__path__, "torch.optim."):
        importlib.import_module(module.name)  # or it would come to life when first asked for
    folder = str(Path(torch.optim.__file__).parent) + "/"
    for thing in gc.get_objects():
        if type(thing) is FunctionType and thing.__code__.co_filename.startswith(folder):
            thing.__code__ = _refusing_code(len(thing.__code__.co_freevars))


@cache
def _refusing_code(free: int) -> CodeType:
    """The code of a function that refuses any arguments and has so many free variables, as its closure demands."""
    names = ", ".join(f"free{i}" for i in range(free))
    source = f"""
def outer({names}):
    def refusing(*args, **kwargs):
        import {__name__} as guard
        guard.refuse(guard.TORCH_OPTIM)
        return ({names})
    return refusing
"""
    made: dict[str, Any] = {}
    exec(source, made)
    code: CodeType = made["outer"](*range(free)).__code__
    return code


def _replace_kernels() -> None:
    library: Any = torch.library.Library("aten", "IMPL")  # type: ignore[no-untyped-call]
    _kept.append(library)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns of every kernel that is replaced
        for name in torch._C._dispatch_get_all_op_names():
            if name.startswith(_KERNELS) and not name.endswith("out"):
                library.impl(name.removeprefix("aten::"), _refuse_kernel, "CPU")


def _refuse_kernel(*args: object, **kwargs: object) -> None:
    refuse(FUSED)


class _NoLibraries(importlib.abc.MetaPathFinder):
    """Refuses to find optimizer libraries, and torch.optim anew, unless it is another library that asks."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        for name in (*LIBRARIES, TORCH_OPTIM):
            if (fullname == name or fullname.startswith(f"{name}.")) and not _caller(1).startswith(_libraries()):
                raise DelegationError(name if name == TORCH_OPTIM else name.partition(".")[0])
        return None


@cache
def _libraries() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    return tuple(sorted({paths[name] + "/" for name in ("purelib", "platlib")}))


def _caller(depth: int) -> str:
    """The file that called whoever asks, but for the machinery of imports."""
    frame: FrameType | None = sys._getframe(depth + 1)
    while frame is not None:
        file = frame.f_code.co_filename
        if "importlib" not in file:
            return file
        frame = frame.f_back
    return ""

"""The zygote's and the worker's own view of the machine: users, mounts, processes, network, IPC, host name.

The zygote leaves the grader's namespaces once and keeps capabilities inside its own; each worker is then pid 1 of
a namespace below it, with private work folders, and gives every capability up.
"""

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import kernel

WORK, SHARED_MEMORY = "/submission", "/dev/shm"  # the first must be no folder of the machine's
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
SLOT_UID = 61000  # the user that a root grader's zygote becomes: in no distribution's range of real users

_NEW_ROOT = "/tmp"  # any folder that exists: a tmpfs hides it, inside our namespace only
_READ_ONLY = kernel.MOUNT_ATTR_RDONLY | kernel.MOUNT_ATTR_NOSUID


def enclose_zygote(readable: Sequence[str], devices: Sequence[str] = ()) -> None:
    """Move this process into namespaces that hold `readable` (files or folders, read-only), `devices` and little else.

    The caller goes on as pid 1 of its new process namespace; the process that called stays outside, waiting.

    Raises:
        OSError: the machine refuses one of the steps.
    """
    trees: list[_Tree] = []
    privileged = os.geteuid() == 0
    if privileged:  # root may enter folders that the slot user may not, so it takes hold of them first
        trees = _clone(readable, devices)
        os.setgroups([])
        os.setresgid(SLOT_UID, SLOT_UID, SLOT_UID)
        os.setresuid(SLOT_UID, SLOT_UID, SLOT_UID)
        kernel.set_dumpable(True)  # or the user map below would belong to root
    uid, gid = os.geteuid(), os.getegid()
    kernel.unshare(
        kernel.CLONE_NEWUSER
        | kernel.CLONE_NEWNS
        | kernel.CLONE_NEWPID
        | kernel.CLONE_NEWNET
        | kernel.CLONE_NEWIPC
        | kernel.CLONE_NEWUTS
        | kernel.CLONE_NEWCGROUP
    )
    _map_user("/proc/self", uid, gid)
    _become_first_process()
    kernel.set_dumpable(True)
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    _build_root(trees or _clone(readable, devices))


def fork_worker() -> int:
    """`kernel.fork`, but the child is pid 1 of its own process namespace."""
    own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    kernel.unshare(kernel.CLONE_NEWPID)
    pid = -1
    try:
        pid = kernel.fork()
    finally:
        if pid != 0:
            kernel.setns(own, kernel.CLONE_NEWPID)
        os.close(own)
    return pid


def enclose_worker(file_mb: int, last_capability: int) -> None:
    """Leave the zygote's namespaces for private ones, with empty work folders, and give every capability up."""
    kernel.unshare(kernel.CLONE_NEWNS | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS | kernel.CLONE_NEWNET)
    flags = kernel.MS_NOSUID | kernel.MS_NODEV
    for folder in (WORK, SHARED_MEMORY):
        kernel.mount("tmpfs", folder, "tmpfs", flags, f"size={file_mb}m,nr_inodes=4096,mode=700")
    myself = os.open("/proc/self", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    kernel.unmount("/proc")  # it would show the other workers
    uid, gid = os.geteuid(), os.getegid()
    kernel.unshare(kernel.CLONE_NEWUSER)
    _map_user(myself, uid, gid)
    os.close(myself)
    kernel.empty_capability_sets(last_capability)


@dataclass(frozen=True)
class _Tree:
    """A detached copy of a mount, to be attached at the same path below the new root."""

    path: str
    is_folder: bool
    fd: int


def _clone(paths: Sequence[str], devices: Sequence[str]) -> list[_Tree]:
    return [
        _Tree(path, Path(path).is_dir(), kernel.clone_tree(path, attributes))
        for group, attributes in (
            (_outermost(paths), _READ_ONLY | kernel.MOUNT_ATTR_NODEV),
            (DEVICES, _READ_ONLY),
            (devices, kernel.MOUNT_ATTR_NOSUID),
        )
        for path in group
    ]


def _outermost(paths: Sequence[str]) -> list[str]:
    """`paths` that exist, less those that lie in another."""
    kept: list[str] = []
    for path in sorted(path for path in set(paths) if Path(path).exists()):
        if not any(Path(path).is_relative_to(other) for other in kept):
            kept.append(path)
    return kept


def _map_user(process: str | int, uid: int, gid: int) -> None:
    """Keep the ids that the process had, in its new user namespace; `process` is its /proc entry."""
    folder = os.open(process, os.O_RDONLY | os.O_DIRECTORY) if isinstance(process, str) else process
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        fd = os.open(name, os.O_WRONLY, dir_fd=folder)
        try:
            os.write(fd, text.encode())
        finally:
            os.close(fd)
    if isinstance(process, str):
        os.close(folder)


def _become_first_process() -> None:
    """Go on as the first process of the namespace that was just unshared; leave the old one behind to wait."""
    child = os.fork()
    if child:
        kernel.close_from(3)
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    kernel.die_with_parent(signal.SIGKILL)


def _build_root(trees: list[_Tree]) -> None:
    kernel.mount("tmpfs", _NEW_ROOT, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "size=1m,mode=755")
    for tree in trees:
        target = Path(_NEW_ROOT + tree.path)
        if tree.is_folder:
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()
        kernel.attach_tree(tree.fd, str(target))
    for folder in (WORK, SHARED_MEMORY, "/proc"):
        Path(_NEW_ROOT + folder).mkdir(parents=True, exist_ok=True)
    for link in ("/lib", "/lib64", "/lib32", "/bin"):
        if Path(link).is_symlink() and not Path(_NEW_ROOT + link).exists():
            Path(_NEW_ROOT + link).symlink_to(os.readlink(link))
    Path(_NEW_ROOT + "/tmp").mkdir(exist_ok=True)
    flags = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
    kernel.mount("proc", _NEW_ROOT + "/proc", "proc", flags)
    kernel.pivot_root(_NEW_ROOT)

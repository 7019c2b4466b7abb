"""Removing a folder that a hostile process filled: deep trees, folders that forbid looking into them."""

import os


def remove(folder: str) -> None:
    """Remove `folder` and all below it; whoever wrote there must be gone.

    A tree may be deeper than Python's stack and longer than a path may be, so what lies in a folder's folders is
    moved up until there are none.

    Raises:
        OSError: something cannot be removed.
    """
    moved, mark = 0, os.urandom(8).hex()  # that nobody who wrote there could foresee
    while folders := _folders_left(folder):
        for inner in folders:
            os.chmod(inner, 0o700)
            for name in os.listdir(inner):
                moved += 1
                os.rename(f"{inner}/{name}", f"{folder}/{mark}-{moved}")
            os.rmdir(inner)
    os.rmdir(folder)


def _folders_left(folder: str) -> list[str]:
    """The folders in `folder`, after everything else in it was removed."""
    os.chmod(folder, 0o700)
    with os.scandir(folder) as found:
        entries = list(found)
    for entry in entries:
        if not entry.is_dir(follow_symlinks=False):
            os.unlink(entry.path)
    return [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]

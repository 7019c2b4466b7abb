"""Where workers are lodged on disk: nothing of it stays, whatever becomes of the grader."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from autograder.worker.removal import remove
from autograder.workfolder import WorkFolder

HOLD = """
import sys
from autograder.workfolder import WorkFolder
print(WorkFolder().path, flush=True)
sys.stdin.read()
"""


def holder() -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", HOLD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def test_what_a_killed_grader_left_is_removed_by_the_next() -> None:
    """A folder whose holder was killed goes when another grader starts; one that is held stays, files and all."""
    with holder() as killed, holder() as alive:
        assert killed.stdout and alive.stdout
        abandoned, held = Path(killed.stdout.readline().strip()), Path(alive.stdout.readline().strip())
        for folder in (abandoned, held):
            (folder / "kept").write_text("x")
        killed.kill()
        killed.wait()
        folder = WorkFolder()
        assert folder.path.is_dir()
        assert (abandoned.exists(), (held / "kept").exists()) == (False, True)
        folder.remove()
        assert not folder.path.exists()
        alive.kill()


def test_nobody_elses_folder_is_touched(tmp_path: Path) -> None:
    """A link of such a name is not followed."""
    (tmp_path / "kept").write_text("x")
    link = Path(tempfile.gettempdir(), "autograder-link")
    link.symlink_to(tmp_path)
    try:
        WorkFolder().remove()
        assert (tmp_path / "kept").exists()
    finally:
        link.unlink()


def test_a_tree_deeper_than_any_path_is_removed(tmp_path: Path) -> None:
    """Ten thousand folders in each other, some of which nobody may enter, and files and links on the way."""
    folder = tmp_path / "filled"
    folder.mkdir()
    (tmp_path / "kept").mkdir()
    here = os.open(folder, os.O_RDONLY)
    for depth in range(10_000):
        os.symlink(tmp_path / "kept", "link", dir_fd=here)
        os.close(os.open("file", os.O_WRONLY | os.O_CREAT, dir_fd=here))
        os.mkdir("inner" * 20, dir_fd=here)
        inner = os.open("inner" * 20, os.O_RDONLY, dir_fd=here)
        if depth % 1000 == 0:
            os.fchmod(here, 0o300)
        os.close(here)
        here = inner
    os.close(here)
    remove(str(folder))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept"]

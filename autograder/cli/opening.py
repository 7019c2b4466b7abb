"""Opens a page where there is a display to show it on, and says where it lies in any case."""

import os
import subprocess
import sys
import webbrowser
from pathlib import Path

from autograder.cli.console import err, shown


def open_page(path: Path) -> None:
    """In a process of its own, away from this terminal: browsers talk, and some take the terminal for themselves."""
    address, is_shown = path.resolve().as_uri(), _has_display()
    if is_shown:
        subprocess.Popen(
            [sys.executable, "-m", "webbrowser", address],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    err.print(f"{'Opening' if is_shown else 'Open in a browser:'} {shown(address)}")


def _has_display() -> bool:
    """And a browser that draws: where nothing but a text browser is installed, that one is not started."""
    if sys.platform in ("darwin", "win32"):
        return True
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    try:
        return type(webbrowser.get()) is not webbrowser.GenericBrowser  # which is what waits at a terminal
    except webbrowser.Error:
        return False

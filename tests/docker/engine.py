"""A real Docker engine and an image to try the grader in: Debian's own packages and the project's installed ones.

The image holds Debian and its Python, made with debootstrap, since a test may not pull one.  The project and its
site-packages are mounted into the container, read-only.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHON = "/opt/venv/bin/python"
SITE_PACKAGES = f"/opt/venv/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
_SUITE = "bookworm"  # whose Python must be this one's version, or the installed packages would not fit
_PACKAGES = "python3,python3-venv,libgomp1"
_DAEMON_SECONDS = 30


@dataclass(frozen=True)
class Surroundings:
    """Whom a container runs as, and with what else: options of `docker run`."""

    user: str
    options: tuple[str, ...] = ()


def run(
    image: str, surroundings: Surroundings, out: Path, arguments: Sequence[str]
) -> subprocess.CompletedProcess[str]:
    """Run Python with `arguments` in a container, in the project's folder, with `out` mounted as /out."""
    uid = int(surroundings.user)
    os.chown(out, uid, uid)
    command = ["docker", "run", "--rm", "--user", surroundings.user, *surroundings.options]
    command += ["-v", f"{ROOT}:/project:ro", "-v", f"{sysconfig.get_path('purelib')}:{SITE_PACKAGES}:ro"]
    command += ["-v", f"{out}:/out", "-w", "/project", "-e", "PYTHONDONTWRITEBYTECODE=1", "-e", "HOME=/tmp", image]
    return subprocess.run([*command, PYTHON, *arguments], capture_output=True, text=True, errors="replace")


@contextmanager
def engine() -> Iterator[None]:
    """A Docker engine: the one that runs, or one of our own for as long as we need it."""
    if _answers():
        yield
        return
    if not shutil.which("dockerd") or os.geteuid() != 0:
        raise RuntimeError("No Docker engine answers. Start one; or install docker.io and run this as root.")
    with tempfile.TemporaryFile() as log:
        daemon = subprocess.Popen(["dockerd"], stdout=log, stderr=log, start_new_session=True)
        try:
            end = time.monotonic() + _DAEMON_SECONDS
            while not _answers():
                if daemon.poll() is not None or time.monotonic() > end:
                    log.seek(0)
                    raise RuntimeError(f"dockerd does not start:\n{log.read().decode(errors='replace')[-2000:]}")
                time.sleep(0.3)
            yield
        finally:
            daemon.terminate()
            daemon.wait()


def image() -> str:
    """The name of the image, made when it is not there yet."""
    recipe = hashlib.sha256(f"{_SUITE} {_PACKAGES} 2".encode()).hexdigest()[:12]
    name = f"grader-test-base:{recipe}"
    if subprocess.run(["docker", "image", "inspect", name], capture_output=True).returncode != 0:
        with tempfile.TemporaryDirectory(prefix="debian-") as folder:
            _check("debootstrap", "--variant=minbase", f"--include={_PACKAGES}", _SUITE, folder)
            _check("chroot", folder, "python3", "-m", "venv", "--without-pip", "/opt/venv")
            os.chmod(folder, 0o755)  # the image's root, which podman keeps as it is
            with subprocess.Popen(["tar", "-C", folder, "-c", "."], stdout=subprocess.PIPE) as tar:
                subprocess.run(["docker", "import", "-", name], stdin=tar.stdout, check=True, stdout=subprocess.DEVNULL)
            if tar.returncode != 0:
                raise RuntimeError("tar could not pack the image")
    return name


def _answers() -> bool:
    try:
        return subprocess.run(["docker", "info"], capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


def _check(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed:\n{(done.stdout + done.stderr)[-2000:]}")


if __name__ == "__main__":
    try:
        with engine():
            print(f"Containers can be run here, from {image()}.")
    except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"No containers can be run here: {error}")

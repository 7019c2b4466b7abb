"""What a container gets to see: the order's submissions to read, the run's folder and a cache to write.

Whoever is root has a container that is not (`engines.GRADER_UID`): for as long as it runs, what the run's folder holds
is handed over to it, and of submissions that not everybody may read it gets a copy.
"""

import os
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from autograder.batch import Order
from autograder.containers.engines import GRADER_UID, Engine, bind
from autograder.errors import HarnessError
from autograder.folder import REPORT
from autograder.lab import Lab
from autograder.roster import RESERVED_NAMES
from autograder.training import datasets

CACHE = Path("/run/grader-cache")  # in the container, where nobody's submissions lie
_OURS = "dl-lab-grader"  # our folder in a cache
_MOST = 500  # submissions that are mounted one by one; beyond, the folders that they lie in


@contextmanager
def mounted(order: Order, engine: Engine, on_notice: Callable[[str], None]) -> Iterator[list[str]]:
    """The options that mount what an order with absolute paths names.

    `on_notice` hears if the run's folder could not be taken back in the end.

    Raises:
        HarnessError: something cannot be handed over.
        InstructorError: the lab's data set cannot be fetched, which the container could not do.
    """
    out, cache, data = order.out.resolve(), _cache_folder(), _data(order.lab)
    targets = [path for path in (*_read(order), *data) if path.exists()]
    with ExitStack() as stack:
        sources = {target: target.resolve() for target in targets}
        if engine.drops_root:
            copies = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="readable-")))
            for number, target in enumerate(targets):
                sources[target] = _readable(sources[target], copies / str(number))
            stack.enter_context(_lent(out, {source.student for source in order.sources}, on_notice))
            if cache.stat().st_uid != GRADER_UID:
                _chown([cache], f"{GRADER_UID}:{GRADER_UID}")
        options = [bind(source, target) for target, source in sources.items()]
        options += [bind(out, order.out, writable=True), bind(cache, CACHE / _OURS, writable=True)]
        if data:
            folder = data[0] if data[0].is_dir() else data[0].parent
            options.append([f"--env={datasets.FOLDER_VARIABLE}={folder}"])
        yield [word for option in options for word in option]


def _read(order: Order) -> Iterator[Path]:
    """The submissions, and the older run."""
    paths = {part.path for source in order.sources for part in source.parts}
    paths |= {source.path for source in order.sources if not source.parts}
    if len(paths) > _MOST:
        paths = {path.parent for path in paths}
    yield from sorted(path for path in paths if paths.isdisjoint(path.parents))
    if order.earlier:
        yield order.earlier


def _data(lab: Lab) -> list[Path]:
    """The folder or files of a data set that does not come with a library."""
    import pooch

    named = os.environ.get(datasets.FOLDER_VARIABLE)
    if named:
        return [Path(named).resolve()]
    settings = lab.manifest.convergence
    if settings is None or settings.data_set == "digits":
        return []
    datasets.load(settings.data_set)  # has it fetched
    return sorted(path for path in Path(pooch.os_cache(_OURS)).iterdir() if path.is_file())


def _cache_folder() -> Path:
    """What containers keep of the reference's own runs: not where graders outside of them look for theirs."""
    import pooch

    folder = Path(pooch.os_cache(_OURS)) / "containers"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HarnessError(f"{folder} cannot be made: {error.strerror}. Set XDG_CACHE_HOME to where it can.") from error
    return folder


def _readable(path: Path, copy: Path) -> Path:
    """`path`, if everybody may read all of it, or else a copy that is `GRADER_UID`'s and nobody else's."""
    if all(_is_readable(each) for each in (path, *path.rglob("*"))):
        return path
    _do("cp", "--archive", "--", path, copy)
    _do("chmod", "--recursive", "u+rwX,go-rwx", "--", copy)
    _chown([copy], f"{GRADER_UID}:{GRADER_UID}")
    return copy


def _is_readable(path: Path) -> bool:
    mode = path.lstat().st_mode
    wanted = stat.S_IROTH | (stat.S_IXOTH if stat.S_ISDIR(mode) else 0)
    return stat.S_ISLNK(mode) or mode & wanted == wanted


@contextmanager
def _lent(out: Path, students: Iterable[str], on_notice: Callable[[str], None]) -> Iterator[None]:
    """What runs leave in `out` is `GRADER_UID`'s meanwhile, the folder's owner's in the end; nothing else there is."""
    before = out.stat()
    owner = os.geteuid() if before.st_uid == GRADER_UID else before.st_uid  # a container that was not taken back from
    records = {*RESERVED_NAMES, *students, *(path.parent.name for path in out.glob(f"*/{REPORT}"))}
    try:
        _do("chown", str(GRADER_UID), "--", out)
        _chown([path for name in sorted(records) if os.path.lexists(path := out / name)], str(GRADER_UID))
        yield
    finally:
        try:
            _chown([out], f":{before.st_gid}", f":{GRADER_UID}")
            _chown([out], str(owner), str(GRADER_UID))
        except HarnessError as error:
            on_notice(f"What lies in {out} may be user {GRADER_UID}'s still. {error}")


def _chown(paths: Sequence[Path], owner: str, before: str = "") -> None:
    if paths:
        _do("chown", "--no-dereference", "--recursive", *([f"--from={before}"] if before else []), owner, "--", *paths)


def _do(*command: str | Path) -> None:
    """Out of reach of the terminal's ^C, which is for the grader to hear."""
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", start_new_session=True)
    if done.returncode != 0:
        raise HarnessError(f"{command[0]} failed where files are handed to a container: {done.stderr.strip()[-500:]}")

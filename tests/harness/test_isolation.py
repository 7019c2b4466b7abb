"""What a student's code may and may not do, tried from inside a locked-down worker in every profile that holds here.

Each attempt is the body of a function that runs beside the student's class.  `OPEN_TO_ALL` are those that succeed
in any process of the same user, which a test makes sure of: a wall proves nothing where there is no door.
"""

import ast
import contextlib
import errno
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent

import pytest
from labs import PROFILES, answer_of, failure_of, sandbox_of, student_of, tiny_lab
from waiting import eventually

from autograder import processes
from autograder.errors import IsolationError, StudentError, Verdict
from autograder.lab import Lab
from autograder.sandbox import ISOLATION, Sandbox, _readable, _site_packages
from autograder.worker import seccomp, syscalls
from autograder.worker.slots import Slot

HELPERS = """
import ctypes, fcntl, mmap, os, resource, signal, socket, struct, sys, tempfile, threading, time

libc = ctypes.CDLL(None, use_errno=True)

def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result

def attempt(place):
    globals().update(place)
    try:
        return ["did", repr(act())[:80]]
    except (OSError, MemoryError, ValueError, RuntimeError) as error:
        return ["refused", f"{type(error).__name__}: {error}"]

class Answer:
    def __init__(self, **place):
        self.value = attempt(place)
"""

OPEN_TO_ALL = {
    "reads the hidden suite": "return open(hidden).read()",
    "reads the reference": "return open(answers).read()",
    "lists the project": "return os.listdir(os.path.dirname(hidden))",
    "reads another project file": "return open(project + '/pyproject.toml').read()",
    "reads the list of users": "return open('/etc/passwd').read()",
    "reads the judge's environment": "return open(f'/proc/{judge}/environ').read()",
    "reads the judge's arguments": "return open(f'/proc/{judge}/cmdline').read()",
    "lists processes": """
        found = [name for name in os.listdir('/proc') if name.isdigit()]
        if not found: raise OSError('there are none')""",
    "writes over the hidden suite": "return open(hidden, 'a').write('')",
    "writes beside the project": "return open(outside + '/written', 'w').write('x')",
    "makes a folder outside": "return os.mkdir(outside + '/made')",
    "removes a file outside": "return os.unlink(outside + '/kept')",
    "links a file outside": "return os.symlink('/etc/passwd', outside + '/link')",
    "truncates a file outside": "return os.truncate(outside + '/kept', 0)",
    "gives a file away": "return os.chown(hidden, 65534, 65534)",
    "takes a large pipe": "return fcntl.fcntl(os.pipe()[0], 1031, 1 << 20)  # F_SETPIPE_SZ",
    "writes to the shared temporary folder": "return open('/tmp/' + name, 'w').write('x')",
    "connects by TCP": "socket.create_connection(('127.0.0.1', tcp), 1)",
    "listens by TCP": "socket.create_server(('127.0.0.1', 0))",
    "sends by UDP": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', tcp))",
    "connects to a unix socket": "socket.socket(socket.AF_UNIX).connect(unix)",
    "connects to an abstract socket": "socket.socket(socket.AF_UNIX).connect('\\0' + name)",
    "makes a pair of sockets": "socket.socketpair()",
    "resolves a name by netlink": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "forks": "return os.fork() or os._exit(0)",
    "forks by vfork": "return os.posix_spawn('/bin/true', ['true'], {})",
    "runs a program": "import subprocess; return subprocess.run([sys.executable, '-c', '']).returncode",
    "runs a shell": "if os.system('true'): raise OSError('it did not run')",
    "signals the judge": "return os.kill(judge, signal.SIGCONT)",
    "signals its parent": "return os.kill(os.getppid(), signal.SIGCONT)",
    "signals its group": "signal.signal(signal.SIGUSR1, signal.SIG_IGN); return os.killpg(0, signal.SIGUSR1)",
    "asks for the judge's limits": "return resource.prlimit(judge, resource.RLIMIT_CPU)",
    "pins the judge to a core": "return os.sched_setaffinity(judge, os.sched_getaffinity(judge))",
    "makes the judge nicer": "return os.setpriority(os.PRIO_PROCESS, judge, os.getpriority(os.PRIO_PROCESS, judge))",
    "signals through a descriptor": """
        end, other = os.pipe()
        fcntl.fcntl(end, 8, judge)  # F_SETOWN
        fcntl.fcntl(end, 10, signal.SIGCONT)  # F_SETSIG""",
    "takes hold of the judge": "return os.pidfd_open(judge)",
    "outlives its parent": "checked(libc.prctl(1, 0, 0, 0, 0))",
    "starts a session": "return os.fork() or os._exit(bool(os.setsid() and 0))",
    "makes nameless memory": "return os.memfd_create('x')",
    "makes System V shared memory": "libc.shmctl(checked(libc.shmget(0, 4096, 0o1600)), 0, None)",
    "opens 256 files": "files = [open('/dev/null') for _ in range(256)]",
    "allows core dumps": """
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        if not hard: raise OSError('none at all')
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))""",
    "starts threads without end": """
        stop = threading.Event()
        try:
            for _ in range(300):
                threading.Thread(target=stop.wait, daemon=True).start()
        finally:
            stop.set()""",
    "fills the disk with one file": """
        with open('full', 'wb') as file:
            for _ in range(80):
                file.write(bytes(1 << 20))""",
    "maps a GB of its own": "mmap.mmap(-1, 1 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)[::4096]",
    "allocates a GB": "return len(bytes(1 << 30))",
}  # fmt: skip

CLOSED_TO_SOME = {
    "reads the judge's memory": "return os.open(f'/proc/{judge}/mem', os.O_RDONLY)",
    "makes a device": "return os.mknod('null', 0o20666, os.makedev(1, 3))",
    "raises its limit of files": "resource.setrlimit(resource.RLIMIT_NOFILE, (512, 512))",
    "raises its limit of memory": "resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
    "allocates a tensor of a GB": "import torch; return torch.ones(1 << 28)",
    "holds a library back": "return fcntl.fcntl(os.open(fcntl.__file__, os.O_RDONLY), 1024, 1)  # F_SETLEASE, F_WRLCK",
    "makes itself dumpable": "checked(libc.prctl(4, 1, 0, 0, 0))",
}

FATAL = {
    "traces the judge": "checked(libc.ptrace(16, judge, 0, 0))",
    "traces itself": "checked(libc.ptrace(0, 0, 0, 0))",
    "copies the judge's memory": "checked(libc.process_vm_readv(judge, None, 0, None, 0, 0))",
    "mounts": "checked(libc.mount(b'none', b'/', b'tmpfs', 0, None))",
    "unmounts": "checked(libc.umount2(b'/dev/shm', 2))",
    "leaves its namespaces": "checked(libc.unshare(0x10000000))",
    "changes its root": "return os.chroot('.')",
    "becomes another user": "return os.setuid(1)",
    "becomes root": "return os.setresuid(0, 0, 0)",
    "names the machine": "return socket.sethostname('mine')",
    "installs a key": "checked(libc.syscall(numbers['add_key'], b'user', b'x', b'y', 1, -3))",
    "sets up an io_uring": "checked(libc.syscall(425, 1, ctypes.create_string_buffer(120)))",
    "loads a BPF program": "checked(libc.syscall(numbers['bpf'], 0, ctypes.create_string_buffer(128), 128))",
    "sets the clock": "return time.clock_settime(time.CLOCK_REALTIME, time.time())",
}  # fmt: skip

HARMLESS = {
    "changes a file's mode, or thinks so": "return os.chmod(hidden, 0o600), os.utime(hidden, (1, 1))",
    "copies a file with all that it has": """
        import shutil
        open('notes', 'w').write('hi'); return shutil.copy2('notes', 'copy')""",
    "keeps a shelf": "import shelve; shelf = shelve.open('shelf'); shelf['x'] = 1; return shelf.close()",
    "writes and reads a file": "open('notes', 'w').write('hi'); return open('notes').read()",
    "makes and removes a folder": "os.mkdir('d'); os.rename('d', 'e'); return os.rmdir('e')",
    "uses tempfile": """
        with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile(dir=folder) as file:
            return file.write(b'x')""",
    "starts a thread": "t = threading.Thread(target=print); t.start(); return t.join(5)",
    "uses a pool of threads": """
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(abs, [-1, 2]))""",
    "uses NumPy": "import numpy; return numpy.linalg.inv(numpy.eye(3) * 2)",
    "imports a part of NumPy that was not loaded": "import numpy.testing; numpy.testing.assert_allclose(1.0, 1.0)",
    "draws a plot and saves it": """
        import matplotlib.pyplot as plt
        plt.plot([1, 2]); plt.title('x'); plt.savefig('plot.png'); return os.path.getsize('plot.png')""",
    "uses an optimizer of torch": """
        import torch
        p = torch.ones(2, requires_grad=True); p.sum().backward()
        torch.optim.SGD([p], lr=0.1).step(); return p.tolist()""",
    "saves and loads with torch": "import torch; torch.save({'x': torch.ones(2)}, 'x.pt'); return torch.load('x.pt')",
    "raises a signal for itself": "signal.signal(signal.SIGTERM, lambda *_: None); return os.kill(os.getpid(), 15)",
    "sleeps and takes the time": "time.sleep(0.01); return time.time(), time.perf_counter()",
    "draws random bytes": "return os.urandom(8)",
    "sees and lowers its own limits": """
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        return resource.setrlimit(resource.RLIMIT_NOFILE, (soft - 1, hard))""",
    "allocates a little": "import torch; return torch.ones(1 << 20).sum()",
}


COLUMN = ["x86_64", "aarch64"].index(os.uname().machine)


def source(body: str) -> str:
    text = body if body.startswith("\n") else f"\n        {body}"
    return f"{HELPERS}\ndef act():{indent(text, '    ')}\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, object]]:
    """What there is to be reached: files, processes and sockets of the judge's."""
    root = tmp_path_factory.mktemp("outside")
    (root / "kept").write_text("kept")
    name = f"judge-{os.getpid()}"
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_UNIX) as unix,
        socket.socket(socket.AF_UNIX) as abstract,
    ):
        for server, address in ((unix, str(root / "socket")), (abstract, f"\0{name}")):
            server.bind(address)
            server.listen(200)
        yield {
            "outside": str(root),
            "tcp": tcp.getsockname()[1],
            "unix": str(root / "socket"),
            "name": name,
            "judge": os.getpid(),
            "home": os.path.expanduser("~"),
            "project": str(Path(__file__).parents[2]),
            "numbers": {name: numbers[COLUMN] for group in syscalls.FATAL.values() for name, numbers in group.items()},
        }


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, place: dict[str, object]) -> Lab:
    lab = tiny_lab(tmp_path_factory.mktemp("lab"), memory_mb=128)
    place |= {"hidden": str(lab.hidden_suite / "test_answers.py"), "answers": str(lab.reference / "answers.py")}
    return lab


@pytest.fixture(scope="module", params=PROFILES)
def sandbox(request: pytest.FixtureRequest, lab: Lab) -> Iterator[Sandbox]:
    with sandbox_of(request.param, lab) as sandbox:
        yield sandbox


def listing(folder: object) -> dict[str, bytes]:
    paths = sorted(Path(str(folder)).iterdir())
    return {path.name: path.read_bytes() for path in paths if path.is_file()}


@pytest.mark.parametrize("what", [*OPEN_TO_ALL, *CLOSED_TO_SOME])
def test_a_student_cannot(what: str, sandbox: Sandbox, lab: Lab, place: dict[str, object]) -> None:
    """The attempt is refused, or ends the student's process, and leaves no trace outside."""
    before = listing(place["outside"]), os.stat(str(place["hidden"]))
    try:
        end, how = answer_of(sandbox, lab, source({**OPEN_TO_ALL, **CLOSED_TO_SOME}[what]), **place)
    except StudentError as error:
        end, how = "refused", str(error)
        assert error.verdict in (Verdict.OUT_OF_MEMORY, Verdict.CRASHED, Verdict.ERROR), error
    assert end == "refused", how
    after = listing(place["outside"]), os.stat(str(place["hidden"]))
    assert after == before
    assert not Path("/tmp", str(place["name"])).exists()


@pytest.mark.parametrize("what", FATAL)
def test_a_student_is_ended_for_it(what: str, sandbox: Sandbox, lab: Lab, place: dict[str, object]) -> None:
    """A system call that no submission has any business with ends the process, with a verdict of its own."""
    with pytest.raises(StudentError) as caught:
        answer_of(sandbox, lab, source(FATAL[what]), **place)
    assert caught.value.verdict == Verdict.FORBIDDEN, caught.value


def test_a_system_call_of_the_future_is_none(sandbox: Sandbox, lab: Lab, place: dict[str, object]) -> None:
    """A number that the tables do not know answers as an older kernel does."""
    for number in (syscalls.LAST_KNOWN + 1, 100_000):
        end, how = answer_of(sandbox, lab, source(f"checked(libc.syscall({number}, 0, 0))"), **place)
        assert (end, "Function not implemented" in how) == ("refused", True)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_every_system_call_meets_its_fate(machine: str) -> None:
    """The filter, run by hand for every number, does what the tables say; another architecture's calls are fatal."""
    column = ["x86_64", "aarch64"].index(machine)
    audit = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
    filter_code = seccomp.program(machine, 42)
    fates = dict.fromkeys(range(600), ENOSYS)
    for table, fate in ((syscalls.ALLOWED, ALLOW), (syscalls.REFUSED, EPERM), (syscalls.PRETENDED, NONE),
                        (syscalls.FATAL, KILL)):  # fmt: skip
        fates |= {numbers[column]: fate for group in table.values() for numbers in group.values()}
    fates.pop(None, None)
    by_argument = {numbers[column] for group in syscalls.BY_ARGUMENT.values() for numbers in group.values()}
    assert {n: fate_of(filter_code, n, audit[machine]) for n in fates if n not in by_argument} == {
        n: fate for n, fate in fates.items() if n not in by_argument
    }
    assert {fate_of(filter_code, n, audit[machine]) for n in (1 << 30, (1 << 30) + 59, 0xFFFFFFFF)} == {KILL}
    assert fate_of(filter_code, 0, 0x40000003) == KILL
    kill = syscalls.BY_ARGUMENT["signals to itself"]["kill"][column]
    assert [fate_of(filter_code, kill, audit[machine], pid) for pid in (42, 41, 0, 0xFFFFFFFF)] == [ALLOW] + 3 * [EPERM]


ALLOW, KILL, NONE = 0x7FFF0000, 0x80000000, 0x00050000
EPERM, ENOSYS = NONE | errno.EPERM, NONE | errno.ENOSYS


def fate_of(filter_code: bytes, number: int, audit: int, argument: int = 0) -> int:
    """What the kernel would return for a call; classic BPF, as far as our filter makes use of it."""
    data = {0: number, 4: audit, 16: argument, 24: 0}
    at = accumulator = 0
    while True:
        code, if_true, if_false, constant = struct.unpack_from("HBBI", filter_code, 8 * at)
        at += 1
        if code == 0x06:
            return int(constant)
        if code == 0x20:
            accumulator = data[constant]
        elif code == 0x05:
            at += constant
        else:
            holds = {0x15: accumulator == constant, 0x35: accumulator >= constant, 0x45: accumulator & constant}[code]
            at += if_true if holds else if_false


@pytest.mark.parametrize("what", HARMLESS)
def test_a_student_can(what: str, sandbox: Sandbox, lab: Lab, place: dict[str, object]) -> None:
    """What honest students do works as anywhere else, and changes nothing outside."""
    before = os.stat(str(place["hidden"]))
    end, how = answer_of(sandbox, lab, source(HARMLESS[what]), **place)
    assert end == "did", how
    assert os.stat(str(place["hidden"])) == before


def test_every_open_door_is_a_door(tmp_path: Path, lab: Lab, place: dict[str, object]) -> None:
    """Outside a sandbox, the attempts that need no privilege succeed: it is the sandbox that refuses them."""
    judge = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    here = {**place, "outside": str(tmp_path), "judge": judge.pid}
    program = f"""
import json, os, signal, sys
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
outcomes = {{}}
for what, text in {[(what, source(body)) for what, body in OPEN_TO_ALL.items()]!r}:
    with open("kept", "w"):
        end, other = os.pipe()
    if os.fork() == 0:
        space = {{}}
        exec(text, space)
        os.write(other, json.dumps(space["attempt"]({here!r})).encode())
        os._exit(0)
    outcomes[what] = json.loads(os.read(end, 4096))
print(json.dumps(outcomes))
"""
    try:
        done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True,
                              start_new_session=True)  # fmt: skip
    finally:
        judge.kill()
        judge.wait()
        with contextlib.suppress(OSError):
            os.unlink(f"/tmp/{place['name']}")
    assert done.returncode == 0, done.stderr
    assert {what: how for what, (end, how) in json.loads(done.stdout).items() if end != "did"} == {}


def test_the_home_folder_is_empty_but_for_python(lab: Lab, sandbox: Sandbox, place: dict[str, object]) -> None:
    """Of the judge's home folder nothing shows but the way to a Python that is installed there."""
    end, how = answer_of(sandbox, lab, source("return os.listdir(home)"), **place)
    ways = [Path(path).relative_to(str(place["home"])) for path in _readable() if path.startswith(str(place["home"]))]
    assert end == "refused" or set(ast.literal_eval(how)) <= {way.parts[0] for way in ways}


def test_shared_memory_beyond_the_limit_ends_the_process(sandbox: Sandbox, lab: Lab) -> None:
    """Shared mappings, which the limit on private memory misses, end as out of memory and are given back."""
    body = """
import mmap, threading, time
class Answer:
    def __init__(self):
        shared = [mmap.mmap(-1, 1 << 30) for _ in range(2)]
        for memory in shared:
            for at in range(0, 1 << 30, 1 << 24):
                memory[at : at + (1 << 24)] = bytes(1 << 24)
        time.sleep(4)
"""
    student = student_of(sandbox, lab, body)
    student._start(lab.manifest.questions[0])
    worker = student._worker
    assert worker is not None and failure_of(student).verdict == Verdict.OUT_OF_MEMORY
    assert not processes.runs(worker._pid)  # the next one may need the memory at once


def test_a_noisy_student_is_watched_as_well(sandbox: Sandbox, lab: Lab) -> None:
    """Printing all the while does not keep the judge from looking at the memory in use."""
    body = """
import mmap, os, threading, time
def chatter():
    while True:
        os.write(1, bytes(32 << 20))  # one long call, which needs no turn of Python's
class Answer:
    def __init__(self):
        threading.Thread(target=chatter, daemon=True).start()
        memory = mmap.mmap(-1, 1 << 30)
        for at in range(0, 1 << 30, 1 << 24):
            memory[at : at + (1 << 24)] = bytes(1 << 24)
        time.sleep(4)
"""
    assert failure_of(student_of(sandbox, lab, body)).verdict == Verdict.OUT_OF_MEMORY


@pytest.mark.parametrize("size", [1 << 20, 0], ids=["large files", "empty files"])
def test_the_work_folder_is_limited_as_a_whole(size: int, sandbox: Sandbox, lab: Lab) -> None:
    """Many small files cannot fill the disk either, nor take all its entries."""
    body = f"""
        for i in range(80 if {size} else 4200):
            with open(f'part {{i}}', 'wb') as file:
                file.write(bytes({size}))
        time.sleep(2)"""
    try:
        end, how = answer_of(sandbox, lab, source(body))
    except StudentError as error:
        end, how = "ended", str(error)
    assert end in ("refused", "ended")
    assert "No space left" in how or "wrote more than 64 MB, or 4096 files" in how


def test_whatever_runs_in_a_slot_is_gone_when_it_is_given_back() -> None:
    """Root's slots: nothing that a slot's user runs outlives the release, and two holders never share one."""
    if os.geteuid() != 0:
        pytest.skip("only root has slots")
    slot, other = Slot(), Slot()
    assert slot.uid != other.uid
    sleeper = subprocess.Popen(["sleep", "60"], user=slot.uid, start_new_session=True)
    neighbour = subprocess.Popen(["sleep", "60"], user=other.uid)
    try:
        slot.release()
        assert sleeper.wait(5) == -signal.SIGKILL
        assert neighbour.poll() is None
    finally:
        neighbour.kill()
        neighbour.wait()
        other.release()


def test_the_work_folder_is_gone_afterwards(sandbox: Sandbox, lab: Lab, tmp_path: Path) -> None:
    """What a student wrote does not stay on the machine."""
    name = f"trace-{os.getpid()}-{tmp_path.name}"
    assert answer_of(sandbox, lab, source(f"open({name!r}, 'w').close(); return os.getcwd()"))[0] == "did"
    assert eventually(lambda: not list(Path(tempfile.gettempdir()).glob(f"*/{name}")), 2.0)


def test_one_worker_does_not_see_another(sandbox: Sandbox, lab: Lab) -> None:
    """Two students' workers alive at once have folders of their own, and neither can look into the other's."""
    body = """
        open('mine', 'x').close()
        found = []
        for folder in os.listdir('..'):
            if os.path.exists(f'../{folder}/mine') and not os.path.samefile(f'../{folder}', '.'):
                found.append(open(f'../{folder}/mine').read())
        return found"""
    first, second = student_of(sandbox, lab, source(body)), student_of(sandbox, lab, source(body))
    try:
        for student in (first, second):
            end, how = student.run(_call, {})
            assert (end, how) == ("did", "[]") or (end, "Permission denied" in how) == ("refused", True)
    finally:
        first.end()
        second.end()


def _call(lab: object) -> None: ...


_call.__name__ = "call"


REFUSING = """
import os, sys
from pathlib import Path
from autograder.worker import kernel
NUMBERS = {"unshare": {"x86_64": 272, "aarch64": 97}[os.uname().machine], "landlock_create_ruleset": 444}
kernel.set_no_new_privileges()
for name in sys.argv[3:]:
    refusal = [(0x20, 0, 0, 0), (0x15, 0, 1, NUMBERS[name]), (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7FFF0000)]
    kernel.install_filter(kernel.filter_code(refusal))

from autograder.errors import IsolationError
from autograder.lab import Lab
from autograder.sandbox import Sandbox
lab = Lab.find("tiny", Path(sys.argv[2]))
try:
    with Sandbox.start(sys.argv[1], lab, lab.manifest.limits) as sandbox:
        print(sandbox.profile, *sandbox.layers)
except IsolationError as error:
    print(error)
    sys.exit(1)
"""


def where_refused(calls: list[str], isolation: str, lab: Lab) -> subprocess.CompletedProcess[str]:
    """What becomes of a sandbox where the kernel refuses `calls`, as it does `unshare` in a default container."""
    return subprocess.run(
        [sys.executable, "-c", REFUSING, isolation, str(lab.root), *calls],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )


def test_strict_fails_closed(lab: Lab) -> None:
    """Where namespaces are refused, --isolation strict grades nothing, and says what is missing and what to do."""
    done = where_refused(["unshare"], "strict", lab)
    assert done.returncode == 1, done.stderr
    assert done.stdout == (
        "The sandbox asked for does not hold on this machine (namespaces: [Errno 1] unshare: Operation not permitted; "
        "missing layers: user, mount, pid, net, ipc, uts, cgroup, capabilities). Nothing was graded. "
        "--isolation auto takes the strongest that does, and --isolation local is for code that you trust.\n"
    )


def test_strict_wants_every_layer(lab: Lab) -> None:
    """Namespaces without Landlock will do for auto, whose layers tell, and not for strict."""
    done = where_refused(["landlock_create_ruleset"], "strict", lab)
    assert (done.returncode, "namespaces: missing layers: landlock)" in done.stdout) == (1, True), done.stdout
    done = where_refused(["landlock_create_ruleset"], "auto", lab)
    assert (done.returncode, done.stdout.split()[0], "landlock" in done.stdout) == (0, "namespaces", False)


def test_auto_takes_the_next_best_and_says_so(lab: Lab) -> None:
    """Where namespaces are refused, --isolation auto takes what is left, and the profile's name tells."""
    left = {True: "slots own user landlock seccomp rlimits\n", False: "landlock landlock seccomp rlimits\n"}
    done = where_refused(["unshare"], "auto", lab)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == left[os.geteuid() == 0]


def test_where_nothing_holds_nothing_is_graded(lab: Lab) -> None:
    """Without namespaces and Landlock, auto refuses and names what each profile lacks."""
    done = where_refused(["unshare", "landlock_create_ruleset"], "auto", lab)
    assert done.returncode == 1, done.stderr
    for profile in PROFILES:
        assert f"{profile}: " in done.stdout


def test_no_suite_is_opened_that_a_worker_could_read() -> None:
    """Where the hidden suite lies among what Python must be able to read, the trial tells, and nothing is graded."""
    with tempfile.TemporaryDirectory(dir=_site_packages()[0], prefix="trial-") as folder:
        os.chmod(folder, 0o755)  # root's workers are nobody in particular
        lab = tiny_lab(Path(folder))
        for isolation in ("strict", "auto"):
            with pytest.raises(IsolationError, match=f"a worker could read {re.escape(folder)}/tests/hidden/tiny/"):
                Sandbox.start(isolation, lab, lab.manifest.limits)


def test_local_never_comes_of_itself() -> None:
    """No kind of isolation but `local` itself ever ends in no isolation."""
    assert [name for name, profiles in ISOLATION.items() if "local" in profiles] == ["local"]

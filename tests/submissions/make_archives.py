"""Make the archives among the hostile samples, the same bytes each time: python tests/submissions/make_archives.py.

They are committed, so that nobody need run this to test; it says what is in them, and how it got there. Some are
no valid archives, so they are put together, or changed afterwards, byte by byte. The compiled file among them is
Python 3.11's, and compressed bytes may differ between versions of zlib.
"""

import gzip
import io
import json
import py_compile
import struct
import sys
import tarfile
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

HERE = Path(__file__).parent
WHEN = (2026, 3, 1, 12, 0, 0)
MEGABYTE = 1 << 20
MARKUP = "=1+1 <svg onload=alert(1)>"
REFERENCE = "../../../reference/optimization/optimizers.py"

WRONG = """\
# Attack surface: see the toml beside the archive
from base import Optimizer


class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        param.add_(grad, alpha=-2 * self.lr)
"""

FAILING = """\
# Attack surface: see the toml beside the archive
from base import Optimizer
{head}

class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)

    def update(self, param, grad, state):
        {body}
"""

Entry = tuple[str, str | bytes]


def zipped(entries: Iterable[Entry], mode: int = 0o100644) -> bytes:
    """A zip of named contents; a name that ends in a slash is a folder's."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in entries:
            info = zipfile.ZipInfo(name, WHEN)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (0o40755 << 16 | 0x10) if name.endswith("/") else mode << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def tarred(entries: Iterable[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    """A tar.gz of prepared headers and their contents."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile("", "wb", 9, buffer, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for info, content in entries:
            info.mtime = 1772366400
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def plain(name: str, content: str | bytes = WRONG, **pax: str) -> tuple[tarfile.TarInfo, bytes]:
    """A plain file for a tar, with extended headers if there are any."""
    info = tarfile.TarInfo(name)
    info.pax_headers = dict(pax)
    return info, content.encode() if isinstance(content, str) else content


def special(
    name: str, kind: bytes, target: str = "", device: tuple[int, int] = (0, 0)
) -> tuple[tarfile.TarInfo, bytes]:
    """A link, device or FIFO for a tar."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname, (info.devmajor, info.devminor) = kind, target, device
    return info, b""


def with_wrong_code(*entries: Entry) -> bytes:
    return zipped([("optimizers.py", WRONG), *entries])


def patched(archive: bytes, entry: int, central: int, local: int | None, value: bytes) -> bytes:
    """`archive` with `value` at an offset into the headers of its nth entry, central and local."""
    data = bytearray(archive)
    start = -1
    for _ in range(entry + 1):
        start = data.index(b"PK\x01\x02", start + 1)
    data[start + central : start + central + len(value)] = value
    if local is not None:
        (header,) = struct.unpack_from("<I", data, start + 42)
        data[header + local : header + local + len(value)] = value
    return bytes(data)


def overlapping(names: list[str], kernel: bytes) -> bytes:
    """A zip whose entries share one compressed kernel: each begins with a stored block that holds the next's header."""
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed, content = squeezer.compress(kernel) + squeezer.flush(), kernel
    locals_: list[tuple[bytes, bytes, int, int, int]] = []  # name, header, sum, sizes packed and unpacked
    body = b""
    for name in (text.encode() for text in reversed(names)):
        if locals_:
            following = locals_[-1][1]
            quote = struct.pack("<BHH", 0, len(following), len(following) ^ 0xFFFF)
            packed, content = quote + following + packed, following + content
            body = quote + body
        fields = (zlib.crc32(content), len(packed), len(content))
        header = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 0x5C61, *fields, len(name), 0) + name
        body = header + (body or packed)
        locals_.append((name, header, *fields))
    directory, offset = b"", 0
    for name, header, *fields in reversed(locals_):
        numbers = (20, 20, 0, 8, 0, 0x5C61, *fields, len(name), 0, 0, 0, 0, 0, offset)
        directory += struct.pack("<4s6H3I5H2I", b"PK\x01\x02", *numbers) + name
        offset += len(header) + 5
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, len(names), len(names), len(directory), len(body), 0)
    return body + directory + end


def nested_zips(depth: int) -> bytes:
    inner: bytes = b"#" * MEGABYTE
    for level in range(depth):
        inner = zipped((f"{number}.{'zip' if level else 'py'}", inner) for number in range(16))
    return inner


def notebook(source: str, text: str) -> str:
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": [text]},
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {"image/svg+xml": ["<svg onload='alert(1)'/>"], "text/html": ["<script>alert(1)</script>"]},
        },
    ]
    code = {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": outputs, "source": [source]}
    return json.dumps({"cells": [code], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def bytecode(source: str) -> bytes:
    """Compiled, and marked as not to be checked against any source."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "optimizers.py")
        script.write_text(source)
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        compiled = py_compile.compile(str(script), dfile="optimizers.py", doraise=True, invalidation_mode=mode)
        return Path(str(compiled)).read_bytes()


def ships_bytecode() -> bytes:
    right = bytecode(WRONG.replace("param.add_(grad, alpha=-2 * self.lr)", "param.sub_(self.lr * grad)"))
    places = ("__pycache__/optimizers.cpython-311.pyc", "optimizers.pyc", "optimizers.cpython-311.pyc", "base.pyc")
    return with_wrong_code(*((place, right) for place in places))


def mac_zip() -> bytes:
    right, folder = HERE / "right" / "update_hook", "Homework 3"
    double = b"\0\x05\x16\x07\0\x02\0\0Mac OS X        \0\x02" + bytes(range(64))
    names = ("optimizers.py", "schedulers.py")
    return zipped(
        [
            (f"{folder}/", b""),
            (f"{folder}/.DS_Store", b"\0\0\0\x01Bud1" + bytes(100)),
            *((f"{folder}/{name}", (right / name).read_bytes()) for name in names),
            ("__MACOSX/", b""),
            *((f"__MACOSX/{folder}/._{name}", double) for name in (*names, ".DS_Store")),
        ]
    )


def odd_names() -> bytes:
    names = ["helper{NUL}.py", "line\nbreak.py", "\x1b[2J\x1b[31m.py"]
    names += ["optimizers.py ", "optimizers.py.", "~/canary.py", "-rf.py"]
    return with_wrong_code(*((name, "pass\n") for name in names)).replace(b"{NUL}", bytes(5))


def failing(body: str, head: str = "") -> str:
    """Code whose SGD runs the line `body`, which raises."""
    return FAILING.format(head=head, body=body)


def deep(source: str) -> str:
    return "# Attack surface: see the toml beside the archive\n" + source + "\n"


ARCHIVES: dict[str, Callable[[], bytes]] = {
    "control_mac_zip.zip": mac_zip,
    # paths that lead out
    "zip_slip.zip": lambda: with_wrong_code(("../../../canary.py", "pass\n")),
    "zip_slip_absolute.zip": lambda: with_wrong_code(("/tmp/canary.py", "pass\n")),
    "zip_slip_backslashes.zip": lambda: with_wrong_code(
        ("..\\..\\canary.py", "pass\n"), ("C:\\canary.py", "pass\n"), ("\\\\server\\share\\canary.py", "pass\n")
    ),
    "zip_slip_in_the_middle.zip": lambda: with_wrong_code(("a/b/../../../canary.py", "pass\n")),
    "tar_slip.tar.gz": lambda: tarred([plain("optimizers.py"), plain("../../canary.py"), plain("/tmp/canary.py")]),
    "tar_slip_in_a_header.tar.gz": lambda: tarred(
        [plain("optimizers.py"), plain("harmless.py", path="../../canary.py")]
    ),
    # sizes
    "zip_bomb.zip": lambda: zipped([("optimizers.py", b"#" * (200 * MEGABYTE))]),
    "zip_bomb_beside.zip": lambda: with_wrong_code(("weights.txt", b"0" * (60 * MEGABYTE))),
    "zip_of_overlapping_files.zip": lambda: overlapping(
        ["optimizers.py", *(f"module_{number:02}.py" for number in range(99))], b"#" * 1_000_000
    ),
    "zip_in_zip_in_zip.zip": lambda: nested_zips(4),
    "tar_bomb.tar.gz": lambda: tarred([plain("optimizers.py", b"#" * (90 * MEGABYTE))]),
    "tar_with_a_sparse_file.tar.gz": lambda: tarred(
        [plain("optimizers.py", b"#", **{"GNU.sparse.map": "0,1", "GNU.sparse.size": str(1 << 40)})]
    ),
    "tar_with_a_huge_header.tar.gz": lambda: tarred([plain("optimizers.py", comment="#" * (40 * MEGABYTE))]),
    "zip_that_lies_about_sizes.zip": lambda: patched(
        zipped([("optimizers.py", WRONG + "#" * (2 * MEGABYTE))]), 0, 24, 22, struct.pack("<I", 10)
    ),
    "zip_with_a_broken_sum.zip": lambda: patched(
        patched(with_wrong_code(("helper.py", "pass\n")), 0, 16, 14, b"\0\0\0\0"), 1, 10, 8, struct.pack("<H", 99)
    ),
    "zip_with_a_password.zip": lambda: patched(with_wrong_code(), 0, 8, 6, struct.pack("<H", 1)),
    # links and devices
    "zip_with_a_link.zip": lambda: zipped([("optimizers.py", REFERENCE)], mode=0o120777),
    "tar_with_a_link.tar.gz": lambda: tarred([special("optimizers.py", tarfile.SYMTYPE, REFERENCE)]),
    "tar_with_a_linked_folder.tar.gz": lambda: tarred(
        [plain("optimizers.py"), special("canary-folder", tarfile.SYMTYPE, "/tmp"), plain("canary-folder/canary.py")]
    ),
    "tar_with_a_hard_link.tar.gz": lambda: tarred([special("optimizers.py", tarfile.LNKTYPE, "/etc/passwd")]),
    "tar_with_a_device.tar.gz": lambda: tarred([special("optimizers.py", tarfile.CHRTYPE, device=(1, 5))]),
    "tar_with_a_fifo.tar.gz": lambda: tarred([special("optimizers.py", tarfile.FIFOTYPE)]),
    # names
    "zip_with_doubles.zip": lambda: with_wrong_code(("optimizers.py", WRONG.replace("-2", "-1"))),
    "zip_with_case_twins.zip": lambda: with_wrong_code(("Optimizers.py", WRONG.replace("-2", "-1"))),
    "zip_with_unicode_twins.zip": lambda: with_wrong_code(
        *((unicodedata.normalize(form, "modèle.py"), "pass\n") for form in ("NFC", "NFD"))
    ),
    "zip_with_bidi_names.zip": lambda: with_wrong_code(("helper\u202etxt.py", "pass\n")),
    "zip_with_reserved_names.zip": lambda: with_wrong_code(("CON.py", "pass\n"), ("aux.txt", "x"), ("data/LPT1", "x")),
    "zip_with_odd_names.zip": odd_names,
    "zip_with_markup_names.zip": lambda: zipped(
        [
            ("optimizers.py", failing(f"importlib.import_module({MARKUP!r}).run()", "import importlib\n")),
            (f"{MARKUP}.py", "def run():\n    raise ValueError('=1+1')\n"),
        ]
    ),
    # trees
    "zip_of_a_deep_tree.zip": lambda: with_wrong_code(("a/" * 2000 + "helper.py", "pass\n")),
    "zip_with_a_long_name.zip": lambda: with_wrong_code(("h" * 5000 + ".py", "pass\n")),
    "tar_of_6000_files.tar.gz": lambda: tarred(
        [plain("optimizers.py"), *(plain(f"{number}.bin", b"") for number in range(6000))]
    ),
    "tar_of_300_modules.tar.gz": lambda: tarred(
        [plain("optimizers.py"), *(plain(f"module_{number}.py", b"") for number in range(300))]
    ),
    # files that are something else
    "ships_bytecode.zip": ships_bytecode,
    "zip_behind_a_script.zip": lambda: (
        b"# Attack surface: a file that is two things: a Python script and a zip\nprint(40)\n" + with_wrong_code()[:-2]
        + struct.pack("<H", 6) + b"#'''\n\n"
    ),
    "notebook_of_20_megabytes.zip": lambda: zipped(
        [("homework.ipynb", notebook(WRONG, "loss: 0.1\n" * (2 * MEGABYTE)))]
    ),
    "notebook_of_many_brackets.zip": lambda: zipped([("homework.ipynb", "[" * MEGABYTE)]),
    # for the compiler and for tracebacks
    "parentheses_for_the_compiler.zip": lambda: zipped(
        [("optimizers.py", deep("x = " + "-" * 300_000 + "(" * 100_000 + ")" * 100_000))]
    ),
    "sums_for_the_compiler.zip": lambda: zipped(
        [("optimizers.py", deep("x = 1" + "+1" * 200_000 + "\ny = x" + ".a" * 100_000 + "\nz = 0" + "<x()" * 50_000))]
    ),
    "line_of_900_kilobytes.zip": lambda: zipped(
        [("optimizers.py", failing('text = "' + "A" * 900_000 + '"; raise ValueError(text)'))]
    ),
    "text_of_900_kilobytes.zip": lambda: zipped(
        [("optimizers.py", failing("raise ValueError(TEXT)", f"\nTEXT = {'<script>=1+1' * 75_000!r}\n"))]
    ),
}  # fmt: skip


def main(folder: Path) -> None:
    for name, make in ARCHIVES.items():
        (folder / name).write_bytes(make())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "hostile")

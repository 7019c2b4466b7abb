"""Archives as hypothesis writes them: mostly sound in structure, with names, types and sizes that lie, and damage."""

import gzip
import tarfile
import zipfile
from pathlib import Path

from hypothesis import strategies as st
from packing import PACKERS, overlapping_zip, read, zip_of
from watch import only_reading, tree

from autograder.lab import Lab
from autograder.submission import Submission

OUTSIDE = ["../answers.py", "/tmp/answers.py", "a/../../answers.py", "..\\answers.py", "C:\\answers.py",
           "\\\\host\\a.py", "hw\\..\\..\\x.py", "C:answers.py"]  # fmt: skip
ODD = ["Answers.py", "ANSWERS.PY", "answers.py ", "answers.py.", "con.py", "NUL", "aux.txt", "a\u202ey.py", "x\0.py",
       "café.py", "cafe\u0301.py", "caf\udce9.py", "answers.py/x.py", "given/", "", ".", "/", "a//b.py", "./answers.py",
       "\n.py", "x\x1b[31m.py", "=1+1.py", "a" * 250 + ".py", "d/" * 40 + "x.py", "x" * 5000]  # fmt: skip
LEFT = ["__MACOSX/._answers.py", ".git/x", ".venv/lib/y.py", ".#answers.py", "node_modules/a/b.py", "hw.ipynb", "q.zip"]

names = st.one_of(
    st.sampled_from(["answers.py", "hw/answers.py", "helper.py", "table.csv", *OUTSIDE, *ODD, *LEFT]),
    st.text(max_size=12).map(lambda text: text + ".py"),
    st.text(max_size=40),
)
contents = st.binary(max_size=200) | st.integers(0, 1 << 21).map(bytes)
extremes = st.sampled_from([0, 1, 2, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF]) | st.integers(0, 0xFFFFFFFF)

_METHODS = [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
_MODES = [0, 0o100644, 0o120777, 0o020666, 0o060666, 0o010644, 0o140777, 0o040755]
_ZIP_FIELDS = [  # a signature, and where its fields lie: offset, bytes
    (b"PK\1\2", [(4, 2), (6, 2), (8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (38, 4), (42, 4)]),
    (b"PK\3\4", [(4, 2), (6, 2), (8, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2)]),
    (b"PK\5\6", [(4, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2)]),
]  # fmt: skip


@st.composite
def zips(draw: st.DrawFn) -> bytes:
    members = draw(st.lists(st.tuples(names, contents), max_size=5))
    if draw(st.integers(0, 9)) == 0:
        return overlapping_zip(
            [name[:99].replace("\0", "") or "x" for name, _ in members if name.isascii()] or ["x"], b"1"
        )
    try:
        whole = zip_of(members, draw(st.sampled_from(_METHODS)), draw(st.sampled_from(_MODES)))
    except ValueError:  # no zip can hold some names
        whole = zip_of([("answers.py", b"1")])
    raw = bytearray(whole)
    for _ in range(draw(st.integers(0, 2))):
        signature, fields = draw(st.sampled_from(_ZIP_FIELDS))
        offset, size = draw(st.sampled_from(fields))
        if (start := raw.find(signature)) >= 0:
            lie = draw(extremes).to_bytes(4, "little")[:size]
            raw[start + offset : start + offset + size] = lie
    return bytes(raw)


_TYPES = [tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE,
          tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.CONTTYPE, tarfile.GNUTYPE_SPARSE, tarfile.GNUTYPE_LONGNAME,
          tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, b"Z"]  # fmt: skip
types = st.sampled_from([tarfile.REGTYPE]) | st.sampled_from(_TYPES)
sizes = st.sampled_from([b"0" * 11, b"7" * 11, b"\xff" * 12, b"\x80" + bytes(11), b"-1", b"\x80" + b"\xff" * 11, b" "])
records = st.sampled_from(
    [b"19 path=../escape.py\n", b"18 path=answers.py\n", b"9 size=0\n", b"21 size=99999999999\n", b"11 size=-1\n",
     b"30 GNU.sparse.name=answers.py\n", b"1" * 3000, b"0 path=x\n", b"5 a=\n", b"99999 path=x\n", b"14 path=a\0.py\n",
     b"23 hdrcharset=BINARY\n\n"]
) | st.binary(max_size=30)  # fmt: skip


@st.composite
def tar_members(draw: st.DrawFn) -> bytes:
    """A header, with its checksum, and what follows it."""
    member = tarfile.TarInfo(draw(names))
    member.type = draw(types)
    member.linkname = draw(st.sampled_from(["", "/etc/passwd", "answers.py", ".."]))
    extends = member.type in _TYPES[10:15]
    content = b"".join(draw(st.lists(records, max_size=3))) if extends else draw(contents)
    member.size = len(content)
    layout = draw(st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]))
    header = bytearray(member.tobuf(layout, "utf-8", "surrogatepass"))
    if draw(st.integers(0, 4)) == 0:
        size = draw(sizes)
        header[-512 + 124 : -512 + 124 + len(size)] = size
        header[-512 + 148 : -512 + 156] = b" " * 8
        header[-512 + 148 : -512 + 156] = b"%06o\0 " % sum(header[-512:])
    return bytes(header) + content + bytes(-len(content) % 512)


tars = st.lists(tar_members(), max_size=5).map(lambda members: b"".join(members) + bytes(1024))
packed_tars = st.lists(tars, min_size=1, max_size=2).map(
    lambda parts: b"".join(gzip.compress(part, 1) for part in parts)
)
sound = st.dictionaries(st.sampled_from(["answers.py", "hw/answers.py", "x.py"]), st.binary(max_size=99), max_size=3)

archives = st.one_of(
    st.tuples(st.just(".zip"), zips()),
    st.tuples(st.just(".tar"), tars),
    st.tuples(st.sampled_from([".tar.gz", ".tgz"]), packed_tars),
    st.sampled_from(sorted(PACKERS)).flatmap(lambda kind: st.tuples(st.just(kind), sound.map(PACKERS[kind]))),
    st.tuples(st.sampled_from([*PACKERS, ".rar"]), st.binary(max_size=600)),
)


@st.composite
def damaged_archives(draw: st.DrawFn) -> tuple[str, bytes]:
    """A suffix and the bytes behind it; half of them with bytes changed, or cut short."""
    suffix, content = draw(archives)
    raw = bytearray(content)
    if raw and draw(st.booleans()):
        for _ in range(draw(st.integers(0, 3))):
            raw[draw(st.integers(0, len(raw) - 1))] = draw(st.integers(0, 255))
        if draw(st.integers(0, 5)) == 0:
            del raw[draw(st.integers(0, len(raw))) :]
    return suffix, bytes(raw)


def ends_in_a_submission(folder: Path, suffix: str, content: bytes, lab: Lab) -> Submission:
    """The submission in `content`, read in `folder/in`; nothing is written there nor anywhere else."""
    path = folder / "in" / f"ada{suffix}"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    before = tree(folder)
    with only_reading():
        submission = read(path, lab)
    assert tree(folder) == before
    path.unlink()
    assert (submission.problem is None) == bool(submission.files)
    assert submission.problem is None or (submission.problem.isprintable() and len(submission.problem) < 1000)
    for name in submission.files:
        assert not name.startswith("/") and ".." not in name.split("/") and "\\" not in name, name
        assert not any(ord(c) < 32 for c in name) and name.encode(), name
    assert submission.digest
    return submission

"""Archives and folders as containers: read whole or refused in words, never unpacked, whatever they claim to be."""

import gzip
import os
import random
import struct
import tarfile
import zipfile
from pathlib import Path

import commands
import pytest
from hostile_archives import OUTSIDE, damaged_archives, ends_in_a_submission
from hypothesis import HealthCheck, example, given, settings
from labs import tiny_lab, write_files
from packing import (
    CODE,
    FILES,
    KINDS,
    MEGABYTE,
    PACKERS,
    archive,
    hand_in,
    named,
    overlapping_zip,
    problem,
    read,
    refusal,
    tar_of,
    tarred,
    zip_of,
    zipped,
)
from watch import only_reading

from autograder import entries
from autograder.lab import Lab
from autograder.roster import find_submissions
from autograder.submission import Submission


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return tiny_lab(tmp_path_factory.mktemp("lab"))


def test_capital_letters_in_a_suffix_are_a_suffix(tmp_path: Path, lab: Lab) -> None:
    """ADA.ZIP is ada's zip, as Windows writes it."""
    assert archive(tmp_path / "ADA.ZIP", zipped(FILES), lab) == Submission("ADA", FILES)


def test_what_is_no_archive_is_refused(tmp_path: Path, lab: Lab) -> None:
    """Text with an archive's suffix, and an empty file, are refused by name."""
    for kind in PACKERS:
        for content in (b"this is no archive at all\n" * 50, b""):
            assert f"ada{kind}" in refusal(tmp_path / f"ada{kind}", content, lab)


@pytest.mark.parametrize("kind", PACKERS)
def test_an_archive_that_was_cut_short_is_refused(kind: str, tmp_path: Path, lab: Lab) -> None:
    """Half an upload is no submission, wherever it broke off."""
    whole = PACKERS[kind]({"answers.py": CODE + random.Random(0).randbytes(3000)})
    end = len(whole.rstrip(b"\0"))  # a tar may lose the zeros at its end
    for share in (0.2, 0.5, 0.9):
        refusal(tmp_path / f"ada{kind}", whole[: int(end * share)], lab)


def test_an_archive_behind_a_password_is_refused(tmp_path: Path, lab: Lab) -> None:
    """An encrypted zip is told to come without a password."""
    content = bytearray(zipped(FILES))
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(signature) + offset] |= 1
    assert "password" in refusal(tmp_path / "ada.zip", bytes(content), lab)


@pytest.mark.parametrize("suffix", [".rar", ".7z", ".tar.bz2", ".tar.xz", ".gz"])
def test_an_archive_of_another_kind_is_refused_by_name(suffix: str, tmp_path: Path, lab: Lab) -> None:
    """A .rar is recognised as somebody's submission, and asked for as a zip."""
    path = tmp_path / f"ada{suffix}"
    path.write_bytes(b"Rar!\x1a\x07")
    assert [source.student for source in find_submissions([path], lab).sources] == ["ada"]
    assert problem(path, lab).endswith("Hand in a folder, a .zip or a .tar.gz.")


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("kind", PACKERS)
def test_a_path_that_leads_out_of_the_archive_is_refused(kind: str, name: str, tmp_path: Path, lab: Lab) -> None:
    """Zip slip in every spelling: refused by name, though nothing would have been written anyway."""
    assert "leads out of it" in refusal(tmp_path / f"ada{kind}", PACKERS[kind]({**FILES, name: CODE}), lab)


def test_backslashes_are_folders(tmp_path: Path, lab: Lab) -> None:
    r"""hw1\answers.py, as some Windows tools pack it, is answers.py in hw1."""
    for kind in PACKERS:
        path = hand_in(tmp_path / "ada", {"hw1\\answers.py": CODE, "hw1\\tools\\helper.py": b"x = 1\n"}, kind)
        assert read(path, lab).files == FILES


@pytest.mark.parametrize("kind", KINDS)
def test_too_many_files_are_refused(kind: str, tmp_path: Path, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that are not wanted count as well: a tree without end is not walked to its end."""
    monkeypatch.setattr(entries, "ENTRIES_LIMIT", 50)
    path = hand_in(tmp_path / "ada", {**FILES, **{f"f{i}.txt": b"" for i in range(50)}}, kind)
    assert "more than 50 files" in problem(path, lab)


# Bombs


def test_a_zip_bomb_is_refused_before_any_of_it_is_unpacked(tmp_path: Path, lab: Lab) -> None:
    """195 KB that unpack to 200 MB are refused by their table of contents: what they hold may as well be noise."""
    bomb = bytearray(zipped({**FILES, "zeros.bin": bytes(200 * MEGABYTE)}))
    start = bomb.index(b"PK\3\4") + 30 + len("answers.py")
    bomb[start : start + 5] = b"\xff" * 5
    assert len(bomb) < 200 << 10
    message = refusal(tmp_path / "ada.zip", bytes(bomb), lab)
    assert message.startswith(f"ada.zip has {len(bomb) >> 10} KB and unpacks to 200 MB")


def test_a_zip_of_much_that_does_not_shrink_is_no_bomb(tmp_path: Path, lab: Lab) -> None:
    """A data set of 80 MB is left out, not refused; and so is a table of zeros that shrinks a hundredfold."""
    noise = random.Random(0).randbytes(MEGABYTE) * 80
    assert archive(tmp_path / "ada.zip", zip_of([*FILES.items(), ("data.bin", noise)], 0), lab).files == FILES
    assert archive(tmp_path / "bob.zip", zipped({**FILES, "zeros.npy": bytes(50 * MEGABYTE)}), lab).files == FILES


@pytest.mark.parametrize("content", [b"\n" * 1000, b"class Answer: ...\n"], ids=len)
def test_members_that_share_their_content_are_refused(content: bytes, tmp_path: Path, lab: Lab) -> None:
    """Overlapping members make a small zip as large as one likes, whatever each of them claims."""
    names = ["answers.py", *(f"f{i}.py" for i in range(50))]
    message = refusal(tmp_path / "ada.zip", overlapping_zip(names, content), lab)
    assert "answers.py and f0.py lie over each other" in message


def test_a_zip_that_lies_about_its_sizes_is_refused(tmp_path: Path, lab: Lab) -> None:
    """A member that is longer than the table says, or shorter, is damage."""
    honest = zipped({"answers.py": CODE * 100})
    for size in (0, 1, 10, 100_000):
        lying = bytearray(honest)
        struct.pack_into("<I", lying, lying.index(b"PK\1\2") + 24, size)
        assert refusal(tmp_path / "ada.zip", bytes(lying), lab).endswith("again.")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_rare_compression_is_refused(method: int, tmp_path: Path, lab: Lab) -> None:
    """What zipfile unpacks without bound is not unpacked; beside the files that are read it does no harm."""
    whole = zipped({"answers.py": bytes(MEGABYTE // 2)}, method)
    assert "packed in a rare way" in refusal(tmp_path / "ada.zip", whole, lab)
    mixed = bytearray(zipped({**FILES, "zeros.bin": b"0"}))
    struct.pack_into("<H", mixed, mixed.rindex(b"PK\1\2") + 10, method)
    assert archive(tmp_path / "bob.zip", bytes(mixed), lab).files == FILES


def test_a_table_of_contents_without_end_is_refused(tmp_path: Path, lab: Lab) -> None:
    """Before anything is made of a hundred thousand entries, their table is found too long."""
    table = (b"PK\1\2" + bytes(24) + struct.pack("<H", 60_000) + bytes(16) + b"x" * 60_000) * 150
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 150, 150, len(table), 0, 0)
    assert "table of contents is longer than 8 MB" in refusal(tmp_path / "ada.zip", table + end, lab)


@pytest.mark.parametrize("kind", [".zip", ".tar.gz"])
def test_entries_without_end_are_refused_even_in_folders_of_tools(
    kind: str, tmp_path: Path, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What tools leave behind may be much, and not without end."""
    monkeypatch.setattr(entries, "ALL_ENTRIES_LIMIT", 300)
    files = {**FILES, **{f".git/{i}": b"" for i in range(300)}}
    assert "more than 5000 files" in refusal(tmp_path / f"ada{kind}", PACKERS[kind](files), lab)


def gzipped(size: int) -> bytes:
    """A tar.gz with the answers and a file of so many zeros."""
    return tarred({**FILES, "zeros.bin": bytes(size)})


def test_a_tar_bomb_is_refused_while_it_streams(tmp_path: Path, lab: Lab) -> None:
    """What a header says is enough, and where it lies, what has come so far: none of it waits for the end."""
    declared = gzipped(200 * MEGABYTE)
    assert len(declared) < 220 << 10
    assert "unpacks to more than 64 MB" in refusal(tmp_path / "ada.tar.gz", declared[:4000], lab)
    many = tarred({**FILES, **{f"{i}.bin": bytes(MEGABYTE) for i in range(80)}})
    cut = many[: int(len(many) * 0.9)]
    assert "unpacks to more than 64 MB" in refusal(tmp_path / "bob.tar.gz", cut, lab)
    behind = gzip.compress(tarred(FILES, "w") + bytes(80 * MEGABYTE))
    assert "unpacks to more than 64 MB" in refusal(tmp_path / "cleo.tar.gz", behind, lab)


def test_a_tar_within_bounds_is_read(tmp_path: Path, lab: Lab) -> None:
    """A file of zeros that shrinks a thousandfold is no bomb as long as all of it is small."""
    assert archive(tmp_path / "ada.tar.gz", gzipped(50 * MEGABYTE), lab) == Submission("ada", FILES)


TRICKS = {
    "a hundred thousand empty parts": (gzip.compress(b"", 9, mtime=0) * 100_000, "too many parts"),
    "an extended header of digits": (
        tar_of([(named("x", type=tarfile.XHDTYPE, size=MEGABYTE), b"1" * MEGABYTE)]),
        "an extended header that is too long",
    ),
    "extended headers without end": (gzip.compress(named("x", type=tarfile.XHDTYPE).tobuf() * 5_000), "None of"),
    "a negative size": (gzip.compress(named("x", size=-512).tobuf(tarfile.GNU_FORMAT)), "a file of negative size"),
    "a size beyond everything": (gzip.compress(named("x", size=1 << 70).tobuf(tarfile.GNU_FORMAT)), "more than 64 MB"),
    "holes": (tar_of([(named("answers.py", type=tarfile.GNUTYPE_SPARSE), b"")]), "a file with holes"),
}


@pytest.mark.parametrize(("content", "words"), TRICKS.values(), ids=TRICKS.keys())
def test_tricks_that_make_readers_of_tars_hang_are_refused(
    content: bytes, words: str, tmp_path: Path, lab: Lab
) -> None:
    """Each made some reader search for minutes, recurse, run backwards or fill the memory."""
    path = tmp_path / "ada.tar.gz"
    path.write_bytes(content)
    with only_reading():
        message = problem(path, lab)
    assert words in message


def test_tars_of_every_layout_are_read(tmp_path: Path, lab: Lab) -> None:
    """V7, ustar, GNU and pax, long names, accents, old files with a slash for folders, in several packed parts."""
    long = "tools/" + "a" * 150 + ".py"
    for layout in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        path = tmp_path / f"ada{layout}.tar.gz"
        files = {**FILES, "zoë.py": b"", **({} if layout == tarfile.USTAR_FORMAT else {long: b"x = 1"})}
        with tarfile.open(path, "w:gz", format=layout) as packed:
            packed.addfile(named("old/", type=tarfile.AREGTYPE))
            packed.addfile(named("./", type=tarfile.DIRTYPE))
            packed.add(hand_in(tmp_path / f"{layout}", files), ".", filter=_dated)
        assert read(path, lab).files == files
        raw = gzip.decompress(path.read_bytes())
        path.write_bytes(gzip.compress(raw[:700]) + bytes(9) + gzip.compress(raw[700:]) + bytes(70_000))
        assert read(path, lab).files == files


def _dated(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mtime = 1.5  # a fraction makes an extended header under pax
    return member


@pytest.mark.parametrize("kind", [".tar", ".tar.gz"])
def test_a_tars_packing_is_seen_and_not_believed(kind: str, tmp_path: Path, lab: Lab) -> None:
    """A browser that unpacks a .tar.gz and keeps its name, or a .tar that is packed, is read all the same."""
    other = tarred(FILES, "w" if kind == ".tar.gz" else "w:gz")
    assert archive(tmp_path / f"ada{kind}", other, lab) == Submission("ada", FILES)


# Folders


def test_a_deep_folder_is_not_walked_to_its_end(tmp_path: Path, lab: Lab) -> None:
    """Files far down are out of reach, and the rest is read."""
    path = hand_in(tmp_path / "ada", {**FILES, "d/" * 60 + "x.py": b""})
    assert read(path, lab) == Submission("ada", FILES)


def test_folders_without_files_are_counted_too(tmp_path: Path, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tree of nothing but folders comes to an end."""
    monkeypatch.setattr(entries, "ENTRIES_LIMIT", 50)
    hand_in(tmp_path, FILES)
    for number in range(50):
        (tmp_path / f"d{number}").mkdir()
    assert "more than 50 files and folders" in problem(tmp_path, lab)


# Whatever an archive holds


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(packed=damaged_archives())
@example(packed=(".zip", b"PK\5\6" + bytes(18)))
@example(packed=(".tar.gz", gzip.compress(b"")))
def test_any_archive_ends_in_a_submission(packed: tuple[str, bytes], tmp_path: Path, lab: Lab) -> None:
    """Hostile names, types and sizes, damage anywhere: a Submission comes out, and the disk is as it was."""
    ends_in_a_submission(tmp_path, *packed, lab)


# Through the command line


def test_hostile_archives_cost_nobody_else_a_mark(tmp_path: Path) -> None:
    """In a class of hostile archives the good student keeps all marks, and each of the others is told why."""
    good = {name: (commands.REFERENCE / name).read_bytes() for name in ("optimizers.py", "schedulers.py")}
    hand_in(tmp_path / "class" / "good", good, ".tar.gz")
    link = named("optimizers.py", type=tarfile.SYMTYPE, linkname=str(commands.REFERENCE / "optimizers.py"))
    schedulers = named("schedulers.py", size=len(good["schedulers.py"]))
    hostile = {
        "bomb.zip": (zipped({**good, "zeros.bin": bytes(200 * MEGABYTE)}), "unpacks to 200 MB"),
        "slip.tar.gz": (tarred({**good, "../../escaped.py": b"1"}), "../../escaped.py, a path that leads out"),
        "overlap.zip": (overlapping_zip(["optimizers.py", "x.py"], CODE), "lie over each other"),
        "twins.zip": (zipped({**good, "Optimizers.py": b"1"}), "are one name to many a system"),
        "bidi.tar": (tarred({**good, "\u202eyp.x.py": b"1"}, "w"), r"\u202eyp.x.py has characters"),
        "reserved.zip": (zipped({**good, "con.py": b"1"}), "con.py has a name that Windows"),
        "noise.zip": (os.urandom(5000), "not a readable zip"),
        "link.tar.gz": (tar_of([(link, b""), (schedulers, good["schedulers.py"])]), "optimizers.py is a symbolic link"),
    }
    write_files(tmp_path / "class", {name: content for name, (content, _) in hostile.items()})
    done = commands.grade("run", tmp_path / "class", "--lab", "optimization", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    report = commands.report(tmp_path / "out", "good")
    assert report["score"] == 54  # all that its two files are worth
    for name, (_, why) in hostile.items():
        student = name.split(".")[0]
        report = commands.report(tmp_path / "out", student)
        loss = commands.first_loss(report["questions"][0])
        assert loss and loss["verdict"] == "not attempted" and why in loss["message"], (name, loss)
        kept = [question["id"] for question in report["questions"] if question["score"] == question["max_score"]]
        assert bool(kept) == (student == "link"), (name, kept)
    assert "optimizers.py is a symbolic link" in (tmp_path / "out" / "link" / "worker.log").read_text("utf-8")
    assert {path.name for path in tmp_path.iterdir()} == {"class", "out"}

"""A class as courses have them, from Canvas's download to the grades in Canvas and Moodle: `make course`."""

import csv
import io
import json
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import commands
import pytest
from notebooks import notebook

from autograder import zipping

FOLDERS = [f"right/{name}" for name in (
    "colab_notebook", "notebook_beside_stubs", "adamw_inherits_adam", "helper_files", "numpy_inside", "torch_style",
    "windows_editor", "own_base", "nested_folder", "update_hook", "assigns_data",
)] + [f"wrong/{name}" for name in (
    "adam_without_bias_correction", "sgd_rate_cached", "adam_betas_hard_coded",
)] + [f"broken/{name}" for name in (
    "notebook_with_faults", "notebook_cut_short", "colon_forgotten", "class_missing", "half_done", "only_notes",
    "schedulers_missing", "untouched_stubs", "utf16",
)]  # fmt: skip
ARCHIVES = ("right/zip_archive.zip", "right/tar_archive.tar.gz", "right/zipped_on_a_mac.zip", "broken/not_a_zip.zip")
NAMES = ("Ada Lovelace", "Zoë O'Neil", "José de la Cruz", "Łukasz Żak", "李 小龍", "Anne-Marie Dupont")


def packed(sample: str, number: int) -> dict[str, bytes]:
    """What the student of this number uploads of a folder: its files, or a zip or tar of them."""
    folder = commands.SAMPLES / sample
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
    if number % 3 == 0 and not any("/" in name for name in files):
        return files
    if number % 3 == 1:
        return {"hand in.zip": zipping.zipped({f"hw/{name}": content for name, content in files.items()})}
    return {"hand in.tar.gz": _tar(files)}


def _tar(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def uploads() -> Iterator[dict[str, bytes]]:
    """What each student of the class uploads, by the names that their files have."""
    yield from (packed(sample, number) for number, sample in enumerate(FOLDERS))
    yield from ({Path(path).name: (commands.SAMPLES / path).read_bytes()} for path in ARCHIVES)
    yield {"Copy of lab.ipynb": (commands.SAMPLES / "right/colab_notebook/Copy_of_lab.ipynb").read_bytes()}
    yield {"lab.ipynb": notebook("%matplotlib inline", "import antigravity", "x = 1")}
    yield {"essay.docx": b"PK\3\4 no homework"}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the class as Canvas hands it out, the run that graded it, and what was exported of that."""
    root = tmp_path_factory.mktemp("course")
    people = []
    with zipfile.ZipFile(root / "submissions.zip", "w") as archive:
        for number, files in enumerate(uploads()):
            name = f"{NAMES[number % len(NAMES)]} {number}"
            people.append((name, 5000 + number, 100 + number))
            prefix = "".join(filter(str.isalnum, name.lower()))
            for nth, (file, content) in enumerate(files.items()):
                late = "LATE_" if number == 2 else ""
                archive.writestr(f"{prefix}_{late}{5000 + number}_{70000 + 10 * number + nth}_{file}", content)
    write_course(root, people)
    done = commands.grade("run", root / "submissions.zip", "--out", root / "run")
    assert done.returncode == 0, done.stderr
    done = commands.grade(
        "export", root / "run", "--course", root / "course.toml", "--canvas", root / "gradebook.csv",
        "--moodle", root / "worksheet.csv", "--nbgrader", "--junit", "--classroom", "--out", root / "exports",
    )  # fmt: skip
    assert done.returncode in (0, 1) and "Traceback" not in done.stderr, done.stderr
    return root


def write_course(root: Path, people: list[tuple[str, int, int]]) -> None:
    """course.toml and the course systems' own tables for these people (name and both ids) and two more."""
    absent, excused = ("Absent Friend", 5900, 900), ("Excused Person", 5901, 901)
    everybody = [*people, absent, excused]
    with (root / "roster.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["name", "canvas", "moodle"], *everybody])
    (root / "course.toml").write_text(
        'timezone = "Europe/Zurich"\nroster = "roster.csv"\n[labs.optimization]\nbonus = ["lookahead"]\n'
        'bonus_counts = "up to the maximum"\n[[adjustments]]\nstudent = "Ada Lovelace 0"\nlab = "optimization"\n'
        'points = -1.5\nreason = "Agreed."\n'
    )
    with (root / "gradebook.csv").open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Quiz (11)", "Optimization (12)"])
        writer.writerow(["    Points Possible", "", "", "", "", "10", "98"])
        for name, canvas, _ in everybody:
            last, _, first = name[::-1].partition(" ")
            cell = "EX" if name == excused[0] else ""
            writer.writerow([f"{last[::-1]}, {first[::-1]}", canvas, f"s{canvas}", f"u{canvas}", "Lab 1", "7.5", cell])
        writer.writerow(["Student, Test", "99999", "", "", "Lab 1", "", ""])
    with (root / "worksheet.csv").open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(["Identifier", "Full name", "ID number", "Status", "Grade", "Maximum grade",
                         "Last modified (submission)", "Last modified (grade)", "Feedback comments"])  # fmt: skip
        for name, _, moodle in everybody:
            writer.writerow([f"Participant {moodle}", name, "", "Submitted", "", "98.00", "-", "-", ""])


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.reader(file))


def final(course: Path) -> dict[str, Decimal]:
    """The final score of whoever has one, by name."""
    header, *lines = rows(course / "exports" / "final.csv")
    found = [dict(zip(header, line, strict=True)) for line in lines]
    return {line["name"]: Decimal(line["final"]) for line in found if line["final"]}


def test_everybody_in_a_mixed_class_is_graded_in_one_run(course: Path) -> None:
    """Thirty: .py files, notebooks, zips, tars, Colab's exports, broken ones; each has its sample's marks."""
    scores = {line[0]: Decimal(line[1]) for line in rows(course / "run" / "grades.csv")[1:]}
    assert len(scores) == 30
    by_number = {int(student.rpartition("_")[2]) - 5000: score for student, score in scores.items()}
    whole = {"right/colab_notebook", "right/notebook_beside_stubs", "right/adamw_inherits_adam", "right/helper_files",
             "right/numpy_inside", "right/nested_folder", "right/torch_style", "right/windows_editor"}  # fmt: skip
    for number, sample in enumerate(FOLDERS):
        toml = tomllib.loads((commands.SAMPLES / f"{sample}.toml").read_text("utf-8"))
        if sample in whole:
            assert by_number[number] == 100, sample
        elif toml.get("lost", {}).get("all") == "not attempted":
            assert by_number[number] == 0, sample
        else:
            assert 0 < by_number[number] < 100, sample
    assert by_number[len(FOLDERS) + len(ARCHIVES)] == 100, "a lone notebook from Colab"
    assert by_number[28] == by_number[29] == 0, "nothing of the lab in it"


def test_canvas_reads_back_the_final_scores(course: Path) -> None:
    """The instructor's gradebook with one column filled: every other cell as it was, EX too."""
    before, after = rows(course / "gradebook.csv"), rows(course / "exports" / "canvas.csv")
    assert [line[:-1] for line in after] == [line[:-1] for line in before] and after[:2] == before[:2]
    scores = final(course)
    by_id = {int(line[1]): line[-1] for line in after[2:]}
    assert {5000 + int(name.rpartition(" ")[2]): score for name, score in scores.items() if name[-1].isdigit()} == {
        id: Decimal(cell) for id, cell in by_id.items() if 5000 <= id < 5900
    }
    assert by_id[5901] == "EX" and by_id[99999] == ""


def test_moodle_reads_back_the_final_scores(course: Path) -> None:
    """The worksheet with grades and feedback: every other column as it was."""
    before, after = rows(course / "worksheet.csv"), rows(course / "exports" / "moodle.csv")
    ours = [after[0].index(name) for name in ("Grade", "Feedback comments")]
    kept = [[cell for i, cell in enumerate(line) if i not in ours] for line in after]
    assert kept == [[cell for i, cell in enumerate(line) if i not in ours] for line in before]
    scores = final(course)
    grades = {line[1]: Decimal(line[ours[0]]) for line in after[1:] if line[ours[0]]}
    assert grades == {name: scores[name] for name in grades} and len(grades) >= 30


def test_a_manual_adjustment_and_the_late_hand_in_are_in_the_notes(course: Path) -> None:
    """What people entered reaches the final score, with its reason; what nobody can decide is said."""
    header, *lines = rows(course / "exports" / "final.csv")
    by_name = {line[header.index("name")]: dict(zip(header, line, strict=True)) for line in lines}
    ada = by_name["Ada Lovelace 0"]
    assert "Agreed." in ada["notes"] and Decimal(ada["final"]) == Decimal("96.5")
    assert "late" in " ".join(by_name["José de la Cruz 2"].values()).lower()


def test_a_download_is_graded_again_from_where_it_lies(course: Path) -> None:
    """What lies in parts in the class's zip is found again; nobody moves where nothing changed."""
    done = commands.grade("regrade", course / "run", "--only", "smooth", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert not found["left"] and not found["moves"] and len(found["unchanged"]) == 30, found

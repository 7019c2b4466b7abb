"""`export` hands a run's results to the systems that a course has, by the rules of its course.toml."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autograder.cli.app import app
from autograder.cli.console import (
    GRADED,
    NEEDS_STAFF,
    JsonOption,
    LabName,
    err,
    exit_codes,
    note,
    out,
    print_json,
    shown,
)
from autograder.cli.written import AnonymousOption, PdfOption, export_pdfs
from autograder.errors import UsageError
from autograder.lab import Lab

if TYPE_CHECKING:
    from autograder.course.record import Results
    from autograder.course.rules import Course
    from autograder.exports.pairing import Merged

COURSE = Path("course.toml")
RUNS = Path("runs")

RunFolder = Annotated[
    Path | None,
    typer.Argument(metavar="RUN", help="The folder that `run` wrote to. Default: the last one in runs/LAB."),
]


@dataclass(frozen=True)
class Wanted:
    """The formats asked for."""

    canvas: Path | None
    canvas_column: str | None
    moodle: Path | None
    scale: bool
    nbgrader: bool
    junit: bool
    classroom: bool


@app.command()
def export(
    run: RunFolder = None,
    lab: LabName = "optimization",
    course: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Roster, due dates, late policy, what people entered: see docs/course.md. "
            "Default: ./course.toml, or else raw scores.",
        ),
    ] = None,
    canvas: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Canvas's own export of the gradebook, to be filled in.")
    ] = None,
    canvas_column: Annotated[
        str | None, typer.Option(metavar="NAME", help="The assignment's heading there. Default: the lab's title.")
    ] = None,
    moodle: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Moodle's own grading worksheet, to be filled in.")
    ] = None,
    scale: Annotated[
        bool, typer.Option("--scale", help="Scale scores to the maximum that Canvas or Moodle has.")
    ] = False,
    nbgrader: Annotated[bool, typer.Option("--nbgrader", help="A table as nbgrader exports it.")] = False,
    junit: Annotated[bool, typer.Option("--junit", help="JUnit XML, a test suite a student.")] = False,
    classroom: Annotated[
        bool, typer.Option("--classroom", help="GitHub Classroom: a result a student, and the workflow for them.")
    ] = False,
    pdf: PdfOption = False,
    anonymous: AnonymousOption = False,
    out_dir: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where the files go. Default: RUN/exports.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Hand results to Canvas, Moodle, nbgrader, GitHub Classroom, CI, or a person who grades written answers.

    Always writes `final.csv`: what each student has, and every step to it. The files that you pass are not changed:
    what comes out is your file with this lab's scores in it, ready to be imported.

    Examples:

        python grade.py export --canvas ~/Downloads/gradebook.csv

        python grade.py export runs/optimization/2026-03-07_10-00-00 --moodle worksheet.csv --junit

    `--pdf` writes `DIR/written/students/<student>.pdf`, `DIR/written/questions/<question>.pdf` and
    `DIR/written/scores.csv`. Run it again when students were added: what was entered in scores.csv stays.
    """
    with exit_codes("Interrupted. Files that were written are whole; the same command makes the rest."):
        found = Lab.find(lab)
        rules = rules_of(course)
        folder = run_folder(run or _named_run(rules, lab), lab)
        results = results_of(found, folder, rules)
        wanted = Wanted(canvas, canvas_column, moodle, scale, nbgrader, junit, classroom)
        target = out_dir or folder / "exports"
        files = _write_all(results, wanted, target)
        code = _print_people(results)
        exported = export_pdfs(folder, found, target, anonymous) if pdf else None
        if exported and exported.is_incomplete:
            code = NEEDS_STAFF
        if json:
            pdfs = asdict(exported) if exported else None
            print_json({"lab": lab, "run": folder, "files": files, **_people_as_json(results), "pdfs": pdfs})
        raise typer.Exit(code)


def run_folder(run: Path | None, lab: str) -> Path:
    """The run that is meant.

    Raises:
        UsageError: none was given, and there is none yet.
    """
    found = run or _last_run(lab)
    if found is None:
        raise UsageError(f"There is no run in {RUNS / lab}: pass the folder that `run` wrote its results to.")
    return found


def rules_of(path: Path | None) -> "Course":
    """The course's rules; where there are none, everybody has the raw score."""
    from autograder.course.rules import Course, read_course

    found = path or (COURSE if COURSE.exists() else None)
    err.print(f"By the rules of {shown(str(found))}." if found else "By raw scores, as there is no course.toml.")
    return read_course(found) if found else Course()


def results_of(lab: Lab, folder: Path, course: "Course") -> "Results":
    """The records of the run in `folder`, with what other labs' runs say of slip days."""
    from autograder.course.results import labs_before, results
    from autograder.course.runs import read_run

    before = {name: _named_run(course, name) or _last_run(name) for name in labs_before(course, lab.name)}
    earlier = {name: read_run(run, name) for name, run in before.items() if run}
    return results(course, lab, read_run(folder, lab.name), earlier)


def _named_run(course: "Course", lab: str) -> Path | None:
    named = course.lab(lab).run
    return course.file(named) if named is not None else None


def _last_run(lab: str) -> Path | None:
    from autograder.course.runs import last_run

    return last_run(RUNS / lab)


def _write_all(results: "Results", wanted: Wanted, folder: Path) -> list[Path]:
    """All files, or none where one of them cannot be made; those at the top, and Classroom's folder, are named."""
    files = dict(_files(results, wanted))
    for given in (wanted.canvas, wanted.moodle):
        for name in files:
            if given is not None and (folder / name).resolve() == given.resolve():
                raise UsageError(f"{folder / name} is the file that you passed: pass --out elsewhere.")
    for name, text in files.items():
        _write(folder / name, text)
    written = [folder / name for name in files if "/" not in name] + [folder / "classroom"] * wanted.classroom
    for path in written:
        out.print(shown(str(path)))
    return written


def _files(results: "Results", wanted: Wanted) -> Iterator[tuple[str, str]]:
    """The files asked for, by their names below the folder."""
    from autograder.exports.final import final_csv

    yield "final.csv", final_csv(results)
    if wanted.canvas is not None:
        from autograder.exports import canvas
        from autograder.exports.sheet import read_sheet

        merged = canvas.merge(read_sheet(wanted.canvas), results, wanted.canvas_column, wanted.scale)
        yield "canvas.csv", _told("canvas.csv", merged)
    if wanted.moodle is not None:
        from autograder.exports import moodle
        from autograder.exports.sheet import read_sheet

        yield "moodle.csv", _told("moodle.csv", moodle.merge(read_sheet(wanted.moodle), results, wanted.scale))
    if wanted.nbgrader:
        from autograder.exports.nbgrader import nbgrader_csv

        yield "nbgrader.csv", nbgrader_csv(results)
    if wanted.junit:
        from autograder.exports.junit import junit_xml

        yield "junit.xml", junit_xml(results, lambda hand_in: _log(hand_in.folder))
    if wanted.classroom:
        from autograder.exports import classroom

        for name, text in classroom.classroom_results(results).items():
            yield f"classroom/{name}", text
        yield f"classroom/{classroom.WORKFLOW}", classroom.workflow()


def _log(folder: Path) -> str:
    try:
        return (folder / "worker.log").read_text("utf-8", errors="replace")
    except OSError:
        return ""


def _write(path: Path, text: str) -> None:
    from autograder.records import write_atomically

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}. Pass --out elsewhere.") from error


def _told(name: str, merged: "Merged") -> str:
    err.print(f"{name}: {merged.written} scores.")
    _print_list(f"Not in {name}, and nobody was added", merged.absent)
    for remark in merged.remarks:
        note(remark)
    return merged.text


def _people_as_json(results: "Results") -> dict[str, Any]:
    """By the names of `_print_people`'s lists."""
    from autograder.course.record import EXCUSED, MISSING

    return {
        "excused": results.with_status(EXCUSED),
        "missing": results.with_status(MISSING),
        "unknown": results.unknown,
        "ambiguous": dict(results.ambiguous),
        "unsettled": {record.student: record.unsettled for record in results.records if record.unsettled},
        "remarks": results.remarks,
    }


def _print_people(results: "Results") -> int:
    """Who could not be placed, has nothing, or waits for a person; exit code 1 if somebody does."""
    from autograder.course.record import EXCUSED, MISSING

    for remark in results.remarks:
        note(remark)
    _print_list("Excused", results.with_status(EXCUSED))
    _print_list("Handed in nothing", results.with_status(MISSING))
    _print_list("Not in the roster", results.unknown)
    _print_list("May be one of several", [f"{name} ({', '.join(others)})" for name, others in results.ambiguous])
    unsettled = [(record.student, sentence) for record in results.records for sentence in record.unsettled]
    if unsettled:
        err.print("[red]To settle:[/red]")
    for student, sentence in unsettled:
        err.print(f"  {shown(student)}: {shown(sentence)}")
    return NEEDS_STAFF if unsettled or results.unknown or results.ambiguous else GRADED


def _print_list(heading: str, names: "list[str] | tuple[str, ...]") -> None:
    if names:
        err.print(f"[yellow]{heading}:[/yellow] {shown(', '.join(names))}")

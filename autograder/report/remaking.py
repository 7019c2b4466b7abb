"""Pages made anew from the records of a run, which are all that they show."""

from collections.abc import Callable
from pathlib import Path

from autograder.errors import UsageError
from autograder.folder import GRADES, INDEX, claimed, no_report, no_run, refusal
from autograder.lab import Lab
from autograder.records import is_current, records_in, row_of
from autograder.report.class_page import Kind, Progress, write_class_page
from autograder.report.overview import Overview
from autograder.report.student import write_page


def remake(folder: Path, lab: Lab, on_notice: Callable[[str], None]) -> int:
    """Write the students' pages and that of the class for the run in `folder`; returns how many students it shows.

    Where some were graded by the lab as it is now, these are shown, as grades.csv has them; else all.  `on_notice`
    hears whose own page could not be made.

    Raises:
        UsageError: nothing was graded there, or another lab's; a batch is at it; nothing can be written there.
    """
    if not folder.is_dir():
        raise no_run(folder)
    with claimed(folder, (INDEX,), ()):
        digests = {path: is_current(report, lab.digest) for path, report in records_in(folder)}
        if not digests:
            raise no_report(folder)
        overview, total = Overview(lab), 0
        for path, report in records_in(folder):
            if report["lab"].get("name", lab.name) != lab.name:
                raise UsageError(f"{path} is of the lab {report['lab']['name']!r}: pass --lab {report['lab']['name']}.")
            if digests.get(path) or not any(digests.values()):
                if problem := write_page(path, report):
                    on_notice(f"{path.name}: {problem}")
                overview.add(path, row_of(report), report)
                total += 1
        kind: Kind = "done" if (folder / GRADES).exists() else "cut short"
        try:
            write_class_page(folder, overview, Progress.now(kind, total))
        except OSError as error:
            raise refusal(folder, error) from error
    return total

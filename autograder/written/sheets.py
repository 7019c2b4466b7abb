"""What the students of a run answered in words."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from autograder.errors import InstructorError, UsageError
from autograder.hand_ins import Entry, read_entries
from autograder.lab import Lab
from autograder.records import NAME_LIMIT, read_record
from autograder.text import plain, some_of

_PEOPLE_LIMIT = 200
_UNREADABLE = "Nothing in the submission could be opened."
_DAMAGED = "its report.json is damaged, or an older version's: grade it again"


class _Entry(BaseModel):
    id: str
    text: str = ""


class _Record(BaseModel):
    """The part of report.json that counts here."""

    student: str
    status: str
    lab: dict[str, str]
    written: list[_Entry] = []


@dataclass(frozen=True)
class Sheet:
    """One student's answers by question id, as they were written.

    `student` is the name in grades.csv, `people` who that is, where the run knows, and `note` why there may be none.
    """

    student: str
    people: str
    answers: Mapping[str, str]
    note: str = ""

    def answer(self, question_id: str) -> str:
        """Empty where there is none."""
        return self.answers.get(question_id, "").strip()


def read_sheets(run: Path, lab: Lab) -> tuple[list[Sheet], list[str]]:
    """A sheet for each student graded in `run`, and who or what was left out, and why.

    Raises:
        UsageError: the lab asks no written questions, or `run` holds no reports of it.
    """
    if not lab.manifest.written:
        raise UsageError(f"lab.toml of {lab.name} has no [[written]] questions, so there is nothing to grade by hand.")
    try:
        folders = sorted(path.parent for path in run.glob("*/report.json"))
    except OSError as error:
        raise UsageError(f"{run} cannot be read: {error.strerror}.") from error
    hand_ins = _hand_ins(run)
    sheets, left_out = [], []
    for folder in folders:
        record = _record(folder)
        if record is None:
            left_out.append(f"{plain(folder.name, NAME_LIMIT)}: {_DAMAGED}")
        elif record.lab.get("name") != lab.name:
            left_out.append(f"{plain(folder.name, NAME_LIMIT)}: graded for another lab, {record.lab.get('name')}")
        else:
            sheets.append(_sheet(record, hand_ins.get(folder.name) or hand_ins.get(record.student)))
    if not sheets:
        why = f" ({some_of(left_out)})" if left_out else ""
        raise UsageError(
            f"{run} holds no reports of the lab {lab.name}{why}. Give the folder that `run` wrote, the one with "
            "grades.csv in it."
        )
    return sheets, [*left_out, *_unasked(sheets, lab)]


def _record(folder: Path) -> _Record | None:
    try:
        return _Record.model_validate(read_record(folder))
    except ValidationError:
        return None


def _sheet(record: _Record, hand_in: Entry | None) -> Sheet:
    parts: dict[str, list[str]] = defaultdict(list)
    for entry in record.written:
        parts[entry.id].append(entry.text)
    answers = {question: "\n\n".join(texts) for question, texts in parts.items()}
    student = plain(record.student, NAME_LIMIT)
    return Sheet(student, _people(hand_in, student), answers, _UNREADABLE if record.status == "unreadable" else "")


def _people(hand_in: Entry | None, student: str) -> str:
    if hand_in is None:
        return ""
    names = (plain(person.name, _PEOPLE_LIMIT).strip() for person in (hand_in, *hand_in.members))
    return ", ".join(dict.fromkeys(name for name in names if name and name != student))


def _hand_ins(run: Path) -> Mapping[str, Entry]:
    """Who handed in, by student; names are a kindness, so a file that cannot be read costs no more than these."""
    try:
        return read_entries(run)
    except InstructorError:
        return {}


def _unasked(sheets: Sequence[Sheet], lab: Lab) -> list[str]:
    asked = {question.id for question in lab.manifest.written}
    who: dict[str, list[str]] = defaultdict(list)
    for sheet in sheets:
        for question in sheet.answers.keys() - asked:
            who[plain(question, NAME_LIMIT)].append(sheet.student)
    return [f"answers to {i}, which lab.toml does not ask: {some_of(names)}" for i, names in sorted(who.items())]

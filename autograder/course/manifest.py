"""course.toml as it is written: every table a model, and a fault in it a sentence that says where."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError, model_validator

_EXAMPLE = "2026-02-03T23:59:00"


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _with_its_time(value: object) -> object:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        raise ValueError(f"the time of day is missing; write {value}T23:59:00, say")
    raise ValueError(f"a date and time is wanted, without quotes, as in {_EXAMPLE}")


def _zone_known(value: object) -> object:
    try:
        ZoneInfo(str(value))
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f"no time zone is called {value!r} here; write one as in Europe/Zurich") from error
    return value


Moment = Annotated[datetime, BeforeValidator(_with_its_time)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Percent = Annotated[Decimal, Field(ge=0, le=100)]
BonusCounts = Literal["on top", "up to the maximum", "dropped"]


class LateRules(_Table):
    """What a late hand-in costs: so many percent of the maximum for each day begun after due date and grace.

    At most `most_percent` are lost, until `last_day`: what comes more days late than that counts for nothing.
    """

    grace_minutes: Annotated[Decimal, Field(ge=0)] = Decimal(0)
    percent_a_day: Percent = Decimal(0)
    most_percent: Percent = Decimal(100)
    last_day: Annotated[int, Field(ge=0)] | None = None
    slip_days_at_once: Annotated[int, Field(ge=0)] | None = None


class Late(LateRules):
    """The rules of the whole course, in which each student has so many slip days."""

    slip_days: Annotated[int, Field(ge=0)] = 0


class LabRules(_Table):
    """One lab: when it is due, what of it is a bonus, and where its tables lie (seen from course.toml)."""

    due: Moment | None = None
    bonus: tuple[str, ...] = ()
    bonus_counts: BonusCounts = "on top"
    hand_ins: str | None = None
    written: str | None = None
    run: str | None = None
    late: LateRules = LateRules()


class Extension(_Table):
    """A later due date for a student or a group: `due`, or so many `days` more; without a lab, days more in all."""

    student: Words | None = None
    group: Words | None = None
    lab: Words | None = None
    due: Moment | None = None
    days: Annotated[int, Field(gt=0)] | None = None
    reason: Words

    @model_validator(mode="after")
    def _says_whom_and_how_long(self) -> Self:
        if (self.student is None) == (self.group is None):
            raise ValueError("say `student` or `group`, one of them")
        if (self.due is None) == (self.days is None):
            raise ValueError("say `due` or `days`, one of them")
        if self.due is not None and self.lab is None:
            raise ValueError("a due date needs its `lab`")
        return self


class Adjustment(_Table):
    """Points that a person gives or takes: of a question, within what it is worth, or on top of the final score."""

    student: Words
    lab: Words
    points: Decimal
    reason: Words
    question: Words | None = None


class Excuse(_Table):
    """A student who need not do a lab, or any of them."""

    student: Words
    lab: Words | None = None
    reason: Words


class Student(_Table):
    """One line of the roster: `student` is the name that folders of a run have; ids are those of course systems."""

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True, str_strip_whitespace=True)

    student: str = ""
    name: str = ""
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    login: str = ""
    group: str = ""
    canvas: str = ""
    moodle: str = ""
    gradescope: str = ""
    sis: str = ""
    github: str = ""


class Manifest(_Table):
    """course.toml, validated."""

    title: str = ""
    timezone: Annotated[str, BeforeValidator(_zone_known)] | None = None
    roster: str | None = None
    students: tuple[Student, ...] = ()
    late: Late = Late()
    labs: dict[str, LabRules] = {}
    extensions: tuple[Extension, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    excused: tuple[Excuse, ...] = ()

    @model_validator(mode="after")
    def _times_are_clear(self) -> Self:
        moments = [rules.due for rules in self.labs.values()] + [extension.due for extension in self.extensions]
        if self.timezone is None and any(moment is not None and moment.tzinfo is None for moment in moments):
            raise ValueError('due dates need a time zone: write timezone = "Europe/Zurich", say, as the first line')
        return self

    @model_validator(mode="after")
    def _labs_have_rules(self) -> Self:
        entries: dict[str, Iterable[Extension | Adjustment | Excuse]] = {
            "extensions": self.extensions, "adjustments": self.adjustments, "excused": self.excused,
        }  # fmt: skip
        for table, lines in entries.items():
            for number, line in enumerate(lines, 1):
                if line.lab is not None and line.lab not in self.labs:
                    known = ", ".join(self.labs) or "none"
                    raise ValueError(f"{table} {number} is about the lab {line.lab!r}, and [labs] has {known}")
        return self


_MODELS: dict[str, type[BaseModel]] = {
    "students": Student, "late": Late, "labs": LabRules, "extensions": Extension, "adjustments": Adjustment,
    "excused": Excuse,
}  # fmt: skip


def faults_of(error: ValidationError, path: Path) -> str:
    """All that is wrong with course.toml, table by table."""
    return "; ".join(_sentences(error, path))


def _sentences(error: ValidationError, path: Path) -> Iterator[str]:
    for fault in error.errors():
        words = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "extra_forbidden":
            words = f"there is no such line; there is: {', '.join(_model_at(fault['loc']).model_fields)}"
        yield f"{path}{_place(fault['loc'])}: {words}"


def _place(place: tuple[Any, ...]) -> str:
    """As the tables' headings are written: [late] grace_minutes, [[extensions]] number 2, days."""
    if not place:
        return ""
    if len(place) > 1 and isinstance(place[1], int):
        return ", ".join([f", [[{place[0]}]] number {place[1] + 1}", *map(str, place[2:])])
    table = f"[{'.'.join(map(str, place[:-1]))}] " if len(place) > 1 else ""
    return f", {table}{place[-1]}"


def _model_at(place: tuple[Any, ...]) -> type[BaseModel]:
    if place[0] == "labs" and len(place) == 4:
        return LateRules
    return _MODELS.get(str(place[0]), Manifest) if len(place) > 1 else Manifest

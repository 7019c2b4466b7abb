"""Puts it together: hand-ins, people, what people entered and the late policy become a record a student.

Slip days are a stock for the whole course, so lateness in labs that were due before counts here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from difflib import get_close_matches
from fractions import Fraction

from autograder.course.entered import Entered, entered
from autograder.course.explain import notes_of
from autograder.course.lateness import Charge, charge, days_late
from autograder.course.matching import Matched, match
from autograder.course.people import Person
from autograder.course.points import exact
from autograder.course.record import EXCUSED, MISSING, NEEDS_STAFF, NOT_GRADED, Record, Results
from autograder.course.rules import Course
from autograder.course.runs import HandIn, Run
from autograder.course.scoring import Scale, scale_of, score
from autograder.errors import InstructorError
from autograder.lab import Lab
from autograder.records import is_current


@dataclass(frozen=True)
class _Class:
    """One lab's hand-ins with what people entered about it."""

    course: Course
    lab: str
    matched: Matched
    entered: Entered

    def hand_in_of(self, person: Person) -> tuple[HandIn | None, bool]:
        """The one that counts for somebody, and whether that is certain: the last, or where times lack, the best."""
        found = self.matched.hand_ins.get(person.student, ())
        if len(found) < 2:
            return (found[0] if found else None), True
        timed = [(time, hand_in) for hand_in in found if (time := self._time_of_owner(hand_in)) is not None]
        if len(timed) == len(found):
            return max(timed, key=lambda each: each[0].timestamp())[1], True
        return max(found, key=lambda each: sum(points_in(each).values())), False

    def time_of(self, person: Person, hand_in: HandIn | None) -> datetime | None:
        """When they handed in: as people entered it for them, or for who did it; or as the course system has it."""
        if hand_in is None:
            return None
        return self.entered.times.get(person.student) or self._time_of_owner(hand_in)

    def _time_of_owner(self, hand_in: HandIn) -> datetime | None:
        return self.entered.times.get(self.matched.owners[hand_in.student]) or hand_in.handed_in

    def charge_of(self, person: Person, slip_days: int) -> Charge:
        """What lateness costs somebody with so many slip days left."""
        time, due = self.time_of(person, self.hand_in_of(person)[0]), self.entered.due(person)
        if time is None or due is None or person.student in self.entered.excused:
            return Charge()
        rules = self.course.late_rules(self.lab)
        grace = timedelta(seconds=float(rules.grace_minutes) * 60)
        return charge(days_late(time, due.moment, grace, self.course.zone), rules, slip_days)


def points_in(hand_in: HandIn) -> dict[str, Fraction]:
    """Points by question, as its report has them."""
    return {q["id"]: exact(q["score"]) for q in hand_in.report["questions"]} if hand_in.report else {}


def labs_before(course: Course, lab: str) -> list[str]:
    """The labs in which slip days may have been spent before this one, in the order in which they were due."""
    due = course.due(lab)
    if due is None or not course.manifest.late.slip_days:
        return []
    dates = [(moment.timestamp(), name) for name in course.manifest.labs if (moment := course.due(name)) is not None]
    return [name for moment, name in sorted(dates) if (moment, name) < (due.timestamp(), lab)]


def results(course: Course, lab: Lab, run: Run, earlier: Mapping[str, Run] | None = None) -> Results:
    """The records of a run; `earlier` are runs of `labs_before`.

    Raises:
        InstructorError: course.toml or one of its tables does not fit the lab or the people.
    """
    _refuse_unknown_labs(course, lab)
    scale = _scale(course, lab)
    matched = match(course, run.hand_ins)
    class_ = _Class(course, lab.name, matched, entered(course, lab.name, matched.people, scale))
    spent, remarks = _spent(course, labs_before(course, lab.name), earlier or {})
    records = []
    for person in sorted(matched.people.people, key=lambda each: each.student):
        stock = course.manifest.late.slip_days - spent.get(person.student, 0)
        record = _record(class_, person, scale, stock)
        records.append(replace(record, notes=notes_of(record, scale, course.zone)))
    return Results(
        lab.name,
        lab.manifest.title,
        scale,
        course.due(lab.name),
        tuple(records),
        matched.unknown,
        matched.ambiguous,
        (*course.remarks, *remarks, *_of_missing_rules(course, lab), *_of_another_version(run, lab)),
    )


def _refuse_unknown_labs(course: Course, lab: Lab) -> None:
    """A due date below a mistyped name would be nobody's; a lab that is graded elsewhere has a name of its own."""
    known = sorted(path.parent.name for path in (lab.root / "assignments").glob("*/lab.toml"))
    for name in course.manifest.labs:
        meant = get_close_matches(name, known, n=1)
        if name not in known and meant:
            raise InstructorError(f"{course.path}, [labs.{name}]: there is no such lab. Is {meant[0]} meant?")


def _of_missing_rules(course: Course, lab: Lab) -> Iterator[str]:
    """What course.toml seems to have forgotten."""
    rules = course.lab(lab.name)
    if course.manifest.labs and lab.name not in course.manifest.labs:
        yield f"{course.path} has no [labs.{lab.name}]: no due date holds."
    if rules.written is not None and not course.file(rules.written).exists():
        yield f"{course.file(rules.written)} is not there yet: every written answer counts 0 so far."


def _scale(course: Course, lab: Lab) -> Scale:
    scale = scale_of(lab, course.lab(lab.name))
    unknown = [
        question for question in course.lab(lab.name).bonus if question not in {**scale.questions, **scale.written}
    ]
    if unknown:
        raise InstructorError(
            f"{course.path}, [labs.{lab.name}] bonus: no question is called {', '.join(unknown)}; lab.toml has "
            f"{', '.join([*scale.questions, *scale.written])}."
        )
    return scale


def _spent(course: Course, labs: Sequence[str], runs: Mapping[str, Run]) -> tuple[dict[str, int], list[str]]:
    """How many slip days each student spent in these labs, one after the other; and where that is not known."""
    spent: dict[str, int] = {}
    remarks = []
    for lab in labs:
        if lab not in runs:
            remarks.append(
                f"Slip days spent in {lab} are not known, as there is no run of it: give `run` in [labs.{lab}]."
            )
            continue
        matched = match(course, runs[lab].hand_ins)
        class_ = _Class(course, lab, matched, entered(course, lab, matched.people))
        for person in matched.people.people:
            before = spent.get(person.student, 0)
            stock = course.manifest.late.slip_days - before
            spent[person.student] = before + class_.charge_of(person, stock).slip_days
    return spent, remarks


def _record(class_: _Class, person: Person, scale: Scale, slip_days: int) -> Record:
    hand_in, certain = class_.hand_in_of(person)
    entered_ = class_.entered
    charge_ = class_.charge_of(person, slip_days)
    owner = class_.matched.owners[hand_in.student] if hand_in else person.student
    record = Record(
        person=person,
        status=_status(hand_in),
        maximum=scale.maximum,
        hand_in=hand_in,
        handed_in=class_.time_of(person, hand_in),
        due=entered_.due(person),
        charge=charge_,
        slip_days_left=slip_days - charge_.slip_days,
        marks={**entered_.marks.get(owner, {}), **entered_.marks.get(person.student, {})},
        changes=entered_.changes.get(person.student, ()),
    )
    if person.student in entered_.excused:
        return replace(record, status=EXCUSED, excused=entered_.excused[person.student])
    record = replace(record, unsettled=tuple(_unsettled(record, scale, certain)))
    if record.status in (NEEDS_STAFF, NOT_GRADED):
        return record
    marks = {question: mark.points for question, mark in record.marks.items()}
    return replace(record, score=score(scale, points_in(hand_in) if hand_in else {}, marks, charge_, record.changes))


def _status(hand_in: HandIn | None) -> str:
    if hand_in is None:
        return MISSING
    return str(hand_in.report["status"]) if hand_in.report is not None else NOT_GRADED


def _unsettled(record: Record, scale: Scale, certain: bool) -> Iterator[str]:
    hand_in = record.hand_in
    if hand_in is None:
        return
    if record.status in (NEEDS_STAFF, NOT_GRADED):
        yield "grading did not finish: run the class again, then look at worker.log"
    if not certain:
        yield "several hand-ins, and not all have a time: the best counts until the table of hand-ins has their times"
    if hand_in.entry.late and record.handed_in is None:
        yield "the course system calls it late and does not say since when: on time until the table of hand-ins does"
    elif hand_in.entry.late and record.due is None:
        yield "the course system calls it late, and course.toml has no due date"
    unmarked = [q for q in scale.written if q not in record.marks and not _left_blank(hand_in, q)]
    if unmarked:
        yield f"no score yet for {', '.join(unmarked)}"


def _left_blank(hand_in: HandIn, question: str) -> bool:
    """Whether the report shows that there is no answer to be graded."""
    answers: Sequence[Mapping[str, object]] = hand_in.report.get("written", ()) if hand_in.report else ()
    return any(answer.get("id") == question and not str(answer.get("text", "")).strip() for answer in answers)


def _of_another_version(run: Run, lab: Lab) -> list[str]:
    outdated = [h.student for h in run.hand_ins if h.report is not None and not is_current(h.report, lab.digest)]
    if not outdated:
        return []
    return [f"{len(outdated)} of {len(run.hand_ins)} were graded by another version of the lab: regrade them."]

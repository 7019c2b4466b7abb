"""A record in words: a sentence for every step, so that a student who asks gets an answer."""

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo

from autograder.course.points import brief, count, signed
from autograder.course.record import EXCUSED, MISSING, NEEDS_STAFF, NOT_GRADED, UNREADABLE, Record
from autograder.course.scoring import Scale, Score
from autograder.text import plain

_TEXT_LIMIT = 500


def notes_of(record: Record, scale: Scale, zone: tzinfo) -> tuple[str, ...]:
    """How the final score came about, step by step."""
    return tuple(plain(sentence, _TEXT_LIMIT) for sentence in _sentences(record, scale, zone))


def shown_time(moment: datetime, zone: tzinfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def shown_duration(duration: timedelta) -> str:
    """2 days 3 h 5 min; the seconds only of what is below a minute."""
    minutes, seconds = divmod(int(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [count(days, "day")] * bool(days) + [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes)
    return " ".join(parts) or f"{seconds} s"


def _sentences(record: Record, scale: Scale, zone: tzinfo) -> Iterator[str]:
    if record.status == EXCUSED:
        yield f"Excused: {record.excused}."
        return
    if record.status in (NEEDS_STAFF, NOT_GRADED):
        yield "Not graded yet, which is no fault of yours."
        return
    if record.status == MISSING:
        yield "Nothing was handed in."
    elif record.hand_in and record.hand_in.student != record.student:
        yield f"Handed in as {record.hand_in.student}."
    if record.status == UNREADABLE:
        yield "What was handed in cannot be read; the report says why."
    if record.score:
        yield from _points(record, record.score, scale)
        yield from _lateness(record, record.score, zone)
        yield from _adjustments(record, record.score)
        yield f"In all {brief(record.score.final)} of {brief(record.maximum)}."


def _points(record: Record, score: Score, scale: Scale) -> Iterator[str]:
    worth = sum(points for question, points in scale.questions.items() if question not in scale.bonus)
    if record.status != MISSING and worth:
        yield f"Code: {brief(score.raw)} of {brief(worth)}."
    for question, mark in record.marks.items():
        comment = f" ({mark.comment})" if mark.comment else ""
        yield f"Written answer {question}: {brief(mark.points)} of {brief(scale.written[question])}{comment}."
    if score.bonus_earned:
        counted = "all of it counts" if score.bonus == score.bonus_earned else f"{brief(score.bonus)} of it counts"
        yield f"Bonus: {brief(score.bonus_earned)}, {counted} ({scale.bonus_counts})."


def _lateness(record: Record, score: Score, zone: tzinfo) -> Iterator[str]:
    if record.due is None or record.handed_in is None:
        return
    due = f"{shown_time(record.due.moment, zone)}{f' ({record.due.why})' if record.due.why else ''}"
    if not record.late_by:
        if record.due.why:
            yield f"Handed in {shown_time(record.handed_in, zone)}, in time for {due}."
        return
    late = f"Handed in {shown_time(record.handed_in, zone)}, {shown_duration(record.late_by)} after {due}"
    charge = record.charge
    if not charge.days:
        yield f"{late}, which is within the grace."
    elif charge.too_late:
        yield f"{late}: too late to count."
    else:
        slip = f", {count(charge.slip_days, 'slip day')} used ({record.slip_days_left} left)" * bool(charge.slip_days)
        whole = " (there was no more to lose)" * (score.lost < charge.percent * record.maximum / 100)
        cost = f"; {brief(charge.percent)} % of {brief(record.maximum)} are lost: {brief(score.lost)}{whole}"
        yield f"{late}: {count(charge.days, 'day')} begun{slip}{cost if charge.percent else ''}."


def _adjustments(record: Record, score: Score) -> Iterator[str]:
    for change in record.changes:
        within = f" in {change.question}" if change.question else ""
        limit = ", as far as the question's points go" if change.question in score.limited else ""
        yield f"{signed(change.points)}{within}{limit}: {change.reason}."

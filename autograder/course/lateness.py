"""The late policy: from two moments and the rules to days and percent.

A day is one of the course's time zone: what is due on Friday at 23:59 is a day late until Saturday at 23:59, also where
the clocks change in between.  Moments are compared as moments, never as what clocks show.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from fractions import Fraction

from autograder.course.manifest import LateRules
from autograder.course.points import exact

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Charge:
    """What lateness costs: days begun, slip days spent on them, percent of the maximum; or all, if `too_late`."""

    days: int = 0
    slip_days: int = 0
    percent: Fraction = Fraction(0)
    too_late: bool = False


def days_after(due: datetime, days: int, zone: tzinfo) -> datetime:
    """The moment at which clocks in `zone` show the same time of day so many days later."""
    if days == 0:
        return due.astimezone(UTC)
    wall = due.astimezone(zone).replace(tzinfo=None) + days * _DAY
    return wall.replace(tzinfo=zone).astimezone(UTC)


def days_late(handed_in: datetime, due: datetime, grace: timedelta, zone: tzinfo) -> int:
    """Days begun after the due date; each ends as much later as the due date does by grace."""
    moment = handed_in.astimezone(UTC)
    days = max(0, (moment - due.astimezone(UTC) - grace) // _DAY - 1)  # no more than there are, clocks changed or not
    while moment > days_after(due, days, zone) + grace:
        days += 1
    return days


def charge(days: int, rules: LateRules, slip_days: int) -> Charge:
    """What `days` cost somebody with so many slip days left: none is spent where it saves nothing."""
    if rules.last_day is not None and days > rules.last_day:
        return Charge(days, too_late=True)
    most = slip_days if rules.slip_days_at_once is None else min(slip_days, rules.slip_days_at_once)
    costs = [_percent(days - spent, rules) for spent in range(min(days, most) + 1)]
    spent = costs.index(min(costs))
    return Charge(days, spent, costs[spent])


def _percent(days: int, rules: LateRules) -> Fraction:
    return min(days * exact(rules.percent_a_day), exact(rules.most_percent))

"""When markets are open: which moments (UTC, without a zone) have a bar.

Computed by rule, so that the same bars come out on a machine without a time zone database.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache

_MONDAY, _THURSDAY, _FRIDAY, _SUNDAY = 0, 3, 4, 6
_FOREX_TURNS_AT = 22
_EXCHANGE_OPENS, _EXCHANGE_CLOSES = timedelta(hours=9, minutes=30), timedelta(hours=16)
# Month, weekday and which one of it (-1: the last): Luther King, Presidents, Memorial, Labor, Thanksgiving.
_MOVABLE_HOLIDAYS = (
    (1, _MONDAY, 3),
    (2, _MONDAY, 3),
    (5, _MONDAY, -1),
    (9, _MONDAY, 1),
    (11, _THURSDAY, 4),
)


def is_forex_day(moment: datetime) -> bool:
    """Say whether forex has a daily bar: on weekdays but Christmas and New Year's Day."""
    return moment.weekday() <= _FRIDAY and not _is_rest(moment.date())


def is_forex_hour(moment: datetime) -> bool:
    """Say whether forex is traded: from Sunday 22:00 to Friday 22:00, but Christmas and New Year's Day."""
    day, hour = moment.weekday(), moment.hour
    in_week = (
        day < _FRIDAY
        or (day == _FRIDAY and hour < _FOREX_TURNS_AT)
        or (day == _SUNDAY and hour >= _FOREX_TURNS_AT)
    )
    return in_week and not _is_rest(moment.date())


def is_exchange_day(moment: datetime) -> bool:
    """Say whether the US stock exchanges open on this day."""
    return _exchange_opens_on(moment.date())


def is_exchange_hour(moment: datetime) -> bool:
    """Say whether the US stock exchanges are open: 09:30 to 16:00 in New York."""
    local = moment - timedelta(hours=4 if _is_summer_time(moment.date()) else 5)
    time_of_day = local - datetime(local.year, local.month, local.day)
    return _EXCHANGE_OPENS <= time_of_day < _EXCHANGE_CLOSES and _exchange_opens_on(local.date())


def trading_days_since(epoch: datetime, moment: datetime) -> float:
    """Return the weekdays passed since `epoch` (a Monday); time stands still at weekends."""
    weeks, rest = divmod(moment - epoch, timedelta(weeks=1))
    return weeks * 5 + min(rest / timedelta(days=1), 5.0)


def _is_rest(day: date) -> bool:
    return (day.month, day.day) in ((1, 1), (12, 25))


@cache
def _exchange_opens_on(day: date) -> bool:
    juneteenth = (day.month, day.day) == (6, 19) and day.year >= 2022
    holiday = _is_rest(day) or (day.month, day.day) == (7, 4) or juneteenth
    movable = (day == _weekday_of_month(day.year, *rule) for rule in _MOVABLE_HOLIDAYS)
    return day.weekday() <= _FRIDAY and not holiday and not any(movable)


@cache
def _is_summer_time(day: date) -> bool:
    """From the second Sunday in March to the first in November, by days: at the turn nothing is open."""
    first, end = _weekday_of_month(day.year, 3, _SUNDAY, 2), _weekday_of_month(day.year, 11, _SUNDAY, 1)
    return first <= day < end


def _weekday_of_month(year: int, month: int, weekday: int, number: int) -> date:
    if number < 0:
        last = date(year, month + 1, 1) - timedelta(days=1)
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))

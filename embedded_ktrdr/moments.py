"""Moments as whole seconds since 1970, UTC, and how KTRDR writes them."""

from datetime import UTC, date, datetime
from functools import lru_cache

HOUR = 3600
DAY = 24 * HOUR
WEEK = 7 * DAY

A_MONDAY = 4 * DAY  # 1970-01-05

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def week_of(moment: int) -> int:
    """The begin of the week of a moment."""
    return moment - (moment - A_MONDAY) % WEEK


def moment_of(seconds: int) -> datetime:
    """The moment as a datetime, UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def seconds_of(moment: datetime) -> int:
    """The moment in seconds; one without a zone is taken as UTC."""
    days = moment.toordinal() - _EPOCH_ORDINAL
    seconds = days * DAY + moment.hour * HOUR + moment.minute * 60 + moment.second
    # Not converted: a moment of the year 1 or 9999 may have no other zone.
    offset = moment.utcoffset()
    return seconds if offset is None else seconds - int(offset.total_seconds())


def text_of(seconds: int) -> str:
    """The moment as KTRDR writes it in its data answers, without a zone."""
    day, rest = divmod(seconds, DAY)
    return f"{day_text(day)}T{time_text(rest)}"


@lru_cache(maxsize=64)
def day_text(day: int) -> str:
    """A day since 1970."""
    return date.fromordinal(_EPOCH_ORDINAL + day).isoformat()


@lru_cache(maxsize=DAY // 60)
def time_text(second: int) -> str:
    """A second of a day."""
    return f"{second // HOUR:02}:{second // 60 % 60:02}:{second % 60:02}"

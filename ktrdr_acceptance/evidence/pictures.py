"""A picture of an operation: its states and its progress over time, as each service showed them. SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from itertools import groupby

from ktrdr_acceptance.operations.history import Observation
from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.verdict.model import Attachment
from ktrdr_acceptance.verdict.xml_text import xml_text

SVG = "image/svg+xml"
_COLOURS = {
    Status.PENDING: "#b0bec5",
    Status.RESUMING: "#b39ddb",
    Status.RUNNING: "#42a5f5",
    Status.COMPLETED: "#4caf50",
    Status.FAILED: "#e53935",
    Status.CANCELLED: "#fb8c00",
}
_INK, _FAINT, _LINE = "#263238", "#cfd8dc", "#0d47a1"
_WIDTH, _LEFT, _RIGHT = 760, 52, 740
_HEAD, _BAND, _PLOT, _GAP, _FOOT = 70, 14, 64, 34, 44
_MOST_POINTS, _MOST_DOTS, _MOST_TICKS = 100, 40, 8
# The narrowest piece of a band that can still be seen.
_LEAST_WIDTH = 3.0


@dataclass(frozen=True)
class Lane:
    """What one service showed; `title` says which."""

    title: str
    seen: Sequence[Observation]


@dataclass(frozen=True)
class Picture:
    """An operation in the services' eyes. Times are monotonic seconds, `marks` are moments worth a line."""

    title: str
    began_at: float
    lanes: Sequence[Lane]
    planned_s: float | None = None
    marks: Sequence[tuple[float, str]] = ()

    def attachment(self, name: str) -> Attachment:
        """Return the picture as evidence."""
        return Attachment(name, SVG, self.svg())

    def svg(self) -> str:
        """Return the picture, readable on any background."""
        height = _HEAD + len(self.lanes) * (_BAND + _PLOT + _GAP) + _FOOT
        tops = [_HEAD + number * (_BAND + _PLOT + _GAP) for number in range(len(self.lanes))]
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
            f'height="{height}" font-family="sans-serif" font-size="12" fill="{_INK}">',
            f"<title>{_escaped(self.title)}</title>",
            f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
            _text(_LEFT, 22, self.title, size=14),
            *self._legend(),
        ]
        for lane, top in zip(self.lanes, tops, strict=True):
            parts += self._lane(lane, top)
        parts += self._marks(height - _FOOT)
        parts += self._axis(height - _FOOT)
        return "\n".join([*parts, "</svg>", ""])

    @cached_property
    def _end_s(self) -> float:
        """The seconds that the axis shows."""
        last = max((seen.at for lane in self.lanes for seen in lane.seen), default=self.began_at)
        end = max(last - self.began_at, 0.1)
        if self.planned_s is not None and self.planned_s <= end * 1.5:
            end = max(end, self.planned_s)
        return end * 1.02

    def _x(self, seconds: float) -> float:
        share = min(max(seconds / self._end_s, 0.0), 1.0)
        return _LEFT + share * (_RIGHT - _LEFT)

    def _legend(self) -> list[str]:
        shown = {seen.status for lane in self.lanes for seen in lane.seen}
        parts: list[str] = []
        x = float(_LEFT)
        for status in filter(shown.__contains__, Status):
            parts.append(_box(x, 34, 12, 12, _COLOURS[status]))
            parts.append(_text(x + 16, 44, status))
            x += 90
        parts.append(f'<path d="M{x:.0f} 40h16" stroke="{_LINE}" stroke-width="2"/>')
        parts.append(_text(x + 21, 44, "progress in %"))
        return parts

    def _lane(self, lane: Lane, top: float) -> list[str]:
        band, plot = top + 4, top + 4 + _BAND + 4
        looks = f"{len(lane.seen)} looks" if len(lane.seen) != 1 else "1 look"
        parts = [_text(_LEFT, top, f"{lane.title}: {looks if lane.seen else 'not looked at'}")]
        for percentage in (0, 50, 100):
            y = plot + _PLOT * (1 - percentage / 100)
            parts.append(f'<path d="M{_LEFT} {y:.1f}H{_RIGHT}" stroke="{_FAINT}"/>')
            parts.append(_text(_LEFT - 6, y + 4, f"{percentage}", anchor="end"))
        if not lane.seen:
            return parts
        seen = _thinned(lane.seen)
        for status, piece in _pieces(seen):
            begin, end = (self._x(at - self.began_at) for at in piece)
            width = max(end - begin, _LEAST_WIDTH)
            parts.append(_box(begin, band, width, _BAND, _COLOURS[status]))
        points = [
            (self._x(one.at - self.began_at), plot + _PLOT * (1 - min(max(one.percentage, 0.0), 100.0) / 100))
            for one in seen
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{_LINE}" stroke-width="2"/>')
        if len(points) <= _MOST_DOTS:
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{_LINE}"/>' for x, y in points]
        return parts

    def _marks(self, bottom: float) -> Iterable[str]:
        marks = [(at - self.began_at, words) for at, words in self.marks]
        if self.planned_s is not None and self.planned_s <= self._end_s:
            marks.append((self.planned_s, "planned end"))
        for seconds, words in marks:
            x = self._x(seconds)
            yield (
                f'<path d="M{x:.1f} {_HEAD + 2}V{bottom - 8}" stroke="{_INK}" stroke-dasharray="4 3" '
                'stroke-width="1"/>'
            )
            yield _text(x, bottom + 4, words, anchor="end" if x > _WIDTH / 2 else "start", size=11)

    def _axis(self, bottom: float) -> Iterable[str]:
        step = _tick(self._end_s)
        for number in range(int(self._end_s / step) + 1):
            x = self._x(number * step)
            yield f'<path d="M{x:.1f} {bottom + 9}v5" stroke="{_INK}"/>'
            yield _text(x, bottom + 26, f"{number * step:g}", anchor="middle")
        yield f'<path d="M{_LEFT} {bottom + 9}H{_RIGHT}" stroke="{_INK}"/>'
        yield _text(_RIGHT, bottom + 40, "seconds since it was asked for", anchor="end", size=11)


def _pieces(seen: Sequence[Observation]) -> Iterable[tuple[Status, tuple[float, float]]]:
    """Yield each stretch of one status, until the first look that showed another."""
    stretches = [(status, list(looks)) for status, looks in groupby(seen, key=lambda one: one.status)]
    ends = [looks[0].at for _, looks in stretches[1:]] + [seen[-1].at]
    for (status, looks), end in zip(stretches, ends, strict=True):
        yield status, (looks[0].at, end)


def _thinned(seen: Sequence[Observation]) -> Sequence[Observation]:
    """Return at most about 100 of the looks, each change of status among them."""
    if len(seen) <= _MOST_POINTS:
        return seen
    every = math.ceil(len(seen) / _MOST_POINTS)
    last = len(seen) - 1
    return [
        one
        for place, one in enumerate(seen)
        if place % every == 0
        or place == last
        or one.status != seen[place - 1].status
        or one.status != seen[place + 1].status
    ]


def _tick(seconds: float) -> float:
    """Return a round distance of which the axis has not too many."""
    power = 10.0 ** math.floor(math.log10(seconds / _MOST_TICKS))
    return next(step * power for step in (1, 2, 5, 10) if seconds / (step * power) <= _MOST_TICKS)


def _box(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def _text(x: float, y: float, words: str, anchor: str = "start", size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{_escaped(words)}</text>'


def _escaped(words: str) -> str:
    return escape(xml_text(words), quote=False)

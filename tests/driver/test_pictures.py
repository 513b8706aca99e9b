"""The picture of an operation: well-formed, a lane for each side, whatever was seen."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from ktrdr_acceptance.evidence.attached import attachments_of, pictures_of
from ktrdr_acceptance.evidence.pictures import Lane, Picture
from ktrdr_acceptance.operations.history import Observation
from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.operations.operation import Kind

from .scripted_world import ID, ScriptedWorld, scripted_world

BEGAN = 1000.0
XML = "{http://www.w3.org/2000/svg}"
RUNNING, CANCELLED, COMPLETED = Status.RUNNING, Status.CANCELLED, Status.COMPLETED


def look(seconds: float, status: Status = RUNNING, percentage: float = 0.0) -> Observation:
    return Observation(BEGAN + seconds, status, percentage, 0, 0, "")


def drawn(*lanes: Lane, **changes: object) -> ElementTree.Element:
    picture = Picture("long training op_1", BEGAN, lanes, **changes)  # type: ignore[arg-type]
    return ElementTree.fromstring(picture.svg())


def texts(svg: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in svg.iter(f"{XML}text")]


def bands(svg: ElementTree.Element) -> list[tuple[float, float, str]]:
    """Return the stretches of the bands: where they begin, how wide they are, and their colour."""
    return [
        (float(box.get("x", 0)), float(box.get("width", 0)), box.get("fill", ""))
        for box in svg.iter(f"{XML}rect")
        if box.get("height") == "14.0"
    ]


def points(svg: ElementTree.Element) -> list[list[tuple[float, float]]]:
    return [
        [(float(x), float(y)) for x, y in (pair.split(",") for pair in line.get("points", "").split())]
        for line in svg.iter(f"{XML}polyline")
    ]


SEEN = [look(0.1), look(1, percentage=50), look(2, CANCELLED, 60)]


def test_there_is_a_lane_for_the_backend_and_one_for_the_worker() -> None:
    svg = drawn(Lane("at backend", SEEN), Lane("at w0", SEEN[:2]))
    assert {"long training op_1", "at backend: 3 looks", "at w0: 2 looks"} <= set(texts(svg))
    assert len(points(svg)) == 2


def test_the_legend_names_the_statuses_that_were_seen_and_the_axis_the_seconds() -> None:
    said = texts(drawn(Lane("at backend", SEEN)))
    assert {"running", "cancelled", "progress in %", "seconds since it was asked for"} <= set(said)
    assert "failed" not in said
    assert {"0", "0.5", "1", "1.5", "2"} <= set(said)


def test_a_band_changes_its_colour_where_the_status_was_first_seen() -> None:
    (running, cancelled) = bands(drawn(Lane("at backend", SEEN)))
    assert running[2] != cancelled[2]
    assert running[0] + running[1] == pytest.approx(52 + 2 / 2.04 * 688, abs=0.2)
    assert cancelled[1] == 3.0


def test_progress_rises_on_the_picture_as_it_did() -> None:
    (line,) = points(drawn(Lane("at backend", SEEN)))
    (_, low), (_, middle), (_, high) = line
    assert low - middle == pytest.approx(32)
    assert middle - high == pytest.approx(6.4)
    assert all(a[0] < b[0] for a, b in pairwise(line))


def test_nothing_seen_is_said() -> None:
    svg = drawn(Lane("at backend", ()), Lane("at its worker", ()))
    assert {"at backend: not looked at", "at its worker: not looked at"} <= set(texts(svg))
    assert bands(svg) == points(svg) == []


def test_one_look_can_be_seen() -> None:
    svg = drawn(Lane("at backend", [look(0.0, COMPLETED, 100)]))
    assert "at backend: 1 look" in texts(svg)
    ((_, width, _),) = bands(svg)
    assert width == 3.0
    assert len(list(svg.iter(f"{XML}circle"))) == 1


def test_a_look_at_the_very_end_stays_within_the_picture() -> None:
    svg = drawn(Lane("at backend", [look(5), look(5, CANCELLED)]))
    assert all(x + width <= 740 for x, width, _ in bands(svg))
    assert len(bands(svg)) == 2


@pytest.mark.parametrize("text", ["a < b & c > \"d\" 'e'", "\x1b[31mred\x00", "größer 数据", "]]>"])
def test_any_text_leaves_it_well_formed(text: str) -> None:
    svg = ElementTree.fromstring(Picture(text, BEGAN, [Lane(text, SEEN)], marks=[(BEGAN, text)]).svg())
    plain = re.sub(r"[\x00\x1b]", "\ufffd", text)
    assert {plain, f"{plain}: 3 looks"} <= set(texts(svg))


def test_marks_and_the_planned_end_are_drawn_where_they_are() -> None:
    svg = drawn(Lane("at backend", SEEN), planned_s=2.5, marks=[(BEGAN + 1, "cancel")])
    at = {text.text: float(text.get("x", 0)) for text in svg.iter(f"{XML}text")}
    assert at["cancel"] == pytest.approx(52 + 1 / 2.55 * 688, abs=0.2)
    assert at["planned end"] == pytest.approx(52 + 2.5 / 2.55 * 688, abs=0.2)


def test_a_planned_end_far_beyond_what_was_seen_does_not_squeeze_the_picture() -> None:
    assert "planned end" not in texts(drawn(Lane("at backend", SEEN), planned_s=60.0))


def test_many_looks_become_about_a_hundred_points_and_no_change_of_status_is_lost() -> None:
    many = [look(n / 10, percentage=n / 10) for n in range(999)]
    many.insert(501, look(50.05, Status.PENDING, 50))
    svg = drawn(Lane("at backend", many))
    (line,) = points(svg)
    assert 90 <= len(line) <= 110
    assert [width for _, width, _ in bands(svg)][1] == 3.0
    assert len(bands(svg)) == 3
    assert list(svg.iter(f"{XML}circle")) == []
    assert len(ElementTree.tostring(svg)) < 6000


@pytest.mark.parametrize("seconds", [0.0, 0.03, 7.0, 95.0, 4000.0])
def test_the_axis_has_a_handful_of_round_ticks(seconds: float) -> None:
    said = texts(drawn(Lane("at backend", [look(0), look(seconds)])))
    ticks = said[said.index("0", said.index("100") + 1) : -1]
    assert 2 <= len(ticks) <= 9, ticks
    assert all(len(tick) <= 5 for tick in ticks)


# of a scenario


def operations_looked_at(*, at_worker: bool = True) -> ScriptedWorld:
    world = scripted_world()
    world.has_workers("w0")
    training = world.speaks_of()
    world.operations.started.append(training)
    world.shows("running", 10.0)
    world.shows("running", 12.0, at="w0")
    world.operations.look(training)
    if at_worker:
        world.operations.look(training, world.operations.worker_of(training))
    return world


def test_an_operation_is_drawn_as_backend_and_worker_showed_it() -> None:
    (picture,) = pictures_of(operations_looked_at())
    assert (picture.name, picture.media_type) == (f"Picture of {ID}", "image/svg+xml")
    said = texts(ElementTree.fromstring(picture.text))
    assert [one for one in said if one.startswith("at ")] == ["at backend: 1 look", "at w0: 1 look"]
    assert f"smoke training {ID}" in said


def test_a_worker_that_was_never_looked_at_has_a_lane_that_says_so() -> None:
    (picture,) = pictures_of(operations_looked_at(at_worker=False))
    said = texts(ElementTree.fromstring(picture.text))
    assert [one for one in said if one.startswith("at ")] == [
        "at backend: 1 look",
        "at its worker: not looked at",
    ]


def test_the_backend_s_lane_comes_first_whoever_was_looked_at_first() -> None:
    world = operations_looked_at()
    histories = world.operations.recorder.histories
    world.operations.recorder.histories = dict(reversed(histories.items()))
    (picture,) = pictures_of(world)
    assert picture.text.index("at backend") < picture.text.index("at w0")


def test_what_no_worker_does_has_no_lane_for_one() -> None:
    world = scripted_world()
    download = world.speaks_of(Kind.DOWNLOAD, "long")
    world.operations.started.append(download)
    (picture,) = pictures_of(world)
    said = texts(ElementTree.fromstring(picture.text))
    assert [one for one in said if one.startswith("at ")] == ["at backend: not looked at"]


def test_an_operation_that_was_only_looked_at_is_drawn_too() -> None:
    world = operations_looked_at()
    world.operations.started.clear()
    (picture,) = pictures_of(world)
    assert f"operation {ID}" in texts(ElementTree.fromstring(picture.text))


def test_a_scenario_without_operations_has_nothing_attached() -> None:
    assert attachments_of(scripted_world(), in_short=True) == []
    assert attachments_of(scripted_world(), in_short=False) == []

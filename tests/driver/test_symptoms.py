"""What lies outside KTRDR is told by its symptoms, with a cure; what does not stays KTRDR's matter."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from behave.step_registry import registry

from ktrdr_acceptance.api.backend import Backend
from ktrdr_acceptance.api.models import OperationBody
from ktrdr_acceptance.domain.downloads import Downloads
from ktrdr_acceptance.domain.results import Results
from ktrdr_acceptance.faults import Category, ConfigurationFault, EnvironmentFault, category_of
from ktrdr_acceptance.matchers.checks import Checker
from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.operations.operation import Kind, Operation
from ktrdr_acceptance.operations.operations import Operations
from ktrdr_acceptance.operations.symptoms import cause_of_failure
from ktrdr_acceptance.operations.waiting import Waiter
from ktrdr_acceptance.preflight.catalogue import Symptom, symptom
from ktrdr_acceptance.testdata.calibration import default_calibration

from .fake_clock import FakeClock
from .scripted_world import load_sentences

ID = "op_20261122_154627_d3ce30ab"


class Shown:
    """A backend that shows one status after the other, the last for ever."""

    name = "backend"

    def __init__(self, *shown: tuple[str, float], reason: str | None = None, result: Any = None) -> None:
        self.shown = list(shown)
        self.reason = reason
        self.result = result

    def operation(self, operation_id: str) -> OperationBody:
        status, percentage = self.shown.pop(0) if len(self.shown) > 1 else self.shown[0]
        return OperationBody.model_validate(
            {
                "operation_id": operation_id,
                "operation_type": "training",
                "status": status,
                "created_at": "2026-11-22T08:54:28Z",
                "error_message": self.reason,
                "result_summary": self.result,
                "progress": {"percentage": percentage, "current_step": "", "items_processed": 0},
            }
        )


def operations_at(backend: Shown) -> Operations:
    def no_workers(_kind: Kind) -> list[Any]:
        return []

    return Operations(cast(Backend, backend), no_workers, Waiter(FakeClock()), 0.0)


def operation(kind: Kind, ago: float = 0.0) -> Operation:
    """Return an operation that is calibrated to take a minute, started so many seconds ago."""
    calibration = default_calibration()
    calibrated = {
        Kind.TRAINING: calibration.trainings["long"],
        Kind.BACKTEST: calibration.backtests["long"],
        Kind.DOWNLOAD: calibration.downloads["long"],
    }[kind]
    return Operation(ID, kind, "long", calibrated, 60.0, time.monotonic() - ago)


def judged(act: Callable[[], object]) -> tuple[Category, str]:
    """Return who has to act on what `act` raises, and what it says."""
    with pytest.raises((AssertionError, EnvironmentFault)) as caught:
        act()
    return category_of(caught.value), str(caught.value)


# too small

AT_ONCE = (
    [("completed", 100.0)],
    [("pending", 0.0), ("completed", 100.0)],
    [("running", 0.0), ("completed", 100.0)],
)
CURE = "Its dataset is too small. Give the calibration a longer range or a finer timeframe"


@pytest.mark.parametrize("shown", AT_ONCE, ids=str)
@pytest.mark.parametrize("kind", list(Kind))
def test_an_operation_that_was_over_at_once_without_progress_has_too_small_a_dataset(
    kind: Kind, shown: list[tuple[str, float]]
) -> None:
    operations, started = operations_at(Shown(*shown)), operation(kind)
    category, text = judged(
        lambda: operations.eventually(
            started, Status.RUNNING, within=60, also=lambda body: body.progress.percentage >= 50
        )
    )
    assert category == Category.CONFIGURATION
    assert CURE in text
    assert "seen:" in text
    category, text = judged(lambda: operations.percentages(started))
    assert category == Category.CONFIGURATION
    assert f"{kind} {ID}: it was over at once" in text
    assert "completed, 100.0 %" in text


@pytest.mark.parametrize(
    ("shown", "ago"),
    [
        ([("running", 0.0), ("completed", 100.0)], 6.1),
        ([("running", 40.0), ("completed", 100.0)], 0.0),
        ([("running", 0.5), ("completed", 100.0)], 0.0),
        ([("running", 0.0), ("failed", 0.0)], 0.0),
        ([("running", 0.0), ("cancelled", 0.0)], 0.0),
    ],
    ids=["took its time", "showed progress", "showed a little progress", "failed", "cancelled"],
)
def test_any_other_end_without_the_awaited_progress_is_ktrdr_s_matter(
    shown: list[tuple[str, float]], ago: float
) -> None:
    operations, started = operations_at(Shown(*shown)), operation(Kind.TRAINING, ago)
    category, text = judged(
        lambda: operations.eventually(
            started, Status.RUNNING, within=60, also=lambda body: body.progress.percentage >= 50
        )
    )
    assert category == Category.CODE_BUG
    assert "too small" not in text
    assert operations.percentages(started) == list(dict.fromkeys(percentage for _, percentage in shown))


@pytest.mark.parametrize("awaited", [Status.FAILED, Status.CANCELLED])
def test_an_operation_that_completes_where_another_end_is_due_is_ktrdr_s_matter(awaited: Status) -> None:
    operations = operations_at(Shown(("completed", 100.0)))
    category, _ = judged(lambda: operations.eventually(operation(Kind.TRAINING), awaited, within=60))
    assert category == Category.CODE_BUG


def test_a_smoke_operation_may_complete_at_once() -> None:
    operations = operations_at(Shown(("completed", 100.0)))
    done = operations.eventually(operation(Kind.TRAINING), Status.COMPLETED, within=60)
    assert done.status is Status.COMPLETED


def test_what_was_never_looked_at_has_no_percentages_and_no_cause() -> None:
    assert operations_at(Shown(("completed", 100.0))).percentages(operation(Kind.TRAINING)) == []


# no gateway

NO_IB = [
    "Host service connection failed: HTTP error for POST /data/validate: All connection attempts failed",
    "Host service timeout: Request timed out after 4 attempts: ",
    "IB Gateway is not connected: Connection refused",
    "IB not connected",
]


def fails(kind: Kind, reason: str) -> tuple[Category, str]:
    operations = operations_at(Shown(("running", 0.0), ("failed", 0.0), reason=reason))
    return judged(lambda: operations.eventually(operation(kind), Status.COMPLETED, within=60))


@pytest.mark.parametrize("reason", NO_IB)
def test_a_download_that_failed_for_want_of_ib_names_the_gateway(reason: str) -> None:
    category, text = fails(Kind.DOWNLOAD, reason)
    assert category == Category.ENVIRONMENT
    assert reason.strip() in text
    assert "start tws or the ib gateway and log in" in text.lower()
    assert ("`ib-host-service/start.sh`" in text) is reason.startswith("Host service connection failed")


@pytest.mark.parametrize("reason", NO_IB)
@pytest.mark.parametrize("kind", [Kind.TRAINING, Kind.BACKTEST])
def test_what_needs_no_ib_does_not_fail_for_want_of_it(kind: Kind, reason: str) -> None:
    category, text = fails(kind, reason)
    assert category == Category.CODE_BUG
    assert "gateway and log in" not in text


@pytest.mark.parametrize("reason", ["Symbol X not found", "disk full", "Operation failed"])
def test_a_download_that_failed_for_anything_else_is_ktrdr_s_matter(reason: str) -> None:
    assert fails(Kind.DOWNLOAD, reason)[0] == Category.CODE_BUG


def test_a_download_whose_failure_is_awaited_needs_no_cause() -> None:
    operations = operations_at(Shown(("failed", 0.0), reason=NO_IB[0]))
    failed = operations.eventually(operation(Kind.DOWNLOAD), Status.FAILED, within=60)
    assert failed.error_message == NO_IB[0]


@pytest.mark.parametrize(
    ("reason", "known", "fault"),
    [
        ("IB not connected", symptom("E13"), EnvironmentFault),
        ("No data found for EURUSD 1d", symptom("E11"), ConfigurationFault),
    ],
)
def test_what_lies_outside_ktrdr_is_raised_with_its_cause_and_cure(
    reason: str, known: Symptom, fault: type[EnvironmentFault | ConfigurationFault]
) -> None:
    cause = cause_of_failure(operation(Kind.DOWNLOAD), reason)
    assert cause is not None
    raised = cause.fault("it failed: ")
    assert isinstance(raised, fault)
    assert str(raised) == f"it failed: {known.cause} {known.cure}"
    assert (raised.cause, raised.cure) == (known.cause, known.cure)
    assert str(cause.fault("", "\nseen")) == f"{known.cause} {known.cure}\nseen"


@pytest.mark.parametrize("kind", list(Kind))
def test_what_failed_for_want_of_bars_says_how_to_get_some(kind: Kind) -> None:
    category, text = fails(kind, "No data found in cache for EURUSD 1d")
    assert category == Category.CONFIGURATION
    assert "`ktrdr-acceptance testdata write DIR` makes some for the target's data folder" in text


# cached already


@pytest.fixture(scope="module")
def counts_bars() -> Callable[[Any, float], None]:
    """The sentence that compares how many bars a download brought."""
    load_sentences()
    [step] = [one.func for one in registry.steps["then"] if one.func.__name__ == "then_result_counts_bars"]
    return step


@pytest.mark.parametrize(
    ("result", "has_hint"),
    [
        ({"cache_hit": True, "rows_downloaded": 0}, True),
        ({"cache_hit": False, "rows_downloaded": 0}, False),
        ({"cache_hit": True, "rows_downloaded": 20}, False),
        ({"rows_downloaded": 0}, False),
    ],
    ids=str,
)
def test_a_download_that_used_the_cache_says_how_to_fetch(
    result: dict[str, Any], has_hint: bool, counts_bars: Callable[[Any, float], None]
) -> None:
    backend = Shown(("completed", 100.0), result=result)
    operations, purposes = operations_at(backend), default_calibration().downloads
    world = SimpleNamespace(
        the=lambda _kind: operation(Kind.DOWNLOAD),
        downloads=Downloads(Kind.DOWNLOAD, cast(Backend, backend), operations, purposes, 20, cast(Any, None)),
        results=Results(operations),
        check=Checker(operations.waiter),
    )
    with pytest.raises(AssertionError) as caught:
        counts_bars(SimpleNamespace(world=world), 5.0)
    assert ("it used the cache and fetched nothing: ask with a mode" in str(caught.value)) is has_hint

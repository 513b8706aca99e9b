"""Variations of what KTRDR has been through and is: a past, a version."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from embedded_ktrdr.backend import app
from embedded_ktrdr.backend.operations import Operations
from embedded_ktrdr.operations import OperationInfo, OperationMetadata, OperationStatus, OperationType
from embedded_ktrdr.variations.variation import patch, variation

# More than a page of the list, all of it long ago.
PAST = 24
BEGAN = datetime(2026, 1, 5, 8, tzinfo=UTC)
_KINDS = (OperationType.DUMMY, OperationType.DATA_LOAD, OperationType.FUZZY_ANALYSIS, OperationType.TRAINING)
_ENDS = (OperationStatus.COMPLETED, OperationStatus.CANCELLED, OperationStatus.FAILED)


@variation(
    "past-of-others",
    "The backend knows of operations of others, which have ended long ago",
    benign="KTRDR is not started for a run",
)
def _past_of_others() -> None:
    @patch(Operations, "restore")
    def restore(original: Callable[..., None], self: Operations) -> None:
        for number in range(PAST):
            self.store.restore(_ended(number))
        original(self)


@variation(
    "another-version",
    "The backend is of a later version",
    benign="the version is whatever was installed",
)
def _another_version() -> None:
    vars(app)["VERSION"] = "1.1.0.dev3+g1a2b3c4"


def _ended(number: int) -> OperationInfo:
    kind, status = _KINDS[number % len(_KINDS)], _ENDS[number % len(_ENDS)]
    began = BEGAN + timedelta(minutes=number)
    return OperationInfo(
        operation_id=f"op_{kind.value}_{began:%Y%m%d_%H%M%S}_{number:08x}",
        operation_type=kind,
        status=status,
        created_at=began,
        started_at=began,
        completed_at=began + timedelta(seconds=40),
        metadata=OperationMetadata(symbol="USDCHF", timeframe="1h"),
        error_message="It was too much" if status is OperationStatus.FAILED else None,
        result_summary={"status": "success"} if status is OperationStatus.COMPLETED else None,
    )

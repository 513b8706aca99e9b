"""Operations as both the backend and the workers keep and show them (contract 2.2).

Class names are those of KTRDR's OpenAPI documents, because clients see them there.
"""

import logging
import uuid
from collections.abc import Awaitable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, Field

TERMINAL = frozenset({"completed", "failed", "cancelled"})
DEFAULT_CANCEL_MESSAGE = "Operation cancelled by user"

log = logging.getLogger("ktrdr.api.services.operations_service")

Count = Annotated[int, Field(ge=0)]
Percent = Annotated[float, Field(ge=0.0, le=100.0)]


class OperationStatus(StrEnum):
    """States of an operation; the last three are final."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether nothing can follow."""
        return self.value in TERMINAL

    @property
    def shown(self) -> str:
        """The form that KTRDR's error texts and log lines show."""
        return f"{type(self).__name__}.{self.name}"


class OperationType(StrEnum):
    """Kinds of work."""

    DATA_LOAD = "data_load"
    TRAINING = "training"
    BACKTESTING = "backtesting"
    INDICATOR_COMPUTE = "indicator_compute"
    FUZZY_ANALYSIS = "fuzzy_analysis"
    DUMMY = "dummy"


class OperationProgress(BaseModel):
    """How far the work is; `percentage` from 0 to 100, the others counts."""

    percentage: Percent = 0.0
    current_step: str | None = None
    steps_completed: Count = 0
    steps_total: Count = 0
    items_processed: Count = 0
    items_total: Count | None = None
    current_item: str | None = None
    context: dict[str, Any] = Field(default_factory=dict)


class OperationMetadata(BaseModel):
    """What was asked for."""

    symbol: str | None = None
    timeframe: str | None = None
    mode: str | None = None
    start_date: datetime | None = None
    end_date: datetime | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)


class OperationInfo(BaseModel):
    """An operation, whole."""

    operation_id: str
    operation_type: OperationType
    status: OperationStatus
    created_at: AwareDatetime
    started_at: AwareDatetime | None = None
    completed_at: AwareDatetime | None = None
    progress: OperationProgress = Field(default_factory=OperationProgress)
    metadata: OperationMetadata = Field(default_factory=OperationMetadata)
    error_message: str | None = None
    warnings: list[str] = Field(default_factory=list)
    errors: list[str] = Field(default_factory=list)
    result_summary: dict[str, Any] | None = None
    metrics: dict[str, Any] | None = None

    @property
    def epochs(self) -> list[dict[str, Any]]:
        """The metrics of the epochs of a training; of other work there are none."""
        found: list[dict[str, Any]] = (self.metrics or {}).get("epochs", [])
        return found

    def finish(
        self, status: OperationStatus, *, error: str | None = None, result: dict[str, Any] | None = None
    ) -> bool:
        """Reach a final state; False if one was reached before, because final states absorb."""
        if self.status.final:
            return False
        self.status = status
        self.completed_at = now()
        self.error_message = error
        self.result_summary = result
        return True

    def cancel_result(
        self, reason: str | None, *, task: bool = False, remote: bool = False
    ) -> dict[str, Any]:
        """What a cancel answers: whether a task of the answering process or a worker's work was stopped."""
        assert self.completed_at is not None
        log.info(
            "Cancelled operation: %s (task_cancelled: %s, remote_cancelled: %s)",
            self.operation_id,
            task,
            remote,
        )
        return {
            "success": True,
            "operation_id": self.operation_id,
            "status": self.status.value,
            "cancelled_at": self.completed_at.isoformat(),
            "cancellation_reason": reason,
            "task_cancelled": task,
            "remote_cancelled": remote,
        }

    def summary(self) -> "OperationSummary":
        """The row of a list."""
        duration = None
        if self.started_at is not None:
            duration = ((self.completed_at or now()) - self.started_at).total_seconds()
        return OperationSummary(
            operation_id=self.operation_id,
            operation_type=self.operation_type,
            status=self.status,
            created_at=self.created_at,
            progress_percentage=self.progress.percentage,
            current_step=self.progress.current_step,
            symbol=self.metadata.symbol,
            duration_seconds=duration,
        )


class OperationSummary(BaseModel):
    """A row of the list; `duration_seconds` from start to end, or to now."""

    operation_id: str
    operation_type: OperationType
    status: OperationStatus
    created_at: datetime
    progress_percentage: Percent = 0.0
    current_step: str | None = None
    symbol: str | None = None
    duration_seconds: float | None = None


class OperationStatusResponse(BaseModel):
    """Answer with one operation."""

    success: bool = True
    data: OperationInfo


class OperationListResponse(BaseModel):
    """Answer with a page of operations."""

    success: bool = True
    data: list[OperationSummary]
    total_count: Count
    active_count: Count


class OperationMetricsResponse(BaseModel):
    """Answer with the metrics of one operation."""

    success: bool = True
    data: dict[str, Any]


class ListQuery(BaseModel):
    """Filters and page of the list."""

    status: OperationStatus | None = None
    operation_type: OperationType | None = None
    limit: int = Field(default=10, ge=1, le=1000)
    offset: Count = 0
    active_only: bool = False


class OperationStore:
    """The operations of one service, in memory."""

    def __init__(self) -> None:
        self._operations: dict[str, OperationInfo] = {}

    def begin(self, operation: OperationInfo) -> None:
        """Keep `operation` under its id; its work begins."""
        operation_id, kind = operation.operation_id, operation.operation_type
        log.info("Created operation: %s (type: OperationType.%s)", operation_id, kind.name)
        operation.status = OperationStatus.RUNNING
        operation.started_at = now()
        self._operations[operation_id] = operation
        log.info("Started operation: %s", operation_id)

    def restore(self, operation: OperationInfo) -> None:
        """Take over an operation as it was kept."""
        self._operations[operation.operation_id] = operation

    def get(self, operation_id: str) -> OperationInfo | None:
        """The operation, or None."""
        return self._operations.get(operation_id)

    def all(self) -> list[OperationInfo]:
        """Every operation, the oldest first."""
        return list(self._operations.values())

    def remove(self, operation_id: str) -> None:
        """Forget an operation."""
        del self._operations[operation_id]

    def active(self) -> list[OperationInfo]:
        """Operations without a final state."""
        return [each for each in self._operations.values() if not each.status.final]

    def page(self, query: ListQuery) -> OperationListResponse:
        """Newest first; `total_count` after the filters, `active_count` regardless of them."""
        found = [
            each
            for each in self._operations.values()
            if query.status in (None, each.status)
            and query.operation_type in (None, each.operation_type)
            and not (query.active_only and each.status.final)
        ]
        found.sort(key=lambda each: each.created_at, reverse=True)
        return OperationListResponse(
            data=[each.summary() for each in found[query.offset : query.offset + query.limit]],
            total_count=len(found),
            active_count=len(self.active()),
        )


async def carry_out(operation: OperationInfo, work: Awaitable[dict[str, Any]]) -> None:
    """Wait for the work of an operation, which returns the result summary or raises with the reason."""
    try:
        result = await work
    except Exception as error:
        fail(operation, str(error) or type(error).__name__)
    else:
        if operation.finish(OperationStatus.COMPLETED, result=result):
            operation.progress = operation.progress.model_copy(update={"percentage": 100.0})
            log.info("Completed operation: %s", operation.operation_id)


def fail(operation: OperationInfo, reason: str) -> None:
    """End an operation that has not ended, for a reason."""
    if operation.finish(OperationStatus.FAILED, error=reason):
        log.error("Failed operation: %s - %s", operation.operation_id, reason)


def metrics_response(operation: OperationInfo, metrics: list[Any], **more: int) -> OperationMetricsResponse:
    """The answer with metrics of an operation."""
    about = {"operation_id": operation.operation_id, "operation_type": operation.operation_type.value}
    return OperationMetricsResponse(data={**about, "metrics": metrics, **more})


def now() -> datetime:
    """The present moment, UTC."""
    return datetime.now(UTC)


def new_operation(
    operation_type: OperationType,
    metadata: OperationMetadata,
    *,
    operation_id: str | None = None,
    retry: bool = False,
) -> OperationInfo:
    """An operation that waits; without an id of its own one like `op_training_20241231_235959_0a1b2c3d`."""
    moment = now()
    if operation_id is None:
        prefix = f"{'op_retry' if retry else 'op'}_{operation_type.value}"
        operation_id = f"{prefix}_{moment:%Y%m%d_%H%M%S}_{uuid.uuid4().hex[:8]}"
    return OperationInfo(
        operation_id=operation_id,
        operation_type=operation_type,
        status=OperationStatus.PENDING,
        created_at=moment,
        metadata=metadata,
    )

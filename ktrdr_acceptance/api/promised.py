"""What each answer promises by the contract: its fields and their types. Further fields are no drift.

A field that may be null must still be there. Types are strict: a number in quotes is no number. But 10.0 is a
count: JSON knows one kind of number.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


# A moment as KTRDR writes it (with and without a zone), and a date.
Moment = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")]
Text = Annotated[str, Field(min_length=1)]
Whole = Annotated[int, BeforeValidator(_whole)]
Count = Annotated[Whole, Field(ge=0)]
Percentage = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Status = Literal["pending", "resuming", "running", "completed", "failed", "cancelled"]


class Promise(BaseModel):
    """A body or a part of one; built when it is first used, for most runs ask for a few of them."""

    model_config = ConfigDict(strict=True, defer_build=True)


class Accepted(Promise):
    """What every body of the backend that is no list says first."""

    success: Literal[True]


class BackendHealth(Promise):
    """`GET /api/v1/health`."""

    status: Text
    version: Text


class OpenApi(Promise):
    """`GET /api/v1/openapi.json`."""

    paths: dict[str, Any]


class Progress(Promise):
    """Progress of an operation."""

    percentage: Percentage
    current_step: str | None
    steps_completed: Count
    steps_total: Count
    items_processed: Count
    items_total: Count | None
    current_item: str | None
    context: dict[str, Any]


class Metadata(Promise):
    """What an operation was asked for."""

    symbol: str | None
    timeframe: str | None
    mode: str | None
    start_date: str | None
    end_date: str | None
    parameters: dict[str, Any]


class Operation(Promise):
    """One operation, at the backend and at a worker."""

    operation_id: Text
    operation_type: Text
    status: Status
    created_at: Moment
    started_at: Moment | None
    completed_at: Moment | None
    progress: Progress
    metadata: Metadata
    error_message: str | None
    warnings: list[Any]
    errors: list[Any]
    result_summary: dict[str, Any] | None
    metrics: dict[str, Any] | None


class OneOperation(Accepted):
    """`GET /operations/{id}` and the retry."""

    data: Operation


class Row(Promise):
    """One row of the list of operations."""

    operation_id: Text
    operation_type: Text
    status: Status
    created_at: Moment
    progress_percentage: Percentage
    current_step: str | None
    symbol: str | None
    duration_seconds: float | None


class Page(Accepted):
    """`GET /operations`."""

    data: list[Row]
    total_count: Count
    active_count: Count


class Cancel(Promise):
    """What a cancel did."""

    success: Literal[True]
    operation_id: Text
    status: Status
    cancelled_at: Moment
    cancellation_reason: str | None
    task_cancelled: bool
    remote_cancelled: bool


class OneCancel(Accepted):
    """`DELETE /operations/{id}`."""

    data: Cancel


class WorkerCancel(Accepted):
    """`DELETE /operations/{id}/cancel` of a worker; of an unknown or ended operation it says so inside."""

    data: dict[str, Any]


class Results(Accepted):
    """`GET /operations/{id}/results`."""

    operation_id: Text
    operation_type: Text
    status: Status
    results: dict[str, Any]


class MetricsOf(Promise):
    """The metrics of an operation; their nesting differs by generation."""

    operation_id: Text
    operation_type: Text
    metrics: Any


class Metrics(Accepted):
    """`GET /operations/{id}/metrics` of the backend."""

    data: MetricsOf


class TrainingStarted(Accepted):
    """`POST /trainings/start`."""

    task_id: Text
    status: Literal["training_started"]
    message: str
    symbols: list[str]
    timeframes: list[str]
    strategy_name: Text
    estimated_duration_minutes: Whole | None


class BacktestStarted(Accepted):
    """`POST /backtests/start` of the backend."""

    operation_id: Text
    status: Literal["started"]
    message: str
    symbol: Text
    timeframe: Text
    mode: Text


class Started(Accepted):
    """`POST /data/acquire/download`."""

    operation_id: Text
    status: Literal["started"]
    message: str


class WorkStarted(Accepted):
    """A direct start at a worker."""

    operation_id: Text
    status: Literal["started"]


class SessionStarted(Promise):
    """`POST /training/start` of the training host."""

    session_id: Text
    status: Text
    message: str
    gpu_allocated: bool
    estimated_duration_minutes: Whole | None


class SessionOperationStarted(SessionStarted):
    """The same where the training host is a worker."""

    operation_id: Text


class Worker(Promise):
    """One row of `GET /workers`."""

    worker_id: Text
    worker_type: Text
    endpoint_url: Text
    status: Literal["available", "busy", "temporarily_unavailable"]
    current_operation_id: str | None
    capabilities: dict[str, Any]
    last_health_check: Moment | None
    last_healthy_at: Moment | None
    health_check_failures: Count
    metadata: dict[str, Any]

"""What KTRDR answers, as far as the suite reads it; unknown fields are kept and ignored."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ktrdr_acceptance.api.errors import read_refusal
from ktrdr_acceptance.api.http import Answer
from ktrdr_acceptance.evidence.redaction import redacted
from ktrdr_acceptance.operations.lifecycle import Status


def _in_utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# KTRDR writes some moments with a zone and others without; all of them are UTC.
Moment = Annotated[datetime, AfterValidator(_in_utc)]


class Body(BaseModel):
    """A body or a part of one."""

    model_config = ConfigDict(extra="allow", frozen=True)


class Health(Body):
    """`GET /api/v1/health` of the backend."""

    status: str
    version: str


class Progress(Body):
    """Progress of an operation; `percentage` is 0..100."""

    percentage: float = Field(ge=0, le=100, allow_inf_nan=False)
    items_processed: int = Field(ge=0)
    current_step: str | None = None

    @property
    def epoch(self) -> int:
        """Return the epoch that a training is in, from 1; 0 before the first.

        Only the text of the step says it everywhere: `steps_completed` is the epoch at the container
        training worker, but a percentage at the GPU training host of generation S until the end.
        """
        found = re.match(r"Epoch (\d+)/", self.current_step or "")
        return int(found[1]) if found else 0


class OperationBody(Body):
    """One operation as a backend or a worker shows it."""

    operation_id: str
    operation_type: str
    status: Status
    created_at: Moment
    started_at: Moment | None = None
    completed_at: Moment | None = None
    progress: Progress
    metadata: dict[str, Any] = Field(default_factory=dict)
    error_message: str | None = None
    result_summary: dict[str, Any] | None = None
    metrics: dict[str, Any] | None = None


class CancelBody(Body):
    """What a cancel is acknowledged with."""

    operation_id: str
    status: Status
    cancellation_reason: str | None = None


class OperationRow(Body):
    """One row of the operations list."""

    operation_id: str
    operation_type: str
    status: Status
    created_at: Moment
    progress_percentage: float | None = None
    symbol: str | None = None
    duration_seconds: float | None = None


class OperationPage(Body):
    """One page of the operations list."""

    data: list[OperationRow]
    total_count: int
    active_count: int

    @property
    def ids(self) -> list[str]:
        """Return the ids of the rows, in their order."""
        return [row.operation_id for row in self.data]


class WorkerBody(Body):
    """One registered worker as the backend lists it."""

    worker_id: str
    worker_type: str
    endpoint_url: str
    status: str
    current_operation_id: str | None = None
    capabilities: dict[str, Any] | None = None


class WorkerHealth(Body):
    """`GET /health` of a worker."""

    worker_status: str
    current_operation: str | None = None


B = TypeVar("B", bound=Body)


class ContractBreach(AssertionError):
    """An answer without what the contract promises."""


def accepted(answer: Answer) -> Any:
    """Return the body of a 2xx answer; anything else is a breach that quotes the refusal."""
    if not answer.ok:
        raise ContractBreach(f"{answer.service} refused {answer.request}: {read_refusal(answer)}")
    if not isinstance(answer.body, dict | list):
        raise ContractBreach(
            f"{answer.service} answered {answer.request} without a JSON object: {redacted(answer.text)[:80]}"
        )
    if isinstance(answer.body, dict) and answer.body.get("success") is False:
        said = answer.body.get("error") or answer.body.get("message")
        raise ContractBreach(
            f"{answer.service} answered {answer.request} with success: false" + (f" ({said})" if said else "")
        )
    return answer.body


def read(model: type[B], answer: Answer, *path: str) -> B:
    """Return the part of a 2xx answer under `path` as `model`.

    Raises ContractBreach naming the field that is missing or wrong: a missing value never passes.
    """
    part = accepted(answer)
    for key in path:
        if not isinstance(part, dict) or key not in part:
            raise ContractBreach(f"{answer.service} answered {answer.request} without the field {key!r}")
        part = part[key]
    return parse(model, part, f"{answer.service} answered {answer.request}")


def parse(model: type[B], part: Any, origin: str) -> B:
    """Return `part` as `model`; `origin` opens the sentence of the ContractBreach otherwise raised."""
    try:
        return model.model_validate(part)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(step) for step in first["loc"]) or "body"
        raise ContractBreach(f"{origin}, but its {field}: {first['msg'].lower()}") from None

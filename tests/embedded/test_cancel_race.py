"""A cancel that the worker has heard is a cancel, whoever looks at the operation meanwhile."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from pydantic import BaseModel

from embedded_ktrdr.backend.operations import Operations
from embedded_ktrdr.backend.registry import Registry, Worker, WorkerType
from embedded_ktrdr.backend.state import State
from embedded_ktrdr.operations import OperationMetadata, OperationStatus, OperationType, new_operation
from embedded_ktrdr.pace import Pace


class Nothing(BaseModel):
    """The order of an operation that nobody orders again."""


class SlowWorker:
    """A worker that has stopped the work before its answer to the cancel arrives."""

    def __init__(self) -> None:
        self.is_stopped = asyncio.Event()
        self.was_looked_at = asyncio.Event()
        self.cancelled: Any = None

    async def ask(self, method: str, *_args: Any, **_options: Any) -> Any:
        if method == "DELETE":
            self.is_stopped.set()
            await self.was_looked_at.wait()
            return SimpleNamespace(data=SimpleNamespace(success=True))
        return SimpleNamespace(data=self.cancelled)


def test_a_look_while_the_worker_stops_does_not_make_the_cancel_fail(tmp_path: Path) -> None:
    async def cancelled() -> dict[str, Any]:
        worker, registry = SlowWorker(), Registry(cast(Any, None), Pace())
        operations = Operations(cast(Any, worker), registry, Pace(), State(tmp_path))
        operation = new_operation(OperationType.TRAINING, OperationMetadata())
        operation.status = OperationStatus.RUNNING
        worker.cancelled = operation.model_copy(update={"status": OperationStatus.CANCELLED})
        row = Worker(worker_id="w", worker_type=WorkerType.TRAINING, endpoint_url="http://w:1")
        operations.add(operation, Nothing(), row)
        cancel = asyncio.create_task(operations.cancel(operation, None))
        await worker.is_stopped.wait()
        await operations.lookup(operation.operation_id, force=True)
        worker.was_looked_at.set()
        answer = await cancel
        assert operation.status is OperationStatus.CANCELLED
        return answer

    assert asyncio.run(cancelled())["cancelled_at"]

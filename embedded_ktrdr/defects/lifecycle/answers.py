"""What several of these defects change: the answers of a worker, as the backend takes them."""

from collections.abc import Awaitable, Callable
from typing import Any

from embedded_ktrdr.backend.operations import Operations
from embedded_ktrdr.defects.defect import patch
from embedded_ktrdr.operations import OperationInfo

Ask = Callable[..., Awaitable[None]]
Change = Callable[[OperationInfo, OperationInfo], None]
"""What becomes of an operation; it gets what was shown before, too."""


def after_each_answer(change: Change) -> None:
    """Have the backend make something else of a worker's answer."""

    @patch(Operations, "_ask_worker")
    async def ask(original: Ask, self: Operations, operation: OperationInfo, proxy: Any) -> None:
        before = operation.model_copy()
        await original(self, operation, proxy)
        if proxy.silent_since is None and not before.status.final:
            change(operation, before)


def at_the_end(change: Change) -> None:
    """The same of the answer with which an operation ends."""

    def change_at_end(operation: OperationInfo, before: OperationInfo) -> None:
        if operation.status.final:
            change(operation, before)

    after_each_answer(change_at_end)

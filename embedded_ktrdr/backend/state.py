"""What the backend keeps over a restart, as generation H does in its database: a file for each operation."""

import logging
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from embedded_ktrdr.operations import OperationInfo

log = logging.getLogger("ktrdr.api.services.operations_service")


class Record(BaseModel):
    """An operation, what was ordered, and the worker that has it, if one has."""

    operation: OperationInfo
    order: dict[str, Any] = Field(default_factory=dict)
    worker_id: str | None = None
    url: str = ""


class State:
    """A folder of records; without one nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def keep(self, record: Record) -> None:
        """Write a record in place of the last one of the operation, whole or not at all."""
        if self._folder is None:
            return
        path = self._folder / f"{record.operation.operation_id}.json"
        beside = path.with_suffix(".new")
        try:
            beside.write_text(record.model_dump_json(), "utf-8")
            beside.replace(path)
        except OSError as error:
            log.warning("Operation %s cannot be kept: %s", record.operation.operation_id, error)

    def load(self) -> list[Record]:
        """Every record, the oldest first; a damaged one is set aside."""
        found = []
        for path in self._folder.glob("op_*.json") if self._folder else ():
            try:
                found.append(Record.model_validate_json(path.read_bytes()))
            except (OSError, ValueError):
                aside = path.with_suffix(".damaged")
                log.warning("The record %s of an operation is damaged; set aside as %s", path, aside.name)
                path.replace(aside)
        return sorted(found, key=lambda each: each.operation.created_at)

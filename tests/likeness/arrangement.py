"""Steps that were not recorded, but make the state that a recorded step needs."""

from __future__ import annotations

from .scope import TRAINING_WORKER
from .shapes import Json, Shape
from .specimen import Step

TRAINING = {"symbols": ["EURUSD"], "strategy_name": "test_e2e_local_pull"}
REQUESTS: dict[str, dict[str, Json]] = {
    "completed": {"timeframes": ["1d"], "start_date": "2024-01-01", "end_date": "2024-12-31"},
    "cancelled": {"timeframes": ["5m"], "start_date": "2023-01-01", "end_date": "2025-01-01"},
    "failed": {
        "symbols": ["NOSUCH"],
        "timeframes": ["1d"],
        "start_date": "2024-01-01",
        "end_date": "2024-12-31",
    },
}


def training_that(status: str, name: str) -> list[Step]:
    """Steps that leave a training with this final status; its id is learned under the name."""
    path = f"/api/v1/operations/{{{name}}}"
    steps = [_step("POST", "/api/v1/trainings/start", body=TRAINING | REQUESTS[status], learns=name)]
    if status == "cancelled":
        steps += [_step("GET", path, status="running"), _step("DELETE", path)]
    return [*steps, _step("GET", path, status=status)]


def _step(method: str, path: str, *, body: Json = None, learns: str = "", status: str = "") -> Step:
    return Step(
        index=-1,
        service="backend",
        method=method,
        path=path,
        status=200,
        shape=Shape(),
        label="arranged",
        body=body,
        content_type="application/json" if body else None,
        values=(("data.status", status),) if status else (),
        learns=((learns, "task_id"),) if learns else (),
        free_worker=TRAINING_WORKER if learns else "",
        progressed=status == "running",
        arranged=True,
    )

"""Defects about how far a training is."""

from collections.abc import Awaitable, Callable
from typing import Any

from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.operations import OperationProgress
from embedded_ktrdr.worker import training
from embedded_ktrdr.worker.plan import Plan

AREA = "trainings"
SHOWS, NEVER_FALLS = "1.2", "training-progress-never-falls"

Shown = Callable[..., OperationProgress]


def _show(change: Callable[[Plan, OperationProgress, int, int | None], dict[str, Any]]) -> None:
    """Have the epochs of a training show something else."""

    @patch(Plan, "progress")
    def progress(original: Shown, self: Plan, epoch: int, batch: int | None = None) -> OperationProgress:
        shown = original(self, epoch, batch)
        return shown.model_copy(update=change(self, shown, epoch, batch))


@defect(
    "training-over-too-soon",
    "A training goes through no batch of its epochs and is called completed",
    (SHOWS, "I have seen at least 10 different percentages"),
    area=AREA,
    severity="blocker",
    behaviour="a training goes through every batch",
)
def _training_over_too_soon() -> None:
    @patch(training, "_epoch")
    async def epoch(_original: Callable[..., Awaitable[None]], *_arguments: Any) -> None:
        pass


@defect(
    "progress-at-every-fourth-epoch",
    "A training shows its progress at the end of every fourth epoch only",
    (SHOWS, "I have seen at least 10 different percentages"),
    area=AREA,
    severity="minor",
    behaviour="a training shows its progress all the while",
)
def _progress_at_every_fourth_epoch() -> None:
    @patch(Plan, "progress")
    def progress(original: Shown, self: Plan, epoch: int, batch: int | None = None) -> OperationProgress:
        ended = (epoch if batch is None else epoch - 1) // 4 * 4
        return original(self, ended) if ended else original(self, 1, 0)


@defect(
    "percentage-as-share",
    "The percentage of a training goes from 0 to 1 and jumps to 100 at its end",
    (SHOWS, "at least one of them was between 10 % and 90 %"),
    area=AREA,
    behaviour="a percentage goes from 0 to 100",
)
def _percentage_as_share() -> None:
    _show(lambda _plan, shown, _epoch, _batch: {"percentage": shown.percentage / 100})


@defect(
    "epoch-not-named",
    "A training does not say which epoch it is in",
    (SHOWS, "I have seen the name of an epoch"),
    area=AREA,
    severity="minor",
    behaviour="the step of a training names its epoch",
)
def _epoch_not_named() -> None:
    _show(lambda _plan, _shown, _epoch, _batch: {"current_step": "Training model"})


@defect(
    "percentage-of-the-epoch",
    "The percentage of a training begins anew with each epoch",
    (NEVER_FALLS, "its percentage never went down from the first epoch on"),
    area=AREA,
    behaviour="a percentage never goes down",
)
def _percentage_of_the_epoch() -> None:
    _show(lambda plan, _shown, _epoch, batch: {"percentage": (batch or plan.batches) / plan.batches * 100})


@defect(
    "epoch-counted-anew-after-restart",
    "From the second half of a training on, its epochs are counted from 1 again",
    (NEVER_FALLS, "its epoch never went down"),
    area=AREA,
    severity="minor",
    behaviour="the epoch never goes down",
)
def _epoch_counted_anew_after_restart() -> None:
    def change(plan: Plan, shown: OperationProgress, epoch: int, _batch: int | None) -> dict[str, Any]:
        epochs = plan.strategy.epochs
        again = (epoch - 1) % (epochs // 2) + 1
        step = shown.current_step or ""
        return {"current_step": step.replace(f"Epoch {epoch}/", f"Epoch {again}/")}

    _show(change)


@defect(
    "batches-counted-anew-in-each-epoch",
    "The number of batches that a training has gone through begins anew with each epoch",
    (NEVER_FALLS, "its number of processed items never went down from the first epoch on"),
    area=AREA,
    severity="minor",
    behaviour="the number of processed items never goes down",
)
def _batches_counted_anew_in_each_epoch() -> None:
    _show(lambda plan, _shown, _epoch, batch: {"items_processed": plan.batches if batch is None else batch})

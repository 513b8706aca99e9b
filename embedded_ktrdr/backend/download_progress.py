"""What a download shows of itself: seven steps, their shares of the percentage and KTRDR's texts."""

import logging

from embedded_ktrdr.operations import OperationInfo, OperationProgress

STEPS_TOTAL = 7
# Where each step begins, and where the last one ends.
PERCENT = (0.0, 5.0, 15.0, 20.0, 25.0, 30.0, 90.0, 100.0)

log = logging.getLogger("ktrdr.api.services.operations_service")


class DownloadProgress:
    """Writes the progress of an operation."""

    def __init__(self, operation: OperationInfo, name: str) -> None:
        self._operation = operation
        self._name = name
        self._step, self._step_name = 0, ""
        # The dictionary grows; what was shown before must stay as it was.
        self._context: dict[str, object] = {
            "operation": operation.metadata.parameters["operation_name"],
            "service": operation.metadata.parameters["service_name"],
        }
        self._show(0.0, f"Starting {name} [0/{STEPS_TOTAL}]", 0)

    def begin(self, step: int, name: str) -> None:
        """A step begins."""
        self._step, self._step_name = step, name
        self._context |= {
            "current_step_name": name,
            "step_start_percentage": PERCENT[step],
            "step_end_percentage": PERCENT[step + 1],
            "enhanced_step_name": name,
        }
        shown = self._operation.progress
        if step < STEPS_TOTAL - 1:
            self._show(PERCENT[step], f"Starting {self._name} [{step}/{STEPS_TOTAL}]", 0)
        else:
            self._show(PERCENT[step], name, shown.items_processed)

    def within(self, current: int, total: int, detail: str, items: int) -> None:
        """A part of the step: the `current` one of `total`."""
        low, high = PERCENT[self._step], PERCENT[self._step + 1]
        ratio = current / total
        self._context |= {
            "step_current": current,
            "step_total": total,
            "step_detail": detail,
            "step_progress_ratio": ratio,
            "step_progress": f"{current}/{total}",
            "step_progress_detail": {
                "current": current,
                "total": total,
                "percentage": ratio * 100.0,
                "range_start": low,
                "range_end": high,
            },
        }
        counted = f" ({items} items)" if items else ""
        self._show(
            low + (high - low) * ratio, f"{self._step_name}: {detail} ({current}/{total}){counted}", items
        )

    def end(self) -> None:
        """Everything is done; the text of the last part stays, if there was one."""
        shown = self._operation.progress
        text = f"⚡ Operation {self._name} [{STEPS_TOTAL}/{STEPS_TOTAL}]"
        if self._step == STEPS_TOTAL - 1 and shown.current_step is not None:
            text = shown.current_step
        self._operation.progress = shown.model_copy(
            update={"percentage": 100.0, "current_step": text, "steps_completed": STEPS_TOTAL}
        )

    def _show(self, percentage: float, text: str, items: int) -> None:
        self._operation.progress = OperationProgress(
            percentage=percentage,
            current_step=f"⚡ {text}",
            steps_completed=self._step,
            steps_total=STEPS_TOTAL,
            items_processed=items,
            context=dict(self._context),
        )
        shown = self._operation.progress.current_step
        log.info("📊 Operation %s progress: %.1f%% - %s", self._operation.operation_id, percentage, shown)

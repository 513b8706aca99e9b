"""Defects about what the logs tell of an operation: a line is missing, wrong or should not be there."""

import logging
from collections.abc import Callable

from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.defects.logs.lines import add_line, change_lines, leave_out
from embedded_ktrdr.generator import Bar
from embedded_ktrdr.worker.account import Account

AREA = "logs"
TRAINING, BACKTEST = "logs-of-a-training", "logs-of-a-backtest"
CANCEL, FAILURE = "logs-of-a-cancel", "logs-of-a-failure"


@defect(
    "remote-proxy-not-logged",
    "The backend's log does not tell that a training was passed on to a worker",
    (TRAINING, "the log of the backend shows the remote proxy of the training"),
    area=AREA,
    severity="minor",
    behaviour="the backend logs what it passes on",
)
def _remote_proxy_not_logged() -> None:
    leave_out("Registered remote proxy.* op_training_", at_worker=False)


@defect(
    "remote-proxy-of-another",
    "The backend's log names the operation before in the line about a backtest that it has passed on",
    (BACKTEST, "the log of the backend shows the remote proxy of the backtest"),
    area=AREA,
    severity="minor",
    behaviour="a log line names the operation that it is about",
)
def _remote_proxy_of_another() -> None:
    last = "op_backtesting_none"

    def change(record: logging.LogRecord) -> bool:
        nonlocal last
        if "Registered remote proxy: " in record.getMessage() and isinstance(record.args, tuple):
            now = str(record.args[0])
            record.args, last = (last, last), now
        return "Registered remote proxy for operation op_backtesting_" not in record.getMessage()

    change_lines(change, at_worker=False)


@defect(
    "bridge-not-logged",
    "The log of a backtest worker does not tell what it has begun",
    (BACKTEST, "the log of its worker shows its bridge"),
    area=AREA,
    severity="minor",
    behaviour="a worker logs what it begins",
)
def _bridge_not_logged() -> None:
    leave_out("bridge for operation op_backtesting_", at_worker=True)


@defect(
    "bridge-logged-by-backend",
    "The backend logs a local bridge for work that it passes on",
    ("3.1", "the log of the backend shows no bridge of it"),
    area=AREA,
    severity="minor",
    behaviour="only who does the work logs a bridge",
)
def _bridge_logged_by_backend() -> None:
    add_line(
        "Started operation: ",
        at_worker=False,
        level=logging.INFO,
        text="Registered local bridge for operation %s",
    )


@defect(
    "completion-not-logged-by-worker",
    "The log of a worker does not tell that its work has completed",
    (TRAINING, "the log of its worker shows its completion"),
    area=AREA,
    severity="minor",
    behaviour="a worker logs that its work has completed",
)
def _completion_not_logged_by_worker() -> None:
    leave_out("Completed operation: ", at_worker=True)


@defect(
    "completion-logged-under-cut-id",
    "The log of a worker cuts the last letters of the id of what has completed",
    (TRAINING, "the log of its worker shows its completion"),
    area=AREA,
    severity="minor",
    behaviour="a log line names its operation by the whole id",
)
def _completion_logged_under_cut_id() -> None:
    def change(record: logging.LogRecord) -> bool:
        if record.msg == "Completed operation: %s" and isinstance(record.args, tuple):
            record.args = (str(record.args[0])[:32],)
        return True

    change_lines(change, at_worker=True)


@defect(
    "completion-not-logged-by-backend",
    "The backend's log does not tell that an operation has completed",
    (TRAINING, "the log of the backend shows its completion"),
    area=AREA,
    severity="minor",
    behaviour="the backend logs that an operation has completed",
)
def _completion_not_logged_by_backend() -> None:
    leave_out("OPERATION COMPLETED: ", at_worker=False)


@defect(
    "training-worker-reports-in-vain",
    "At the end of each training its worker reports to an address that nobody listens at, and warns of it",
    ("logs-without-errors", "the log of its worker shows no error of it"),
    area=AREA,
    behaviour="a training that completes leaves no error in its worker's log",
)
def _training_worker_reports_in_vain() -> None:
    text = "The end of operation %s could not be reported: All connection attempts failed"
    add_line("Completed operation: op_training_", at_worker=True, level=logging.WARNING, text=text)


@defect(
    "backtest-dispatch-fails-at-first",
    "The first try to pass on a backtest always fails, and the backend warns of it",
    (BACKTEST, "the log of the backend shows no error of it"),
    area=AREA,
    behaviour="a backtest that completes leaves no error in the backend's log",
)
def _backtest_dispatch_fails_at_first() -> None:
    text = "The worker of %s could not be reached at ::1 (connection refused); reached at 127.0.0.1"
    add_line("Started operation: op_backtesting_", at_worker=False, level=logging.WARNING, text=text)


@defect(
    "every-bar-an-error",
    "Each bar of a backtest is logged as an error, though the backtest completes",
    (BACKTEST, "the log of its worker shows no error of it"),
    area=AREA,
    behaviour="a backtest that completes leaves no error in its worker's log",
    shown_by="S",
)
def _every_bar_an_error() -> None:
    log = logging.getLogger("ktrdr.backtesting.model_loader")

    @patch(Account, "see")
    def see(original: Callable[[Account, Bar], None], self: Account, bar: Bar) -> None:
        log.error("Model metadata missing input_size")
        original(self, bar)


@defect(
    "cancel-not-logged",
    "The backend's log does not tell that an operation was cancelled",
    (CANCEL, "the log of the backend shows its cancellation"),
    area=AREA,
    severity="minor",
    behaviour="the backend logs a cancel",
)
def _cancel_not_logged() -> None:
    leave_out("(?i)cancelled operation: ", at_worker=False)


@defect(
    "stop-not-logged",
    "The log of a worker does not tell that cancelled work has stopped",
    (CANCEL, "the log of its worker shows its stop"),
    area=AREA,
    severity="minor",
    behaviour="a worker logs that cancelled work has stopped",
)
def _stop_not_logged() -> None:
    leave_out("operation \\S+ cancelled$", at_worker=True)


@defect(
    "stop-logged-as-error",
    "A worker logs work that was cancelled as an error of its own",
    (CANCEL, "the log of its worker shows no error of it"),
    area=AREA,
    behaviour="a cancel leaves no error in the worker's log",
)
def _stop_logged_as_error() -> None:
    text = "Training operation failed: %s - CancelledError()"
    add_line("Training operation op_.* cancelled$", at_worker=True, level=logging.ERROR, text=text)


@defect(
    "cancel-logged-as-error",
    "The backend logs a cancel that its worker has confirmed as one that failed",
    (CANCEL, "the log of the backend shows no error of it"),
    area=AREA,
    behaviour="a cancel that succeeds leaves no error in the backend's log",
)
def _cancel_logged_as_error() -> None:
    text = "Failed to cancel remote operation %s: 'success'"
    add_line("Successfully cancelled operation: ", at_worker=False, level=logging.ERROR, text=text)


@defect(
    "failure-logged-as-news",
    "The log of a worker tells of a failure, but not as an error",
    (FAILURE, 'the log of its worker shows an error of it that names "NOSUCH"'),
    area=AREA,
    severity="minor",
    behaviour="a worker logs a failure as an error",
)
def _failure_logged_as_news() -> None:
    def change(record: logging.LogRecord) -> bool:
        if str(record.msg).startswith("Failed operation: "):
            record.levelno, record.levelname = logging.INFO, "INFO"
        return True

    change_lines(change, at_worker=True)


@defect(
    "failure-logged-without-reason",
    "The log of a worker tells of a failure, but not why",
    (FAILURE, 'the log of its worker shows an error of it that names "NOSUCH"'),
    area=AREA,
    behaviour="a worker logs the reason of a failure",
)
def _failure_logged_without_reason() -> None:
    def change(record: logging.LogRecord) -> bool:
        if str(record.msg).startswith("Failed operation: ") and isinstance(record.args, tuple):
            record.args = (record.args[0], "see the traceback for details")
        return True

    change_lines(change, at_worker=True)

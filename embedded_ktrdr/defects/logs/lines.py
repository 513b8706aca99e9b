"""How a defect changes what a service writes to its log."""

import logging
import re
from collections.abc import Callable

from embedded_ktrdr import logs
from embedded_ktrdr.defects.defect import patch

Change = Callable[[logging.LogRecord], bool]


def leave_out(pattern: str, *, at_worker: bool) -> None:
    """Lines that look so are not written."""
    unwanted = re.compile(pattern)
    change_lines(lambda record: not unwanted.search(record.getMessage()), at_worker=at_worker)


def add_line(pattern: str, *, at_worker: bool, level: int, text: str) -> None:
    """After a line that looks so comes another, with the operation's id."""
    wanted = re.compile(pattern)
    operation = re.compile(r"op_\w+")

    def change(record: logging.LogRecord) -> bool:
        told = record.getMessage()
        if wanted.search(told) and (found := operation.search(told)):
            logging.getLogger(record.name).log(level, text, found[0])
        return True

    change_lines(change, at_worker=at_worker)


def change_lines(change: Change, *, at_worker: bool) -> None:
    """Each line goes through `change`, which says whether it is written: at the backend, or at all others."""

    @patch(logs, "_configure")
    def configure(original: Callable[[logging.Formatter], None], formatter: logging.Formatter) -> None:
        original(formatter)
        if isinstance(formatter, logs._WorkerFormatter) is at_worker:
            for handler in logging.getLogger().handlers:
                handler.addFilter(change)

"""Variations of texts for people: other words, but they name what they named before."""

import logging
import re
from collections.abc import Callable
from typing import Any

from embedded_ktrdr import logs
from embedded_ktrdr.variations.answering import change_bodies, every_dict
from embedded_ktrdr.variations.variation import patch, variation

# In the line of a log that tells why an operation has failed.
FAILED = "Failed operation: "

# What it says, and in which other words. A text may come from another service, where it was changed already.
Words = tuple[tuple[str, str], ...]

MESSAGES: Words = (
    # starts
    (r"Neural network training started for (.*) using (\S+) strategy", r"Strategy \2 is being trained on \1"),
    (r"Backtest started for (\S+) (\S+)", r"Going through \2 bars of \1"),
    (r"Started (\w+) download for (\S+) (\S+)", r"Fetching bars of \2 \3, mode \1"),
    (r"Started dummy_task operation", r"The dummy works"),
    (r"Training session (\S+) started successfully", r"Session \1 begins"),
    (r"Session (\S+) cleaned up successfully", r"Nothing is left of session \1"),
    # refusals
    (r"Operation not found: (\S+)", r"There is no operation \1"),
    (r"Operation (\S+) cannot be cancelled \(status: \w+\.(\w+)\)", r"\1 has ended (\2): nothing to cancel"),
    (r"Operation (\S+) cannot be retried \(status: (.*)\)", r"Only what failed is retried; \1 has status \2"),
    (r"Operation not finished \(status: (\w+)\)", r"There are no results while it is \1"),
    (r"Request validation failed", r"The request makes no sense"),
    (r"Field required", r"This has to be given"),
    (r"Field cannot be empty", r"This must say something"),
    (r"At least one (\w+) must be specified", r"Without a \1 there is nothing to do"),
    (r"Input should be a valid (\w+).*", r"A \1 is wanted here"),
    (r"Value error, ", r""),
    (r"Invalid date format\. Use YYYY-MM-DD: (.*)", r"\1 is no day such as 2024-12-31"),
    (r"Invalid (\w+) format\. Use YYYY-MM-DD", r"What \1 says is no day such as 2024-12-31"),
    (r"End date (.*) is before start date (.*)", r"It would end (\1) before it begins (\2)"),
    (r"Timeframe must be one of (.*)", r"Known timeframes are \1"),
    (r"Initial capital must be positive", r"Some capital is needed"),
    (r"Strategy file not found: (\S+?)\.yaml", r"Nobody knows a strategy \1"),
    (r"Strategy validation failed: (\d+) error\(s\) found", r"This strategy cannot be trained (faults: \1)"),
    (r"Data not found for (\S+) \((\S+)\)", r"Of \1 no bars of \2 are held"),
    (r"Failed to get date range for (\S+) \((\S+)\)", r"The range of \1 \2 cannot be told"),
    (r"Training task (\S+) not found", r"There is no training \1"),
    (r"Session (\S+) not found", r"There is no session \1"),
    (
        r"Every (\w+) worker is busy, unavailable or not registered yet\. ",
        r"All \1 workers are taken or gone. ",
    ),
    (
        r"Retry in a few seconds, or look at the workers and their logs\.",
        r"Wait a little, then look at them.",
    ),
    # strategies
    (r"Duplicate feature_ids", r"More than one indicator is called so"),
    (r"Missing fuzzy_sets for indicators", r"No fuzzy set belongs to these"),
    (r"Fuzzy sets without an indicator", r"No indicator uses these"),
    (r"Strategy '(\S+)' ", r"As far as can be told, '\1' "),
    # reasons of failures
    (r"No data found in cache for (\S+) (\S+)", r"The cache holds no bars of \1, timeframe \2"),
    (r"No data loaded for (.*)", r"There is not one bar of \1 in the range"),
    (r"Strategy config not found: strategies/(\S+?)\.yaml", r"Nobody knows a strategy \1"),
    (r"Model not found: (\S+)", r"Nothing was ever saved at \1"),
    (r"Symbol validation failed: Symbol (\S+) not found", r"IB has never heard of \1"),
    (r"Symbol (\S+) not found", r"\1 is no symbol that IB knows"),
    (
        r"The bars of (\S+) (\S+) cannot be written to the disk of the data folder",
        r"Saving \1 \2 came to nothing",
    ),
    (r"Operation was RUNNING but no worker claimed it: (\S+) has not answered", r"\1 is gone: no word"),
    (r"The backend was restarted while it worked on this operation; start it again\.", r"Lost by a restart."),
    (r"Operation cancelled by user", r"Somebody cancelled it"),
)
STEPS: Words = (
    (r"Preparing training environment", r"🔧 Getting ready to train"),
    (r"Loading strategy configuration", r"📖 Reading the strategy"),
    (r"Starting training pipeline", r"🚀 Off we go"),
    (r"Processing (\S+) \((\d+)/(\d+)\) - (.*)", r"📦 \4 of \1, symbol \2 of \3"),
    (r"Combining data from (\d+) symbol\(s\)", r"Putting \1 symbols together"),
    (r"Splitting (\d+) samples \(train/val/test\)", r"\1 samples: what to learn from, what to keep"),
    (r"Creating model \(input_dim=(\d+)\)", r"A network of \1 inputs"),
    # How the epoch itself is written is KTRDR's own form everywhere.
    (r" · Batch (\d+)/(\d+)", r" – \1 of \2 batches"),
    (r"Starting backtest \[0/100\]", r"Backtest about to begin"),
    (r"Backtesting (\S+) (\S+) \[(.*)\]", r"📈 \1, \2 bars, now at \3"),
    (r"Iteration (\d+)/(\d+)", r"Round \1, \2 in all"),
    (r"Starting (.*) \[(\d)/7\]", r"\1, step \2"),
    (r"✅ Loaded (\d+) bars from segment", r"\1 more bars from segment"),
    (r"💾 Saved ([\d,]+) bars to CSV", r"\1 bars are safe"),
)


@variation(
    "other-words",
    "Messages, reasons, hints and issues are in other words, and name what they named before",
    benign="a message is for people; what must be named is still named",
)
def _other_words() -> None:
    fields = {
        "message",
        "detail",
        "msg",
        "error_message",
        "hint",
        "error",
        "suggestion",
        "cancellation_reason",
    }
    reworded = _reword(MESSAGES, fields)

    @patch(logs._Handler, "format")
    def log_line(original: Callable[..., str], self: Any, record: logging.LogRecord) -> str:
        line = original(self, record)
        # The reason of a failure is the same wherever it is told; the other lines have forms of their own.
        return str(reworded(line)) if FAILED in line else line


@variation(
    "other-progress-texts",
    "The steps of trainings, backtests and downloads are told in other words",
    benign="the text of a step is for people; only the epoch has a form, and keeps it",
)
def _other_progress_texts() -> None:
    _reword(STEPS, {"current_step"})


def _reword(words: Words, fields: set[str]) -> Callable[[Any], Any]:
    patterns = [(re.compile(pattern), other) for pattern, other in words]

    def reworded(text: Any) -> Any:
        for pattern, other in patterns if isinstance(text, str) else ():
            text = pattern.sub(other, text)
        return text

    def change(said: dict[str, Any]) -> dict[str, Any]:
        return {name: reworded(value) if name in fields else value for name, value in said.items()}

    change_bodies(lambda said, _path: every_dict(said, change))
    return reworded

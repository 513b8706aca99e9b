"""Why an operation ends otherwise than expected although KTRDR works, by the symptoms; and the cure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ktrdr_acceptance.faults import ConfigurationFault, EnvironmentFault
from ktrdr_acceptance.operations.history import History
from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.operations.operation import Kind, Operation

# An operation that is over within this share of its calibrated duration was over at once.
_AT_ONCE = 0.1


@dataclass(frozen=True)
class Cause:
    """What lies outside KTRDR: who has to act (by the kind of fault), and what to do."""

    fault: type[ConfigurationFault] | type[EnvironmentFault]
    cure: str


TOO_SMALL = Cause(
    ConfigurationFault,
    "it was over at once and was never seen on its way: its dataset is too small. Give the calibration a "
    "longer range or a finer timeframe",
)
NO_BARS = Cause(
    ConfigurationFault,
    "the target has no bars for this: `ktrdr-acceptance testdata write DIR` makes some for its data folder",
)
NO_IB = Cause(
    EnvironmentFault,
    "IB cannot be reached: see whether the IB host runs and is well, start TWS or the IB gateway and log in, "
    "then run again",
)
# How KTRDR says that it has no bars (data repository and loader).
_SAYS_NO_BARS = re.compile(r"no data found|data not found|\.csv not found", re.IGNORECASE)
# How it says that IB is not there: the backend of the IB host, the IB host of its gateway.
_SAYS_NO_IB = re.compile(
    r"host service (?:connection failed|timeout)|connection attempts failed|ib gateway|not connected",
    re.IGNORECASE,
)


def cause_of_failure(operation: Operation, reason: str) -> Cause | None:
    """Return what lies outside KTRDR in the reason that it states for a failure."""
    if _SAYS_NO_BARS.search(reason):
        return NO_BARS
    return NO_IB if operation.kind is Kind.DOWNLOAD and _SAYS_NO_IB.search(reason) else None


def cause_of_no_progress(operation: Operation, history: History) -> Cause | None:
    """Return why no progress was seen, if the operation completed far sooner than calibrated."""
    seen = history.observations
    was_over_at_once = (
        bool(seen)
        and seen[-1].status is Status.COMPLETED
        and not any(0 < one.percentage < 100 for one in seen)
        and seen[-1].at - operation.started_at < operation.expected_s * _AT_ONCE
    )
    return TOO_SMALL if was_over_at_once else None

"""The history of each operation as the suite saw it, at each service that was asked."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ktrdr_acceptance.operations.lifecycle import Status, is_allowed


@dataclass(frozen=True)
class Observation:
    """One look at one service's copy of an operation; `at` is monotonic seconds."""

    at: float
    status: Status
    percentage: float
    epoch: int
    items: int
    step: str

    @property
    def in_epochs(self) -> bool:
        """True from the first epoch on."""
        return self.epoch > 0

    @property
    def place(self) -> tuple[float, int, int]:
        """How far the work is, by each of its measures."""
        return self.percentage, self.epoch, self.items

    def __str__(self) -> str:
        return f"{self.status}, {self.percentage:.1f} %" + (f", {self.step}" if self.step else "")


@dataclass
class History:
    """Every observation of one operation at one service, in the order they were made."""

    operation_id: str
    service: str
    observations: list[Observation] = field(default_factory=list)

    def since(self, at: float) -> list[Observation]:
        """Return the observations made at or after monotonic time `at`."""
        return [seen for seen in self.observations if seen.at >= at]

    def percentages(self) -> list[float]:
        """Return the distinct percentages in the order they were first seen."""
        return list(dict.fromkeys(seen.percentage for seen in self.observations))

    def falls(self, value: Callable[[Observation], float]) -> list[str]:
        """Return each fall of `value` from one look to the next, from the first epoch on."""
        seen = list(itertools.dropwhile(lambda one: not one.in_epochs, self.observations))
        return _falls(seen, value) if seen else ["no epoch was ever seen"]

    def all_falls(self, value: Callable[[Observation], float]) -> list[str]:
        """Return each fall of `value` from one look to the next."""
        if len(self.observations) < 2:
            return [f"only {len(self.observations)} look was made"]
        return _falls(self.observations, value)

    def lines(self) -> str:
        """Return one line per change."""
        changes = (next(same) for _, same in itertools.groupby(self.observations, key=str))
        return "\n".join(f"{seen.at - self.observations[0].at:8.2f} s  {seen}" for seen in changes)


def _falls(seen: list[Observation], value: Callable[[Observation], float]) -> list[str]:
    pairs = itertools.pairwise(seen)
    return [f"from {value(a):g} to {value(b):g} ({a} to {b})" for a, b in pairs if value(b) < value(a)]


class Recorder:
    """Takes down every status the suite sees and checks it against the lifecycle."""

    def __init__(self) -> None:
        self.histories: dict[tuple[str, str], History] = {}
        self.violations: list[str] = []
        self.drift: dict[str, list[str]] = {}
        # Copies that have not been looked at since their service was started again.
        self._restarted: set[tuple[str, str]] = set()

    def restarted(self, service: str) -> None:
        """Know that a service has been started again: what was not kept may have fallen back."""
        self._restarted |= {key for key in self.histories if key[1] == service}

    def history(self, operation_id: str, service: str) -> History:
        """Return what was seen of an operation at a service (empty if nothing was)."""
        return self.histories.setdefault((operation_id, service), History(operation_id, service))

    def see(self, operation_id: str, service: str, seen: Observation) -> None:
        """Take down one observation; an impossible one becomes a violation, a tolerable one drift."""
        history = self.history(operation_id, service)
        kept = (operation_id, service) not in self._restarted
        self._restarted.discard((operation_id, service))
        if history.observations:
            before = history.observations[-1]
            if before.in_epochs and not seen.in_epochs:
                # A step that names no epoch (saving the model, say) does not lead back before the first one.
                seen = replace(seen, epoch=before.epoch)
            self._compare(history, before, seen, kept)
        history.observations.append(seen)

    def _compare(self, history: History, before: Observation, after: Observation, kept: bool) -> None:
        where = f"operation {history.operation_id} at {history.service}"
        if not is_allowed(before.status, after.status):
            self.violations.append(
                f"{where} went from {before.status} to {after.status}; "
                + (
                    f"an operation that is {before.status} has ended for good"
                    if before.status.is_terminal
                    else "the lifecycle has no such way"
                )
            )
        if after.percentage < before.percentage:
            fall = f"{where} fell from {before.percentage:.1f} % to {after.percentage:.1f} %"
            if not kept and not before.status.is_terminal:
                self.drift.setdefault("the percentage falls at a restart", []).append(fall)
            elif after.in_epochs and not before.in_epochs:
                self.drift.setdefault("the percentage falls at the first epoch", []).append(fall)
            else:
                self.violations.append(f"{fall} ({before.step!r} to {after.step!r})")

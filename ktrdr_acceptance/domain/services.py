"""Switching services off and on again, on a target where that is the suite's to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ktrdr_acceptance.operations.waiting import Clock
from ktrdr_acceptance.target.base import Target, Verb
from ktrdr_acceptance.undo import Undo

_OPPOSITE: dict[Verb, Verb] = {"stop": "start", "kill": "start", "pause": "resume"}


@dataclass
class Services:
    """What steps say about services as such."""

    target: Target
    clock: Clock
    undo: Undo
    # What the scenario has switched, and its undo put back, in that order.
    switched: list[tuple[Verb, str]] = field(default_factory=list)

    def stop(self, *services: str) -> None:
        """Switch services off until the scenario ends."""
        self._switch("stop", services)

    def pause(self, *services: str) -> None:
        """Have services hang until the scenario ends: they neither answer nor refuse."""
        self._switch("pause", services)

    def _switch(self, verb: Verb, services: Iterable[str]) -> None:
        for service in services:
            self.undo.register(
                f"{_OPPOSITE[verb]} {service}",
                lambda name=service: self._do(_OPPOSITE[verb], name),  # type: ignore[misc]
            )
            self._do(verb, service)

    def _do(self, verb: Verb, service: str) -> None:
        # First, for a switch that fails may have been done all the same.
        self.switched.append((verb, service))
        self.target.switch(verb, service, self.clock)

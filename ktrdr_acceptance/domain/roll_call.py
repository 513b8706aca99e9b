"""Workers that the backend has forgotten after what a scenario did to services.

Whether they come back by themselves is for the scenario to say. The next one needs them in any case: a KTRDR
whose workers register only once would have none any more after its backend has restarted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ktrdr_acceptance.api.models import ContractBreach
from ktrdr_acceptance.domain.services import Services
from ktrdr_acceptance.faults import EnvironmentFault

# Seconds for a worker to be listed by itself, and after it was started anew; and between two looks.
_BY_ITSELF_S, _STARTED_ANEW_S, _EVERY_S = 5.0, 60.0, 0.2


@dataclass
class RollCall:
    """Which workers are listed before anything is done to services, and which of them afterwards."""

    listed: Callable[[], list[str]]
    services: Services

    def begin(self) -> None:
        """Note who is listed; who is not when all else is undone is started anew."""
        try:
            before = self.listed()
        except (EnvironmentFault, ContractBreach):
            return
        self.services.undo.register("have every worker listed again", lambda: self._complete(before))

    def _complete(self, before: list[str]) -> None:
        forgotten = self._away_after(_BY_ITSELF_S, before)
        for service in forgotten:
            self.services.start_anew(service)
        if away := self._away_after(_STARTED_ANEW_S, forgotten):
            raise EnvironmentFault(
                f"{', '.join(away)}: started anew, and not listed by the backend within {_STARTED_ANEW_S:g} s"
            )

    def _away_after(self, seconds: float, services: list[str]) -> list[str]:
        """Wait for services to be listed; return those that are not, as far as the suite may start them."""
        clock = self.services.clock
        until = clock.now() + seconds
        while away := self._away(services):
            if clock.now() > until:
                break
            clock.sleep(_EVERY_S, interruptible=False)
        return away

    def _away(self, services: list[str]) -> list[str]:
        if not services:
            return []
        listed = self.listed()
        cannot = self.services.target.cannot
        return [each for each in services if each not in listed and not cannot("stop", each)]

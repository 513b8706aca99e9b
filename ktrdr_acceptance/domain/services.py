"""What the suite does to services, on a target where that is its to do, and how each is put back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal, get_args

from ktrdr_acceptance.domain.slowness import Slowness
from ktrdr_acceptance.faults import CannotSwitch, EnvironmentFault
from ktrdr_acceptance.ledger import Ledger
from ktrdr_acceptance.operations.waiting import Clock
from ktrdr_acceptance.target.base import Nonsense, Target, Verb
from ktrdr_acceptance.undo import Undo

# What can be done to a service, and the verb that puts it back; a replaced service is put back by the target.
Deed = Literal["stop", "kill", "pause", "cut", "slow down", "replace"]
_OPPOSITE: dict[Deed, Verb] = {
    "stop": "start",
    "kill": "start",
    "pause": "resume",
    "cut": "heal",
    "slow down": "resume",
}
_DEEDS = frozenset(get_args(Deed))


@dataclass
class Services:
    """What steps do to services. Everything is put back when the scenario ends, or before by `restore`."""

    target: Target
    clock: Clock
    undo: Undo
    ledger: Ledger = field(default_factory=Ledger)
    # Called before the first that is done to any service.
    on_first: Callable[[], None] = lambda: None
    # Gets each service that is started again, before it is.
    on_start: Callable[[str], None] = lambda _service: None
    # What the scenario has done, and what it or its undo has put back, in that order.
    switched: list[tuple[str, str]] = field(default_factory=list)
    # How each service that is not as it was is put back.
    _put_back: dict[str, Callable[[], None]] = field(default_factory=dict)

    def stop(self, *services: str) -> None:
        """Switch services off in an orderly way."""
        self._switch("stop", services)

    def kill(self, *services: str) -> None:
        """Have services die at once."""
        self._switch("kill", services)

    def pause(self, *services: str) -> None:
        """Have services hang: they neither answer nor refuse, and do not work."""
        self._switch("pause", services)

    def cut(self, *services: str) -> None:
        """Take services off the network: nobody reaches them, they reach nobody, and they go on working."""
        self._switch("cut", services)

    def slow_down(self, service: str) -> None:
        """Let a service work for a tenth of each second only."""
        slowness = Slowness(
            lambda: self.target.switch("pause", service, self.clock),
            lambda: self.target.switch("resume", service, self.clock),
        )
        self._begin("slow down", service, slowness.begin, slowness.end)

    def replace(self, service: str, answer: Nonsense) -> None:
        """Have something that answers nonsense listen in the place of a service."""
        self._begin(
            "replace",
            service,
            lambda: self.target.replace(service, answer, self.clock),
            lambda: self._back("replace", service),
        )

    def restore(self, *services: str) -> None:
        """Put services back as they were before the scenario touched them."""
        for service in services:
            if put_back := self._put_back.get(service):
                put_back()
                del self._put_back[service]
                self.ledger.undone(self._key(service))

    def start_anew(self, service: str) -> None:
        """Stop and start a service that runs, and is of no use as it is."""
        self.target.switch("stop", service, self.clock)
        self.switched.append(("start", service))
        self.target.switch("start", service, self.clock)

    @property
    def faults(self) -> tuple[str, ...]:
        """Return in words what the scenario has done to services, without what has put them back."""
        return tuple(dict.fromkeys(f"{deed} {service}" for deed, service in self.switched if deed in _DEEDS))

    @property
    def touched(self) -> tuple[str, ...]:
        """Return the services to which the scenario has done anything."""
        return tuple(dict.fromkeys(service for _, service in self.switched))

    def _switch(self, verb: Literal["stop", "kill", "pause", "cut"], services: Iterable[str]) -> None:
        for service in services:
            self._begin(
                verb,
                service,
                lambda name=service: self.target.switch(verb, name, self.clock),  # type: ignore[misc]
                lambda name=service: self._back(verb, name),  # type: ignore[misc]
            )

    def _begin(self, deed: Deed, service: str, do: Callable[[], None], put_back: Callable[[], None]) -> None:
        """Do it, with everything that puts it back registered before."""
        if not self.switched:
            self.on_first()
        if service in self._put_back:
            self.restore(service)
        self.undo.register(f"put {service} back", lambda: self.restore(service))
        self._put_back[service] = put_back
        self.ledger.begun(self._key(service), service=service, done=deed, place=self.target.place)
        # Before the deed, for one that fails may have been done all the same.
        self.switched.append((deed, service))
        try:
            do()
        except EnvironmentFault as fault:
            raise CannotSwitch(str(fault), cause=fault.cause, cure=fault.cure) from fault

    def _back(self, done: str, service: str) -> None:
        if done == "replace":
            self.switched.append(("start", service))
            self.target.put_back(service, self.clock)
            return
        verb = _OPPOSITE[done]  # type: ignore[index]
        self.switched.append((verb, service))
        if verb == "start":
            self.on_start(service)
        self.target.switch(verb, service, self.clock)

    def _key(self, service: str) -> str:
        return f"service {service} of {self.target.place}"

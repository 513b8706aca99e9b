"""How a service fares by the word of what runs it: restarts, exit codes, health, memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Condition:
    """One service at one moment."""

    running: bool
    paused: bool
    # When its process was started last, as the engine writes it, and how often the engine itself did so.
    started_at: str
    restarts: int
    # Of its last end; 0 while it has not ended.
    exit_code: int = 0
    out_of_memory: bool = False
    # `healthy`, `unhealthy` or `starting`; empty without a health check.
    health: str = ""

    @classmethod
    def inspected(cls, container: Mapping[str, Any]) -> Self:
        """Return what the engine shows of a container."""
        state = container["State"]
        return cls(
            running=state["Running"],
            paused=state["Paused"],
            started_at=state["StartedAt"],
            restarts=container["RestartCount"],
            exit_code=state["ExitCode"],
            out_of_memory=state["OOMKilled"],
            health=(state.get("Health") or {}).get("Status", ""),
        )

    def __str__(self) -> str:
        """The condition in words."""
        if self.paused:
            return "paused"
        if self.running:
            return f"running{f' ({self.health})' if self.health else ''}"
        return f"ended ({_how_it_ended(self)})"


def troubles(
    before: Mapping[str, Condition], after: Mapping[str, Condition], switched: Collection[str]
) -> list[str]:
    """Return in words what happened to services meanwhile that the suite did not do to them."""
    found: list[str] = []
    for service, then in before.items():
        now = after.get(service)
        if now is None:
            found.append(f"{service} is gone")
        elif now.out_of_memory and not then.out_of_memory:
            found.append(f"{service} was killed because it used too much memory")
        elif service in switched:
            continue
        elif then.running and not now.running:
            found.append(f"{service} has ended ({_how_it_ended(now)})")
        elif now.restarts > then.restarts or now.started_at != then.started_at:
            found.append(f"{service} was restarted, and not by the suite")
        elif now.health == "unhealthy" and then.health != "unhealthy":
            found.append(f"{service} has become unhealthy by its own health check")
    return found


def _how_it_ended(condition: Condition) -> str:
    memory = ", out of memory" if condition.out_of_memory else ""
    return f"exit code {condition.exit_code}{memory}"

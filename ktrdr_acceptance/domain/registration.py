"""Registering a worker again at another name of its address, as one does that was moved, and back."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from urllib.parse import urlsplit

from ktrdr_acceptance.api.backend import Backend
from ktrdr_acceptance.api.models import WorkerBody, accepted
from ktrdr_acceptance.domain.workers import Workers
from ktrdr_acceptance.operations.operation import Kind
from ktrdr_acceptance.undo import Undo


@dataclass
class Registration:
    """What steps do to the register of workers; it is put back when the scenario ends."""

    backend: Backend
    workers: Workers
    undo: Undo
    # Seconds until some worker of a kind must be free.
    free_within: float

    def move(self, kind: Kind) -> WorkerBody:
        """Register a worker of a kind again, once one is free, at another name of the place where it is.

        Return it as it must be listed from now on. Whoever asks there reaches it all the same.
        """
        row = self.workers.wait_for_free(kind, self.free_within)
        moved = row.model_copy(update={"endpoint_url": other_name_of(row.endpoint_url)})
        self.undo.register(
            f"register {row.worker_id} at its own address",
            lambda: accepted(self.backend.register_answer(row, row.endpoint_url)),
        )
        accepted(self.backend.register_answer(row, moved.endpoint_url))
        return moved

    def addresses(self, worker_id: str) -> list[str]:
        """Return where a worker is listed: one address for each entry of it."""
        return [row.endpoint_url for row in self.workers.registered() if row.worker_id == worker_id]


def other_name_of(url: str) -> str:
    """Return another URL of the same place: a host has many names, whatever network it is in."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        # An address is a number too, however it is written.
        other = "localhost" if host == "127.0.0.1" else str(int(IPv4Address(host)))
    except AddressValueError:
        # Names are the same in capitals; if it stood so already, in small ones.
        other = host.upper() if host.upper() not in url else host
    return url.replace(parts.netloc, other + (f":{parts.port}" if parts.port else ""), 1)

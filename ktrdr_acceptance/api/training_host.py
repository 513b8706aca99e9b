"""The training host's routes: a worker's, and those of its sessions."""

from __future__ import annotations

from typing import Any

from pydantic import StrictBool

from ktrdr_acceptance.api.http import Answer
from ktrdr_acceptance.api.models import Body, ContractBreach, read
from ktrdr_acceptance.api.worker import Worker


class SessionRow(Body):
    """One session in the training host's list."""

    session_id: str
    status: str
    gpu_allocated: StrictBool | None = None


class Sessions(Body):
    """`GET /training/sessions`."""

    total_sessions: int
    sessions: list[SessionRow]


class TrainingHost(Worker):
    """Client of the training host."""

    def sessions_answer(self) -> Answer:
        """Ask for the sessions."""
        return self._http.request("GET", "/training/sessions")

    def sessions(self) -> Sessions:
        """Return all sessions."""
        return read(Sessions, self.sessions_answer())

    def session(self, session_id: str) -> SessionRow:
        """Return one session of the list. Raises ContractBreach if it is not there."""
        for row in self.sessions().sessions:
            if row.session_id == session_id:
                return row
        raise ContractBreach(f"{self.name} does not list the session {session_id}")

    def result(self, session_id: str) -> dict[str, Any]:
        """Return the result of a completed session."""
        answer = self._http.request("GET", f"/training/result/{session_id}")
        return read(Body, answer).model_dump()

"""Preflight as a run makes it: before the first scenario, into the result of the run."""

from __future__ import annotations

from ktrdr_acceptance.faults import EnvironmentFault
from ktrdr_acceptance.preflight.cures import inspect_and_cure
from ktrdr_acceptance.runner.leftovers import Left, operations_left, put_back
from ktrdr_acceptance.runner.session import Session


def inspect_target(session: Session) -> list[str]:
    """Make every check of the run's target; return what the console has to say of them.

    Raises EnvironmentFault if they leave nothing to judge.
    """
    left = session.ledger.left_by_earlier_run()
    at_target = operations_left(left, session.target.endpoints.backend_url)
    found = inspect_and_cure(session.target, session.settings, session.clock, left_over=at_target)
    run = session.run
    run.preflight = found.preflight
    if found.settings is not session.settings:
        # A cure has found the right target; from now on the run is one of that.
        session.target, session.settings = found.target, found.settings
        run.settings, run.options = found.settings.model_dump(mode="json"), found.settings.as_options()
    if found.identity:
        session.generation = found.identity.generation
        run.target, run.target_lines = found.identity.as_json(), found.identity.lines()
    if found.preflight.blocking:
        session.console.tell([*run.target_lines, *found.preflight.lines()])
        raise EnvironmentFault(found.preflight.blocking)
    if left:
        _put_back(session, left)
    else:
        # What a kill has cut off would swallow the first line of this run.
        session.ledger.begin_with({})
    return found.preflight.lines()


def _put_back(session: Session, left: Left) -> None:
    world = session.make_world()
    session.run.put_back, not_done, still_left = put_back(left, world)
    world.close()
    session.ledger.begin_with(still_left)
    session.run.run_findings += not_done

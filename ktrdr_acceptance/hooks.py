"""behave's hooks; the only place that knows their order.

Order for one scenario: before_scenario, each step and after_step, after_scenario. What a scenario did is
put back in after_scenario, not by behave's own cleanups: those run after the last hook, too late to be judged
with it.
"""

from __future__ import annotations

from typing import Any

from ktrdr_acceptance.catalogue.tags import facts_of
from ktrdr_acceptance.runner.session import Session


def _session(context: Any) -> Session:
    session: Session = context.session
    return session


def before_scenario(context: Any, scenario: Any) -> None:
    """Give the scenario its world, or mark it as not run with the reason."""
    session = _session(context)
    world = context.world = session.open_world()
    if reason := session.missing_need(world, facts_of(scenario).needs):
        session.do_not_run(reason)
        scenario.skip(reason)


def after_step(context: Any, step: Any) -> None:
    """Count what the step checked."""
    _session(context).step_ended(step.step_type)


def after_scenario(context: Any, scenario: Any) -> None:
    """Put back what the scenario did, also after a failure or a signal."""
    if errors := _session(context).close_world():
        raise RuntimeError("; ".join(errors))

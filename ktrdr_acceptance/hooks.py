"""behave's hooks; the only place that knows their order.

Order for one scenario: before_scenario, each step and after_step, after_scenario. What a scenario did is
put back in after_scenario, not by behave's own cleanups: those run after the last hook, too late to be judged
with it.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from ktrdr_acceptance.catalogue.tags import facts_of
from ktrdr_acceptance.runner.session import Session


def _session(context: Any) -> Session:
    session: Session = context.session
    return session


def before_all(context: Any) -> None:
    """Refuse to go on without our runner: behave reads its settings from the current folder alone."""
    if "session" not in context:
        print(
            "❌ Issue: run behave in the suite's folder: its settings stand in the pyproject.toml there.",
            file=sys.__stdout__,
            flush=True,
        )
        # Nothing has been started, and a hook has no other way to set the exit status.
        os._exit(2)


def before_scenario(context: Any, scenario: Any) -> None:
    """Give the scenario its world, or mark it as not run with the reason."""
    session = _session(context)
    world = context.world = session.open_world()
    if reason := session.prevents(world, facts_of(scenario).needs):
        scenario.skip(reason)


def after_step(context: Any, step: Any) -> None:
    """Count what the step checked, and note what it asked the services."""
    # By its name first: behave's own question compares with a dozen statuses.
    failed = step.status.name != "passed" and step.status.has_failed()
    _session(context).step_ended(step.step_type, step.name, failed=failed)


def after_scenario(context: Any, scenario: Any) -> None:
    """Put back what the scenario did, also after a failure or a signal."""
    if _session(context).close_world():
        # As if the hook had raised, without behave's printing what the verdict says.
        scenario.hook_failed = True

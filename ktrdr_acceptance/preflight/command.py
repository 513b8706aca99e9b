"""`ktrdr-acceptance preflight`: every check of a target, told one by one; it runs and writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from ktrdr_acceptance.faults import EnvironmentFault, RunAborted
from ktrdr_acceptance.ledger import FILE as LEDGER
from ktrdr_acceptance.ledger import Ledger
from ktrdr_acceptance.operations.waiting import Clock
from ktrdr_acceptance.preflight.check import Outcome, Preflight
from ktrdr_acceptance.preflight.cures import inspect_and_cure
from ktrdr_acceptance.preflight.inspection import Inspection
from ktrdr_acceptance.runner.leftovers import operations_left
from ktrdr_acceptance.runner.signals import ending_on_request
from ktrdr_acceptance.settings import Settings
from ktrdr_acceptance.target import make_target
from ktrdr_acceptance.testdata.own_calibration import use_calibration
from ktrdr_acceptance.verdict.model import ExitStatus


def preflight(settings: Settings, say: Callable[[str], None]) -> ExitStatus:
    """Make every check and say what came of each; the last line says whether the target is ready.

    The target is started and stopped if it is embedded. Raises BadInput.
    """
    use_calibration(settings.calibration)
    clock = Clock()
    with TemporaryDirectory() as scratch, ending_on_request(clock, lambda _reason: None):
        # The logs of an embedded KTRDR must not lie among the reports of a run.
        target = make_target(settings.model_copy(update={"reports": Path(scratch)}))
        try:
            target.start(clock)
            left = operations_left(
                Ledger(settings.reports / LEDGER).left_by_earlier_run(), target.endpoints.backend_url
            )
            found = inspect_and_cure(target, settings, clock, left_over=left)
        except EnvironmentFault as fault:
            say(f"❌ Issue: not ready: {fault}")
            return ExitStatus.UNFIT
        except RunAborted as reason:
            say(f"❌ Issue: ended by {reason}")
            return ExitStatus.ABORTED
        finally:
            target.stop()
    for line in _lines(found):
        say(line)
    say(verdict_line(found.preflight))
    return ExitStatus.ACCEPTED if found.preflight.is_ready else ExitStatus.UNFIT


def _lines(found: Inspection) -> Iterator[str]:
    if found.identity:
        yield from found.identity.lines()
    for check in found.preflight.checks:
        yield from check.lines()
    yield found.preflight.counts_line()


def verdict_line(made: Preflight) -> str:
    """Return the last line: ready, or why not."""
    if made.is_ready:
        return "✅ ready"
    failed = [check for check in made.checks if check.outcome is Outcome.FAILED]
    hindering = [*failed, *(check for check in made.checks if check.unanswered)]
    first = " ".join(hindering[0].said.split())
    more = f" (and {len(hindering) - 1} more)" if len(hindering) > 1 else ""
    return f"❌ Issue: not ready: {first}{more}"

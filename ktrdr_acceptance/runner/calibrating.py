"""`ktrdr-acceptance calibrate`: a target is measured from its start to the file that says what was found."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from ktrdr_acceptance.faults import BadInput, EnvironmentFault, RunAborted
from ktrdr_acceptance.operations.waiting import Clock
from ktrdr_acceptance.runner.measuring import Measured, calibration_text, chosen, measure_purpose
from ktrdr_acceptance.runner.signals import ending_on_request
from ktrdr_acceptance.settings import Settings
from ktrdr_acceptance.target import make_target
from ktrdr_acceptance.target.base import Target
from ktrdr_acceptance.target.identity import Identity, identify
from ktrdr_acceptance.testdata.own_calibration import use_calibration
from ktrdr_acceptance.verdict.json_view import write_atomically
from ktrdr_acceptance.verdict.model import ExitStatus
from ktrdr_acceptance.world import World

_SHIPPED = Path(str(files("ktrdr_acceptance.testdata").joinpath("calibration.yaml")))


def calibrate(
    settings: Settings,
    wanted: list[str],
    file: Path,
    *,
    times: int,
    overwrite: bool,
    say: Callable[[str], None],
) -> ExitStatus:
    """Measure the wanted purposes (all, for none) of a target and write them to `file`.

    Whatever was measured before a signal or a fault is written; what was started is put back. Returns
    accepted if everything was measured, not accepted if something could not be. Raises BadInput.
    """
    used = use_calibration(settings.calibration)
    purposes = chosen(used.calibration, wanted)
    _refuse(file, overwrite)
    clock = Clock()
    measured: list[Measured] = []
    identity: Identity | None = None
    status = ExitStatus.ACCEPTED
    with TemporaryDirectory() as scratch, ending_on_request(clock, lambda _reason: None):
        # The logs of an embedded KTRDR must not lie among the reports of a run.
        settings = settings.model_copy(update={"reports": Path(scratch)})
        target = make_target(settings)
        try:
            target.start(clock)
            identity = identify(target, settings, lambda _exchange: None)
            for line in [*identity.lines(), f"calibration: {used.source}"]:
                say(line)
            make_world = _worlds(settings, target, clock, identity)
            for kind, name in purposes:
                clock.check()
                if one := measure_purpose(kind, name, times, make_world, say):
                    measured.append(one)
                else:
                    status = ExitStatus.NOT_ACCEPTED
        except EnvironmentFault as fault:
            status = ExitStatus.UNFIT
            say(f"❌ Issue: environment unfit: {fault}")
        except RunAborted as reason:
            status = ExitStatus.ABORTED
            say(f"❌ Issue: ended by {reason} after {len(measured)} of {len(purposes)} purposes")
        finally:
            target.stop()
    if identity is None or not measured:
        say(f"nothing was measured; {file} is not written")
        return status
    _write(file, calibration_text(measured, identity))
    say(f"{file}: {len(measured)} of {len(purposes)} purposes; the setting calibration={file} uses it")
    return status


def _worlds(settings: Settings, target: Target, clock: Clock, identity: Identity) -> Callable[[], World]:
    ours: set[str] = set()
    found: dict[str, str] = {}
    return partial(World, settings, target, clock, identity.generation, ours=ours, found=found)


def _refuse(file: Path, overwrite: bool) -> None:
    """Raise BadInput before anything is measured that could not be written."""
    if file.resolve() == _SHIPPED.resolve():
        raise BadInput(
            f"{file} is the suite's own calibration, which is for every target: name another file."
        )
    if file.is_dir() or not file.parent.is_dir():
        raise BadInput(f"{file} cannot be written to: it is a folder, or in a folder that is not there.")
    if file.exists() and not overwrite:
        raise BadInput(f"{file} is there already: name another file, or add --overwrite to lose it.")


def _write(file: Path, text: str) -> None:
    try:
        write_atomically(file, text)
    except OSError as problem:
        raise BadInput(f"{file} cannot be written to ({problem.strerror}).") from None

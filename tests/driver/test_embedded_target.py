"""How services of the embedded KTRDR are switched: what its supervisor replies, and what if it does not."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from queue import SimpleQueue
from typing import Any, cast

import pytest

from ktrdr_acceptance.faults import BadInput, EnvironmentFault
from ktrdr_acceptance.operations.waiting import Clock
from ktrdr_acceptance.settings import Settings
from ktrdr_acceptance.target import embedded
from ktrdr_acceptance.target.embedded import EmbeddedTarget

from .fake_clock import FakeClock


class Supervisor:
    """A process that answers each command with the next of its replies; `None` is no reply."""

    def __init__(self, *replies: str | None) -> None:
        self.lines: SimpleQueue[str] = SimpleQueue()
        self.replies = list(replies)
        self.commands: list[str] = []
        self.status: int | None = None
        self.stdin: Any = self

    def poll(self) -> int | None:
        return self.status

    def write(self, text: str) -> None:
        self.commands.append(text)

    def flush(self) -> None:
        if (reply := self.replies.pop(0)) is not None:
            self.lines.put(f"{reply}\n" if reply else "")


def target_of(supervisor: Supervisor, tmp_path: Path) -> EmbeddedTarget:
    target = EmbeddedTarget(Settings.load({"reports": str(tmp_path)}, {}, {}))
    vars(target).update(_process=cast("subprocess.Popen[str]", supervisor), _lines=supervisor.lines)
    return target


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "_SWITCH_WITHIN", 0.02)


def fault_of(target: EmbeddedTarget, service: str = "ib-host") -> str:
    with pytest.raises(EnvironmentFault) as caught:
        target.switch("stop", service, FakeClock())
    return str(caught.value)


def test_a_service_is_switched_by_one_line_and_known_to_be_by_the_reply(tmp_path: Path) -> None:
    supervisor = Supervisor('{"done": "stop ib-host"}', '{"done": "start ib-host"}')
    target = target_of(supervisor, tmp_path)
    target.switch("stop", "ib-host", FakeClock())
    target.switch("start", "ib-host", FakeClock())
    assert supervisor.commands == ["stop ib-host\n", "start ib-host\n"]


def test_what_the_supervisor_refuses_is_told_in_its_words(tmp_path: Path) -> None:
    target = target_of(Supervisor('{"error": "there is no service ib-hots"}'), tmp_path)
    assert fault_of(target, "ib-hots") == "cannot stop ib-hots: there is no service ib-hots"


@pytest.mark.parametrize("reply", [None, "not json", "[]", '{"done": 5}'])
def test_no_reply_or_none_that_can_be_read_is_no_success(reply: str | None, tmp_path: Path) -> None:
    said = fault_of(target_of(Supervisor(reply), tmp_path))
    assert said == "the embedded KTRDR did not say within 0.02 s that it did: stop ib-host"


def test_a_reply_that_names_nothing_done_is_no_success(tmp_path: Path) -> None:
    assert "did not say" in fault_of(target_of(Supervisor("{}"), tmp_path))


def test_a_late_reply_is_not_taken_for_that_to_the_next_command(tmp_path: Path) -> None:
    supervisor = Supervisor(None, '{"error": "it does not come up"}')
    target = target_of(supervisor, tmp_path)
    fault_of(target)
    supervisor.lines.put('{"done": "stop ib-host"}\n')
    with pytest.raises(EnvironmentFault, match="cannot start ib-host: it does not come up"):
        target.switch("start", "ib-host", FakeClock())


def test_a_reply_that_never_came_does_not_put_off_those_to_other_commands(tmp_path: Path) -> None:
    supervisor = Supervisor(None, '{"done": "start ib-host"}', '{"error": "no"}')
    target = target_of(supervisor, tmp_path)
    fault_of(target)
    target.switch("start", "ib-host", FakeClock())
    assert fault_of(target) == "cannot stop ib-host: no"


@pytest.mark.parametrize("asks", [1, 2])
def test_a_supervisor_that_ends_instead_of_replying_does_not_run(asks: int, tmp_path: Path) -> None:
    target = target_of(Supervisor("", None), tmp_path)
    for _ in range(asks):
        assert fault_of(target) == "cannot stop ib-host: the embedded KTRDR does not run"


def test_a_supervisor_that_has_ended_is_not_asked(tmp_path: Path) -> None:
    supervisor = Supervisor()
    supervisor.status = -9
    assert fault_of(target_of(supervisor, tmp_path)) == "cannot stop ib-host: the embedded KTRDR does not run"
    assert supervisor.commands == []


def test_one_that_was_never_started_is_not_asked_either(tmp_path: Path) -> None:
    target = EmbeddedTarget(Settings.load({"reports": str(tmp_path)}, {}, {}))
    assert "does not run" in fault_of(target)
    with pytest.raises(EnvironmentFault, match="has not been started"):
        _ = target.endpoints


def test_a_pipe_that_broke_is_a_supervisor_that_does_not_run(tmp_path: Path) -> None:
    supervisor = Supervisor()
    supervisor.stdin = broken = io.StringIO()
    broken.write = lambda _text: (_ for _ in ()).throw(BrokenPipeError())  # type: ignore[method-assign]
    assert fault_of(target_of(supervisor, tmp_path)) == "cannot stop ib-host: the embedded KTRDR does not run"


def test_a_killed_supervisor_can_be_stopped_all_the_same(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    target = EmbeddedTarget(Settings.load({"reports": str(tmp_path)}, {}, {}))
    vars(target).update(_process=process)
    process.kill()
    process.wait()
    assert "does not run" in fault_of(target)
    target.stop()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.stdout.close()


@pytest.mark.parametrize("kind", ["defect", "variation"])
def test_a_defect_or_variation_that_does_not_exist_is_bad_input(kind: str, tmp_path: Path) -> None:
    target = EmbeddedTarget(Settings.load({"reports": str(tmp_path), f"{kind}s": "nonsense"}, {}, {}))
    with pytest.raises(BadInput, match=f"Setting {kind}s: There is no {kind} 'nonsense': "):
        target.start(Clock())


def test_what_is_switched_on_is_told(tmp_path: Path) -> None:
    asked = {"defects": "operations-forgotten", "variations": " more-workers ,another-version,"}
    target = EmbeddedTarget(Settings.load({"reports": str(tmp_path), **asked}, {}, {}))
    try:
        target.start(Clock())
        assert target.endpoints.defects == ("operations-forgotten",)
        assert sorted(target.endpoints.variations) == ["another-version", "more-workers"]
    finally:
        target.stop()

"""Commands as real processes: begun, watched, interrupted, and always ended."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from embedded.harness import alive, until
from machine import idle_s

from ktrdr_acceptance.api.command_line import Child, CommandLine, Ran
from ktrdr_acceptance.api.http import Exchange
from ktrdr_acceptance.evidence.failing import _told_of
from ktrdr_acceptance.evidence.texts import exchange_digest, exchanges_attachment
from ktrdr_acceptance.faults import EnvironmentFault, RunAborted
from ktrdr_acceptance.operations.waiting import Clock

SLEEPS = "import signal, time; print('ready', flush=True); time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPS}"
CATCHES = (
    "import signal, sys, time; signal.signal(signal.SIGINT, lambda *_: (print('caught'), sys.exit(1)));"
    "print('ready', flush=True); time.sleep(60)"
)


def line(
    code: str, exchanges: list[Exchange] | None = None, clock: Clock | None = None, folder: Path | None = None
) -> CommandLine:
    words = (sys.executable, "-S", "-c", code)
    seen = exchanges if exchanges is not None else []
    return CommandLine(words, "http://backend:1", clock or Clock(), seen.append, folder)


def end_of(child: Child, within: float = 60.0) -> Ran:
    ran = child.ended_within(within)
    assert ran is not None
    return ran


def ready(child: Child) -> int:
    """Wait until a child has printed that it is ready; return its process."""
    stream, process = child._streams[0], child._process  # type: ignore[attr-defined]
    until(lambda: os.fstat(stream.fileno()).st_size)
    pid: int = process.pid
    return pid


def test_what_a_command_prints_and_ends_with_is_taken_over() -> None:
    code = (
        "import sys; print('out \\x1b[32mgreen\\x1b[0m ü'); print(sys.argv[1:], file=sys.stderr); sys.exit(3)"
    )
    began = time.monotonic()
    ran = end_of(line(code).begin(["a b", "--c"]))
    assert (ran.status, ran.stdout, ran.stderr) == (3, "out green ü\n", "['a b', '--c']\n")
    assert ran.said == "out green ü\n['a b', '--c']"
    assert ran.line.endswith("'a b' --c")
    assert 0 < ran.elapsed_s < time.monotonic() - began


def test_the_end_of_a_command_is_noticed_at_once() -> None:
    began = idle_s()
    ran = end_of(line("import time; time.sleep(0.3); print(time.time())").begin([]))
    assert idle_s() - began < 0.3 + 0.3
    assert ran.elapsed_s >= 0.3


def test_a_command_that_runs_on_has_not_ended() -> None:
    child = line(SLEEPS).begin([])
    began, began_idle = time.monotonic(), idle_s()
    assert child.ended_within(0.2) is None
    assert time.monotonic() - began >= 0.2
    assert idle_s() - began_idle < 1.0
    child.end()


def test_it_finds_in_its_environment_where_ktrdr_is_and_no_terminal() -> None:
    code = (
        "import os, sys; e = os.environ; print(e['KTRDR_API_CLIENT_BASE_URL'], e['COLUMNS'], e['NO_PROXY'],"
        "sys.stdin.read() == '', sys.stdout.isatty(), os.getpgid(0) == os.getpid())"
    )
    ran = end_of(line(code).begin([]))
    assert ran.stdout.split() == ["http://backend:1/api/v1", "300", "*", "True", "False", "True"]


def test_ctrl_c_is_caught_by_the_command_and_not_by_the_suite() -> None:
    child = line(CATCHES).begin([])
    ready(child)
    child.interrupt()
    ran = end_of(child)
    assert (ran.status, ran.stdout) == (1, "ready\ncaught\n")
    child.interrupt()


def test_ctrl_c_reaches_what_a_wrapper_runs() -> None:
    wrapper = (
        f"import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-S', '-c', {CATCHES!r}]) and 7)"
    )
    child = line(
        "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN);"
        # What is ignored is inherited; the child within takes its own handler.
        + wrapper
    ).begin([])
    ready(child)
    child.interrupt()
    assert end_of(child).status == 7


@pytest.mark.parametrize(
    ("code", "ends_within"), [(SLEEPS, 60.0), (STUBBORN, 0.3)], ids=["gentle", "stubborn"]
)
def test_a_command_that_runs_is_ended(code: str, ends_within: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ktrdr_acceptance.api.command_line._ENDS_WITHIN", ends_within)
    child = line(code).begin([])
    pid = ready(child)
    child.end()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert end_of(child, 0).status == (-signal.SIGTERM if code is SLEEPS else -signal.SIGKILL)
    child.end()


def test_to_wait_for_a_command_ends_with_the_run() -> None:
    clock = Clock()
    child = line(SLEEPS, clock=clock).begin([])
    clock.stop("somebody said so")
    with pytest.raises(RunAborted):
        child.ended_within(10)
    # But never the undo.
    child.end()


def test_a_command_goes_with_the_suite_when_that_is_killed(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    code = f"import os, time; open({str(told)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    suite = (
        "import sys, time; from ktrdr_acceptance.api.command_line import CommandLine;"
        "from ktrdr_acceptance.operations.waiting import Clock;"
        f"CommandLine((sys.executable, '-S', '-c', {code!r}), 'http://b:1', Clock()).begin([]);"
        "time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", suite])
    until(lambda: told.exists() and told.read_text())
    process.kill()
    process.wait()
    until(lambda: not alive(int(told.read_text())))


@pytest.mark.parametrize(
    ("word", "said"),
    [("no-such-ktrdr", "there is no program no-such-ktrdr"), ("./ktrdr", "there is no program ./ktrdr")],
)
def test_a_program_that_is_not_there_is_told(word: str, said: str) -> None:
    with pytest.raises(EnvironmentFault, match=rf"KTRDR's command \({word} --help\) cannot be run: {said}"):
        CommandLine((word,), "http://b:1", Clock()).begin(["--help"])


def test_a_program_of_the_folder_is_found_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "ktrdr"
    program.write_text("#!/bin/sh\npwd\n")
    program.chmod(0o755)
    command = CommandLine(("./ktrdr",), "http://b:1", Clock(), folder=tmp_path)
    assert end_of(command.begin([])).stdout.strip() == str(tmp_path)
    # A folder that is spelled from the suite's own.
    monkeypatch.chdir(tmp_path.parent)
    command.folder = Path(tmp_path.name)
    assert end_of(command.begin([])).stdout.strip() == str(tmp_path)


def test_a_command_is_evidence_without_its_secrets() -> None:
    exchanges: list[Exchange] = []
    code = "import sys; print('Authorization: Bearer ' + 'a' * 40); sys.exit(1)"
    end_of(line(code, exchanges).begin(["--token", "--password=hunter2secret"]))
    (exchange,) = exchanges
    assert (exchange.service, exchange.method, exchange.outcome) == (
        "KTRDR's command",
        "RUN",
        "exit status 1",
    )
    told = exchanges_attachment(exchanges).text + exchange_digest(exchanges).text
    assert "exit status 1" in told
    assert "HTTP" not in told
    assert "a" * 40 not in told
    assert "hunter2secret" not in told


def test_a_command_that_succeeded_is_no_failure_in_the_evidence() -> None:
    exchanges: list[Exchange] = []
    child = line("print('fine')", exchanges).begin([])
    end_of(child)
    assert end_of(child, 0).status == 0
    (exchange,) = exchanges
    assert (exchange.outcome, exchange.failure, exchange.response_body) == ("exit status 0", None, "fine")


def test_a_failed_command_is_told_with_its_output_and_without_an_id_of_a_request() -> None:
    exchanges: list[Exchange] = []
    end_of(line("import sys; print('no luck'); sys.exit(1)", exchanges).begin([]))
    told = list(_told_of(exchanges, with_answers=True))
    assert told[0].startswith("RUN ")
    assert re.search(r" -> exit status 1 in \d+ ms$", told[0])
    assert told[1:] == ["  answer: no luck"]

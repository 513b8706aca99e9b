"""A process that is started with others' packages already imported is as one that Python starts alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import starting

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or any(name.startswith("COVERAGE_") for name in os.environ),
    reason="elsewhere, and under coverage, Python alone starts everything",
)

TOLD = """
import json, os, signal, sys

print(json.dumps({
    "arguments": sys.argv,
    "folder": os.getcwd(),
    "first place": sys.path[0],
    "others": sorted(set(sys.path[1:])),
    "environment": dict(os.environ),
    "name": __name__,
    "flags": (lambda: None).__code__.co_flags,
    "buffered": not sys.stdout.write_through,
    "encoding": sys.stdout.encoding,
    "interrupt": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
    "child": signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL,
    "wakeup": signal.set_wakeup_fd(-1),
    "files": sorted(os.listdir("/proc/self/fd"))[:3],
    "many files": len(os.listdir("/proc/self/fd")) > 4,
}))
"""
OURS = """
import sys

ours = ("ktrdr_acceptance", "embedded_ktrdr", "steps", "starting")
print([name for name in sys.modules if name.split(".")[0] in ours], "behave" in sys.modules)
"""


def alone(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, **options)


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


def test_it_is_told_the_same_as_by_python_alone(tmp_path: Path) -> None:
    (tmp_path / "told.py").write_text(TOLD, "utf-8")
    environment = {**os.environ, "MINE": "ä", "PYTHONDONTWRITEBYTECODE": "1"}
    # The server still has it.
    environment.pop("HOME", None)
    for command in (python(TOLD, "a", "-b"), [sys.executable, "-m", "told", "a", "-b"]):
        said = starting.run(command, cwd=tmp_path, env=environment)
        expected = alone(command, cwd=tmp_path, env=environment)
        assert said.stderr == expected.stderr == ""
        told, wanted = json.loads(said.stdout), json.loads(expected.stdout)
        assert told == wanted
        assert (wanted["folder"], wanted["environment"]["MINE"]) == (str(tmp_path), "ä")


def test_nothing_of_ours_is_imported_ahead() -> None:
    assert starting.run(python(OURS)).stdout == "[] True\n"


@pytest.mark.parametrize(
    "code",
    [
        "pass",
        "raise SystemExit(3)",
        "raise SystemExit('one sentence')",
        "import sys; sys.exit()",
        "import os; os._exit(7)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
        "import os, signal; os.kill(os.getpid(), signal.SIGINT)",
        "raise KeyError('no')",
        "import atexit, os; atexit.register(print, 'late')",
        "import sys; print(sys.stdin.read() == '', file=sys.stderr)",
    ],
)
def test_it_ends_as_with_python_alone(code: str) -> None:
    said, expected = starting.run(python(code)), alone(python(code))
    assert (said.returncode, said.stdout) == (expected.returncode, expected.stdout)
    assert said.stderr.splitlines()[-1:] == expected.stderr.splitlines()[-1:]


def test_it_can_be_spoken_to_and_ended_by_a_signal() -> None:
    code = "import time; print(input() + '!', flush=True); time.sleep(60)"
    process = starting.start(python(code), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        assert isinstance(process, starting.Forked)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("hello\n")
        process.stdin.flush()
        assert process.stdout.readline() == "hello!\n"
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == -signal.SIGTERM
        assert process.poll() == -signal.SIGTERM


def test_what_python_reads_as_it_starts_holds() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    said = starting.run(python("import sys; print(sys.stdout.encoding)"), env=environment)
    assert said.stdout == "iso8859-1\n"


@pytest.mark.parametrize(
    ("command", "environment", "options"),
    [
        ([sys.executable, "-S", "-c", "pass"], {}, {}),
        (["true"], {}, {}),
        (python("pass"), {"COVERAGE_PROCESS_CONFIG": ""}, {}),
        (python("pass"), {}, {"start_new_session": True}),
    ],
)
def test_what_cannot_be_made_alike_is_started_by_python_alone(
    command: list[str], environment: dict[str, str], options: dict[str, Any]
) -> None:
    with starting.start(command, env={**os.environ, **environment}, **options) as process:
        assert not isinstance(process, starting.Forked)
    with starting.start(python("pass")) as process:
        assert isinstance(process, starting.Forked)

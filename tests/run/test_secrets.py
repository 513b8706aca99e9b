"""No secret reaches an output of a run, whatever way it comes: a real run with marked ones in every channel.

Each channel is shown to be open: the same run with its redaction switched off tells every one of them.
"""

from __future__ import annotations

import base64
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
import starting
from verdict.specimens import (
    Outputs,
    assert_same_run_verdict,
    assert_same_verdicts,
    run_result,
    scenario_result,
)

from ktrdr_acceptance.evidence.redaction import Redaction
from ktrdr_acceptance.faults import Category
from ktrdr_acceptance.verdict.console import Console
from ktrdr_acceptance.verdict.model import Attachment, StepResult, Verdict
from ktrdr_acceptance.verdict.reports import Reports
from ktrdr_acceptance.verdict.watched import Drift, Watched

from .leaky_ktrdr import (
    BREAKING,
    CHANNELS,
    ENVIRONMENT,
    FEATURE,
    FEATURE_HOOK,
    STEPS,
    LeakyKtrdr,
    leak,
    secret,
    told,
)
from .project import Done, Project

# As odd as passwords are; its letters and digits stay together in every encoding but Base64.
IN_ENVIRONMENT = f'"\\&{secret("environment")}|<[b]é'


class Leaky:
    """One run of the leaky project, and everything that it has written."""

    def __init__(self, folder: Path, redaction: str) -> None:
        self.folder = folder
        project = Project(folder / "project", step=STEPS, feature=FEATURE, environment=ENVIRONMENT)
        features = project.folder / "features"
        (features / "n_hook.feature").write_text(FEATURE_HOOK)
        (features / "z_breaking.feature").write_text(BREAKING)
        reports = folder / "reports"
        (folder / "w0.log").touch()
        stub = LeakyKtrdr()
        stub.log, stub.worker_log = folder / "backend.log", folder / "w0.log"
        logs = f"backend={stub.log},w0={stub.worker_log},{told('settings')}=password={secret('settings')}"
        files = {
            "json": "behave.json",
            "plain": "plain.txt",
            "pretty": "pretty.txt",
            "allure_behave.formatter:AllureFormatter": "allure-stock",
        }
        formatters = [
            part for name, file in files.items() for part in ("-f", name, "-o", str(reports / file))
        ]
        command = project.command(
            *(
                "-D",
                f"logs={logs}",
                *formatters,
            ),
            *("features/more.feature", "features/n_hook.feature", "features/z_breaking.feature"),
            backend=stub.url,
            reports=reports,
        )
        environment = {key: value for key, value in os.environ.items() if not key.startswith("KTRDR_")}
        environment |= {
            "LEAKY_TOKEN": IN_ENVIRONMENT,
            "CUT_TOKEN": secret("cut"),
            "REDACTION": redaction,
            "COLUMNS": "200",
        }
        try:
            ended = subprocess.run(
                command,
                cwd=project.folder,
                env=environment,
                capture_output=True,
                text=True,
                timeout=180,
                check=False,
            )
        finally:
            stub.stop()
        self.done = Done(ended.returncode, ended.stdout, ended.stderr, reports)
        self.written = {
            str(path.relative_to(reports)): path.read_bytes() for path in reports.rglob("*") if path.is_file()
        }
        self.all = {**self.written, "stdout": ended.stdout.encode(), "stderr": ended.stderr.encode()}

    def holding(self, *spellings: bytes) -> list[str]:
        """Return which outputs hold one of these."""
        return sorted(name for name, text in self.all.items() if any(one in text for one in spellings))


def spellings(text: str) -> list[bytes]:
    """Return a text of letters and digits as bytes, and what of its Base64 is the same wherever it begins."""
    raw = text.encode()
    coded = [base64.b64encode(b"\0" * before + raw) for before in range(3)]
    return [raw, coded[0][:-4], coded[1][2:-4], coded[2][3:-4]]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Leaky, Leaky]]:
    folder = tmp_path_factory.mktemp("leaky")
    with ThreadPoolExecutor(2) as pool:
        safe = pool.submit(Leaky, folder / "safe", "whole")
        unsafe = pool.submit(Leaky, folder / "unsafe", "broken")
        yield safe.result(), unsafe.result()


@pytest.fixture
def safe(both: tuple[Leaky, Leaky]) -> Leaky:
    return both[0]


@pytest.fixture
def unsafe(both: tuple[Leaky, Leaky]) -> Leaky:
    return both[1]


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_channel_is_open_and_tells_no_secret(channel: str, safe: Leaky, unsafe: Leaky) -> None:
    through = unsafe.holding(*spellings(secret(channel)))
    assert through, f"nothing comes through {channel}"
    assert safe.holding(*spellings(secret(channel))) == []
    # What stood beside it is still there, in every output that would have told the secret.
    assert set(_kinds(safe.holding(told(channel).encode()))) >= set(
        _kinds(unsafe.holding(told(channel).encode()))
    )


def _kinds(names: list[str]) -> list[str]:
    """Return outputs by what they are: Allure names its files by chance."""
    return [
        f"{path.parts[0]}/{path.name.split('-')[-1]}" if len(path.parts) > 1 else name
        for name in names
        for path in [Path(name)]
    ]


def test_no_part_of_a_secret_is_left_where_a_text_is_cut(safe: Leaky, unsafe: Leaky) -> None:
    whole = secret("cut").encode()
    part = re.compile(whole[:6] + b"(?!" + whole[6:] + b")")
    cut = _kinds([name for name, text in unsafe.all.items() if part.search(text)])
    assert {"stdout", "summary.md", "results.json", "junit.xml", "allure-results/attachment.txt"} <= set(cut)
    assert safe.holding(whole[:6]) == []


def test_every_channel_of_the_project_is_looked_at() -> None:
    source = "\n".join([STEPS, ENVIRONMENT, FEATURE, FEATURE_HOOK])
    named = {channel for channel in CHANNELS if secret(channel) in source}
    assert len(named) > 20
    assert len({secret(channel) for channel in CHANNELS}) == len(CHANNELS)
    assert leak("a") == f"via-a password={secret('a')}"


def test_the_mask_is_seen(safe: Leaky) -> None:
    texts = [text.decode("utf-8", "replace") for text in safe.written.values()]
    for expected in (
        "via-exception secret=***",
        "via-environment ***",
        "via-backend-log Authorization: ***",
        "via-worker-log Authorization: ***",
        "via-reason api_key: ***",
        '"client_secret": "***"',
        "api_key=***&n=1",
    ):
        assert any(expected in text for text in texts), expected
    assert "via-real-stdout password=***" in safe.done.stdout
    assert "via-real-stderr password=***" in safe.done.stderr


def test_every_output_is_whole_and_says_the_same(safe: Leaky) -> None:
    assert safe.done.status == 4, safe.done.stdout
    outputs = Outputs.of(safe.done.reports)
    assert_same_verdicts(outputs)
    assert_same_run_verdict(outputs)
    row = outputs.row("l09")
    assert row["operations"] == ["op_training_0"]
    assert "op_training_0" in json.dumps(outputs.allure_of("l09"))
    for name, text in safe.written.items():
        if name.endswith(".json"):
            # behave's own formatter leaves its list open where the run breaks.
            json.loads(text + b"]" * (name == "behave.json"))
        if name.endswith((".xml", ".svg")):
            ElementTree.fromstring(text)


def test_there_is_something_of_every_kind_to_search(safe: Leaky) -> None:
    kinds = {
        *("results.json", "summary.md", "junit.xml", "behave.json", "plain.txt", "pretty.txt"),
        *("allure-results/result.json", "allure-results/attachment.txt", "allure-results/globals.json"),
        *("allure-results/environment.properties", "embedded-logs/backend.log", "allure-stock/result.json"),
    }
    assert kinds <= set(_kinds(list(safe.written)))


@pytest.mark.parametrize(
    "arguments",
    [
        ["-m", "behave", "-D", f"backend_url=http://h:1/?token={secret('input')}"],
        ["-m", "behave", "-D", f"baseline=nowhere?password={secret('input')}"],
        ["-m", "behave", f"features/nowhere?password={secret('input')}"],
        ["-m", "behave", "--dry-run", f"features/nowhere?password={secret('input')}"],
        ["-c", "from ktrdr_acceptance.cli import main; main()", "forms", f"nowhere?token={secret('input')}"],
    ],
)
def test_bad_input_is_refused_without_its_secret(arguments: list[str], project: Project) -> None:
    refused = starting.run([sys.executable, *arguments], cwd=project.folder)
    assert refused.returncode == 2
    said = refused.stdout + refused.stderr
    assert "***" in said
    assert secret("input") not in said


def test_each_view_masks_what_the_model_still_holds(tmp_path: Path) -> None:
    """The model is masked as it grows; a view that is handed what is not masks it all the same."""
    words = leak("model")
    result = replace(
        scenario_result(Verdict.NOT_MET, Category.CODE_BUG, words, name=words),
        steps=(StepResult(words, "failed", 0.1, words),),
        attachments=(Attachment(words, "text/plain", words),),
    )
    never = scenario_result(Verdict.NOT_RUN, reason=words, id="2.2", name=words)
    run = run_result(
        result,
        never,
        target={"kind": words, "workers": [{"password": secret("model")}]},
        target_lines=[words],
        settings={"logs": words},
        run_findings=[words],
        watched=Watched({words: Drift(1, [words])}, [words]),
        calibration=words,
    )
    reports = Reports(tmp_path)
    reports.scenario(run, result, None)
    reports.finish(run)
    found = {path.name: path.read_text("utf-8") for path in tmp_path.rglob("*") if path.is_file()}
    assert {"results.json", "summary.md", "junit.xml", "environment.properties"} <= set(found)
    assert [name for name, text in found.items() if secret("model") in text] == []
    assert len([name for name, text in found.items() if "via-model password=***" in text]) >= 7


class Terminal(io.StringIO):
    """A terminal that is too narrow for what is told."""

    def isatty(self) -> bool:
        return True


def test_the_live_line_shows_no_part_of_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.__stdout__", terminal)
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr("sys.__stderr__", terminal)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    own = Redaction({"LIVE_TOKEN": secret("live")})
    monkeypatch.setattr("ktrdr_acceptance.evidence.redaction.the_redaction", lambda: own)
    console = Console({})
    scenario = scenario_result(Verdict.MET, id="live")
    console.header(["KTRDR"], [scenario], [])
    console.begin("live", f"{'x' * 20} {secret('live')} and more")
    console.finish(run_result(scenario), "summary.md")
    shown = terminal.getvalue()
    assert "▶ live xxxxxxxxxxxxxxxxxxxx ***" in shown
    assert secret("live")[:5] not in shown

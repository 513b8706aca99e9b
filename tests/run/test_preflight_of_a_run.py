"""What preflight finds stands in every output of a run, and only what leaves nothing to judge ends it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from verdict.specimens import Outputs, assert_same_run_verdict

from .project import Done
from .runs import NOBODY, Plan, Runs
from .stub_ktrdr import StubKtrdr

MET = ["-t", "@id:met", "features/kinds.feature"]
LACKING = "the target has no strategy neuro_mean_reversion"
SANDBOX = "the addressed port is the sandbox's"


def sandbox_of(port: int) -> Any:
    def prepare(reports: Path, _stub: StubKtrdr) -> None:
        (reports / ".env.sandbox").write_text(f"# slot 3\nKTRDR_API_PORT={port}\n")

    return prepare


def in_sandbox(reports: Path, stub: StubKtrdr) -> None:
    sandbox_of(int(stub.url.rsplit(":", 1)[1]))(reports, stub)


PLANS = {
    "lacking": Plan(MET, stub={"lacks": ("neuro_mean_reversion",)}),
    "sandbox": Plan([*MET, "-D", "ktrdr_home={reports}"], stub={}, prepare=in_sandbox),
    "elsewhere": Plan([*MET, "-D", "ktrdr_home={reports}"], stub={}, prepare=sandbox_of(1)),
    "nowhere": Plan([*MET, "-D", "ktrdr_home={reports}"], backend=NOBODY, prepare=sandbox_of(1)),
    "silent": Plan(MET, backend=NOBODY),
}


def row(done: Done, check: str) -> dict[str, Any]:
    (found,) = (one for one in Outputs.of(done.reports).results["preflight"] if one["check"] == check)
    return dict(found)


def system_out(outputs: Outputs) -> str:
    return outputs.junit.findtext("system-out") or ""


def test_a_check_that_fails_stands_in_every_output_and_leaves_the_verdict_to_the_scenarios(
    runs: Runs,
) -> None:
    done = runs["lacking"]
    assert done.status == 0, done.stdout + done.stderr
    outputs = Outputs.of(done.reports)
    found = row(done, "strategies are there and valid")
    assert (found["outcome"], found["said"], found["id"], found["blocks"]) == ("failed", LACKING, "E7", False)
    for text in (
        done.stdout,
        system_out(outputs),
        outputs.markdown,
        outputs.allure_tables()["Preflight"],
    ):
        assert LACKING in text
        assert "A strategy is missing." in text
        assert found["cause"] in text
        assert "ktrdr-acceptance testdata write" in text
    for text in (outputs.markdown, outputs.allure_tables()["Preflight"]):
        before_table = text.split("| Check | Outcome | Found |")[0]
        assert f"  - cure: {found['cure']}" in before_table.splitlines()
    came_out = Counter(one["outcome"] for one in outputs.results["preflight"])
    assert came_out["not made"] == 1, "the gateway, whose host is silent"
    counted = f"preflight: {came_out['ok']} ok, {came_out['failed']} failed, 1 not made in"
    for text in (done.stdout, system_out(outputs), outputs.markdown, outputs.allure_tables()["Preflight"]):
        assert counted in text


def test_a_check_that_is_ok_is_told_by_its_number_alone_on_the_console(runs: Runs) -> None:
    done = runs["lacking"]
    assert row(done, "cached bars cover the calibration")["outcome"] == "ok"
    assert "cached bars" not in done.stdout
    assert "cached bars cover the calibration" in Outputs.of(done.reports).markdown


def test_a_backend_that_is_silent_ends_the_run_with_every_check_told(runs: Runs) -> None:
    done = runs["silent"]
    assert done.status == 3
    backend = row(done, "the backend answers as a KTRDR")
    assert (backend["outcome"], backend["blocks"], backend["id"]) == ("failed", True, "E2")
    assert backend["cure"] in done.stdout
    strategies = row(done, "strategies are there and valid")
    assert strategies["outcome"] == "not made"
    assert strategies["said"] == "the backend has not said who it is"
    assert_same_run_verdict(Outputs.of(done.reports))


def test_the_port_of_the_sandbox_may_be_addressed(runs: Runs) -> None:
    done = runs["sandbox"]
    assert done.status == 0, done.stdout + done.stderr
    assert row(done, SANDBOX)["outcome"] == "ok"


@pytest.mark.parametrize(
    ("name", "symptom", "what"), [("elsewhere", "E44", "something"), ("nowhere", "E3", "nothing")]
)
def test_another_port_than_the_sandbox_s_is_the_wrong_system(
    name: str, symptom: str, what: str, runs: Runs
) -> None:
    done = runs[name]
    assert done.status == 3
    found = row(done, SANDBOX)
    assert (found["outcome"], found["blocks"], found["id"]) == ("failed", True, symptom)
    assert ".env.sandbox names port 1, but what is addressed is port" in done.last_line
    assert f"where {what} answers (setting backend_url)" in done.last_line
    told = done.stdout.splitlines()
    for part in ("cause", "cure"):
        assert f"    {part}:".ljust(13) + found[part] in told
    assert any(line.startswith("KTRDR 1.") for line in told) is (name == "elsewhere")
    assert runs.stub("elsewhere").count("POST /api/v1/trainings") == 0
    assert_same_run_verdict(Outputs.of(done.reports))

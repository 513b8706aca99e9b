"""What the target lacks or does against the contract: who has to act, and the exit status."""

from __future__ import annotations

from pathlib import Path

import pytest
from verdict.specimens import Outputs, assert_same_run_verdict, assert_same_verdicts

from ktrdr_acceptance.target.compose import BROUGHT_UP

from .project import Done, Project
from .runs import NOBODY, Plan, Runs
from .stub_ktrdr import StubKtrdr, closed_url

KINDS, RULES, FREE = "features/kinds.feature", "features/rules.feature", "features/free.feature"
BROKEN_ROW = ({"endpoint_url": None},)
SOMETHING_AND_A_NEED = ["-t", "@id:met or @id:put-back", KINDS]
GONE = closed_url()


def busy_with(operation_id: str) -> dict[str, object]:
    return {"worker_rows": ({"status": "busy", "current_operation_id": operation_id},)}


PLANS = {
    "unreachable": Plan([RULES], backend=NOBODY),
    "something-else": Plan([RULES], stub={"is_ktrdr": False}),
    "no-paths": Plan([RULES], stub={"paths": None}),
    "listed-paths": Plan([RULES], stub={"paths": ["/api/v1/workers"]}),
    "broken-at-once": Plan([RULES], stub={"worker_rows": BROKEN_ROW}),
    "broken-later": Plan(SOMETHING_AND_A_NEED, stub={"worker_rows": BROKEN_ROW, "rows_change_after": 1}),
    "no-worker-S": Plan(SOMETHING_AND_A_NEED, stub={"workers": 0}),
    "no-worker-N": Plan(SOMETHING_AND_A_NEED, stub={"workers": 0, "has_registry": False}),
    "nothing-but-needs": Plan(["-t", "@id:put-back or @id:rule-met", KINDS, RULES], stub={"workers": 0}),
    "busy-with-others": Plan([FREE], stub=busy_with("op_of_others")),
    "busy-with-ours": Plan([FREE], stub=busy_with("op_training_0")),
    "worker-gone": Plan(
        ["-t", "@id:busy-after", FREE], stub={"workers": 2, "worker_rows": ({"endpoint_url": GONE},)}
    ),
    "dies": Plan(["features/dying.feature"], stub={}),
}


def assert_unfit(done: Done, said: str) -> Outputs:
    assert done.status == 3, done.stdout + done.stderr
    assert said in done.last_line
    assert done.last_line.startswith("❌ Issue: environment unfit: ")
    assert "Traceback" not in done.stdout + done.stderr
    outputs = Outputs.of(done.reports)
    assert_same_run_verdict(outputs)
    assert "failed" not in outputs.said_by_allure().values()
    assert "broken" not in outputs.said_by_allure().values()
    assert outputs.results["summary"].get("not met", 0) == 0
    assert outputs.results["verdict"] == "environment unfit"
    return outputs


def test_an_unreachable_backend_is_unfit_and_reported(runs: Runs) -> None:
    done = runs["unreachable"]
    outputs = assert_unfit(done, f"backend at {NOBODY} gave no answer to GET /api/v1/health")
    assert "(setting backend_url)" in done.last_line
    assert outputs.said_by_json() == {"rule-met": "not run", "rule-failed": "not run"}
    assert_same_verdicts(outputs)


def test_something_else_on_the_port_is_unfit(runs: Runs) -> None:
    said = f"what answers at {runs.stub('something-else').url} is not a KTRDR backend"
    assert_unfit(runs["something-else"], said)


@pytest.mark.parametrize("name", ["no-paths", "listed-paths"])
def test_a_backend_whose_generation_cannot_be_told_is_unfit(name: str, runs: Runs) -> None:
    assert_unfit(runs[name], "has no OpenAPI document, so its generation cannot be told")


def test_a_backend_that_breaks_the_contract_at_once_is_unfit(runs: Runs) -> None:
    done = runs["broken-at-once"]
    outputs = assert_unfit(done, "backend answered GET /api/v1/workers, but its endpoint_url: ")
    assert "(setting backend_url)" in done.last_line
    assert set(outputs.said_by_json().values()) == {"not run"}


def test_a_backend_that_breaks_the_contract_when_a_need_is_asked_for_is_to_blame(runs: Runs) -> None:
    done = runs["broken-later"]
    outputs = Outputs.of(done.reports)
    assert done.status == 1, done.stdout + done.stderr
    assert outputs.said_by_json() == {"met": "met", "put-back": "not met"}
    assert outputs.row("put-back")["category"] == "CODE_BUG"
    assert "but its endpoint_url: " in outputs.row("put-back")["reason"]
    assert runs.stub("broken-later").count("POST /api/v1/trainings") == 0
    assert_same_verdicts(outputs)


# needs


def test_a_need_that_the_target_lacks_is_not_run(runs: Runs) -> None:
    done, stub = runs["no-worker-S"], runs.stub("no-worker-S")
    outputs = Outputs.of(done.reports)
    reason = "the target (generation S) has no training worker registered"
    assert (outputs.row("put-back")["verdict"], outputs.row("put-back")["reason"]) == ("not run", reason)
    assert f"not run: put-back: {reason}" in done.stdout
    assert outputs.results["target"]["generation"] == "S"
    assert stub.count("POST /api/v1/trainings") == 0
    assert stub.count("GET /api/v1/workers") > 0
    assert done.status == 0
    assert_same_verdicts(outputs)


def test_where_the_backend_does_the_work_itself_no_worker_is_needed_or_asked_for(runs: Runs) -> None:
    done, stub = runs["no-worker-N"], runs.stub("no-worker-N")
    outputs = Outputs.of(done.reports)
    assert (outputs.results["target"]["generation"], outputs.row("put-back")["verdict"]) == ("N", "met")
    assert stub.count("GET /api/v1/workers") == 0
    assert done.status == 0
    assert_same_verdicts(outputs)


def test_a_run_of_nothing_but_unmet_needs_is_unfit(runs: Runs) -> None:
    outputs = assert_unfit(
        runs["nothing-but-needs"],
        "no selected scenario could run: the target (generation S) has no training worker registered",
    )
    assert_same_verdicts(outputs)


def test_a_need_on_a_rule_counts(runs: Runs) -> None:
    outputs = Outputs.of(runs["nothing-but-needs"].reports)
    assert outputs.said_by_json() == {"put-back": "not run", "rule-met": "not run"}


# busy workers, lost services


BUSY_WITH = {
    "others": (3, "not run", "ENVIRONMENT", "busy with the work of others (w0: op_of_others)"),
    "ours": (1, "not met", "CODE_BUG", "expected a training worker to be free"),
}


@pytest.mark.parametrize("whose", list(BUSY_WITH))
def test_a_worker_busy_with_the_work_of_others_is_not_ktrdr_s_matter(whose: str, runs: Runs) -> None:
    """Ours is also what an earlier scenario of the run has started."""
    status, verdict, category, said = BUSY_WITH[whose]
    done = runs[f"busy-with-{whose}"]
    outputs = Outputs.of(done.reports)
    assert done.status == status, done.stdout + done.stderr
    assert outputs.said_by_json() == {"busy-before": "met", "busy-after": verdict}
    assert outputs.row("busy-after")["category"] == category
    assert said in outputs.row("busy-after")["reason"]
    assert_same_verdicts(outputs)


def test_a_worker_that_does_not_answer_is_passed_over_and_told(runs: Runs) -> None:
    done = runs["worker-gone"]
    outputs = Outputs.of(done.reports)
    assert done.status == 0, done.stdout + done.stderr
    (drift,) = outputs.results["drift"]
    assert drift["kind"] == "a registered worker does not answer"
    assert (drift["count"], len(drift["cases"])) == (1, 1)
    assert f"w0 at {GONE} gave no answer" in drift["cases"][0]
    assert "a registered worker does not answer: once" in outputs.markdown


def test_a_service_that_dies_makes_the_run_unfit_and_no_scenario_failed(runs: Runs) -> None:
    outputs = assert_unfit(runs["dies"], f"backend at {runs.stub('dies').url} gave no answer")
    assert outputs.said_by_json() == {"d1-before": "met", "d2-dying": "not run"}
    assert outputs.row("d2-dying")["category"] == "ENVIRONMENT"
    assert "could not end the long training" in outputs.row("d2-dying")["reason"]
    assert_same_verdicts(outputs)


def test_a_compose_project_that_an_earlier_run_has_left_up_is_told(
    project: Project, ktrdr: StubKtrdr, reports: Path
) -> None:
    reports.mkdir()
    (reports / BROUGHT_UP).write_text("{}")
    done = project.run(reports, "-t", "@id:met", KINDS, backend=ktrdr)
    assert "an earlier run has left a compose project up: a run with -D target=docker ends it" in done.stdout
    assert (reports / BROUGHT_UP).exists()

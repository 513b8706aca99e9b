"""From what a scenario did to its failure block: each kind of failure, and the evidence that goes with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from behave.model_type import Status as StepStatus
from hamcrest import assert_that, equal_to, has_length

from ktrdr_acceptance.api.http import Answer, Exchange
from ktrdr_acceptance.api.models import OperationBody, read
from ktrdr_acceptance.evidence.attached import attachments_of
from ktrdr_acceptance.evidence.failing import Surroundings, failure_of, surroundings
from ktrdr_acceptance.faults import Category, ConfigurationFault, EnvironmentFault
from ktrdr_acceptance.matchers.checks import Checker
from ktrdr_acceptance.operations.ending import look_everywhere
from ktrdr_acceptance.operations.waiting import Cadence, Waiter, WaitFailed
from ktrdr_acceptance.preflight.check import Preflight, failed, not_made, ok
from ktrdr_acceptance.verdict.failure import Failure
from ktrdr_acceptance.verdict.judge import Happened, judge

from .fake_clock import FakeClock
from .scripted_world import ID, Reply, ScriptedWorld, scripted_world


def step(status: StepStatus, exception: BaseException | None = None) -> Any:
    return SimpleNamespace(
        status=status,
        exception=exception,
        keyword="Then",
        name="it completes",
        filename="features/a.feature",
        line=7,
    )


def scenario(status: StepStatus, *steps: Any, error_message: str = "") -> Any:
    return SimpleNamespace(
        status=status,
        all_steps=steps or (step(StepStatus.passed),),
        skip_reason=None,
        error_message=error_message,
    )


def block_of(
    ended: Any, world: ScriptedWorld | None = None, around: Surroundings | None = None, **happened: Any
) -> Failure:
    """Return the block of a scenario that has ended so."""
    found = Happened(**{"checks": 1, **happened})
    return failure_of(judge(ended, found, ""), world, found, around or Surroundings())


def raised(act: Callable[[], object], world: ScriptedWorld | None = None, **happened: Any) -> Failure:
    """Return the block of a scenario in which a step did this."""
    try:
        act()
    except Exception as exception:
        failed = StepStatus.failed if isinstance(exception, AssertionError) else StepStatus.error
        return block_of(scenario(failed, step(failed, exception)), world, **happened)
    raise LookupError("nothing was raised")


def throw(exception: Exception) -> Callable[[], object]:
    def act() -> None:
        raise exception

    return act


def waiter() -> Waiter:
    return Waiter(FakeClock())


SENTENCE = "Then it completes"
POINT = f"{SENTENCE} (features/a.feature:7)"

# what was expected and what was there


def test_a_wait_says_what_it_awaited_the_last_value_why_it_stopped_and_what_it_saw() -> None:
    values = iter(["pending", "pending", "running", "failed"])
    failure = raised(
        lambda: waiter().eventually(
            lambda: next(values),
            lambda value: value == "completed",
            within=5,
            expected="op_1 to be completed",
            bail=lambda value: "it has ended" if value == "failed" else None,
        )
    )
    assert (failure.category, failure.point) == (Category.CODE_BUG, POINT)
    assert failure.expected == "op_1 to be completed within 5 s"
    assert failure.actual == "failed; it has ended (stopped after 0.30 s and 4 looks)"
    assert [(round(one.at_s, 2), one.words) for one in failure.states] == [
        (0.0, "pending"),
        (0.2, "running"),
        (0.3, "failed"),
    ]
    assert {one.of for one in failure.states} == {"seen while waiting"}


def test_of_many_states_the_first_and_the_last_are_told_and_how_many_are_not() -> None:
    values = iter(range(10_000))
    failure = raised(
        lambda: waiter().eventually(
            lambda: next(values), lambda _: False, within=5, expected="x", cadence=Cadence(every=0.1)
        )
    )
    words = [one.words for one in failure.states]
    assert words[:6] == ["0", "1", "2", "3", "4", "5"]
    assert words[6] == "and 39 more states"
    assert words[-1] == "50"
    assert len(words) == 13


def test_what_should_never_be_says_when_it_was() -> None:
    failure = raised(
        lambda: waiter().never(
            lambda: "running",
            lambda value: f"it is {value}",
            during=3,
            expected="op_1 to stay cancelled",
        )
    )
    assert failure.expected == "op_1 to stay cancelled throughout 3.0 s"
    assert failure.actual == "after 0.00 s it is running"


def test_a_matcher_says_subject_expected_and_actual() -> None:
    failure = raised(lambda: Checker(waiter()).that("bars", [1, 2], has_length(3), hint="look again"))
    assert failure.expected == "bars: an object with length of <3>"
    assert failure.actual == "was <[1, 2]> with length of <2>\nlook again"


def test_an_assertion_of_hamcrest_itself_is_split() -> None:
    failure = raised(lambda: assert_that(1, equal_to(2), "the number"))
    assert (failure.expected, failure.actual) == ("the number: <2>", "was <1>")


def test_an_assertion_without_parts_has_the_sentence_as_what_was_expected() -> None:
    failure = raised(throw(AssertionError("the results are those of op_2")))
    assert (failure.expected, failure.actual) == (SENTENCE, "the results are those of op_2")


def test_a_breach_of_the_contract_names_the_field() -> None:
    answer = Answer("backend", "GET /x", 200, {"success": True}, 0.01)
    failure = raised(lambda: read(OperationBody, answer, "data"))
    assert failure.category == Category.CODE_BUG
    assert failure.expected == SENTENCE
    assert failure.actual == "backend answered GET /x without the field 'data'"


def test_a_breached_guard_is_configuration_with_its_hint_as_the_next_action() -> None:
    failure = raised(
        throw(ConfigurationFault("its accuracy is 1.0. Check it", cause="one label", cure="Check it"))
    )
    assert failure.category == Category.CONFIGURATION
    assert (failure.cause, failure.next_action) == ("one label", "Check it")


def test_the_guard_on_a_collapsed_model_says_what_to_look_at() -> None:
    world = scripted_world()
    result = {
        "training_metrics": {
            "final_val_accuracy": 1.0,
            "final_train_loss": 0.5,
            "final_val_loss": 0.5,
            "final_train_accuracy": 0.9,
        },
        "test_metrics": {"test_accuracy": 0.5},
    }
    failure = raised(lambda: world.training_results.require_learning(result))  # type: ignore[arg-type]
    assert failure.category == Category.CONFIGURATION
    assert "validation accuracy" in failure.actual
    assert failure.next_action.startswith("Check the label distribution")


def test_what_lies_outside_ktrdr_is_told_with_the_wait_that_it_ended() -> None:
    def waits() -> None:
        try:
            waiter().eventually(lambda: "none", lambda _: False, within=1, expected="a free worker")
        except WaitFailed as failure:
            raise EnvironmentFault(f"w0 is busy for others\n{failure}", cure="wait") from failure

    failure = raised(waits)
    assert failure.category == Category.ENVIRONMENT
    assert failure.expected == "a free worker within 1 s"
    assert failure.actual.splitlines()[0] == "w0 is busy for others"
    assert "none; the deadline passed" in failure.actual
    assert failure.next_action == "wait"
    assert failure.states


def test_a_service_that_is_gone_ends_a_wait_with_what_was_seen_before() -> None:
    answers: list[str] = ["running"]

    def probe() -> str:
        if answers:
            return answers.pop()
        raise EnvironmentFault("backend at http://h:1 gave no answer")

    failure = raised(lambda: waiter().eventually(probe, lambda _: False, within=9, expected="its end"))
    assert failure.category == Category.ENVIRONMENT
    assert (failure.expected, failure.actual) == (
        "its end within 9 s",
        "backend at http://h:1 gave no answer",
    )
    assert [one.words for one in failure.states] == ["running"]


def test_an_error_of_the_suite_says_where_it_comes_from() -> None:
    failure = raised(throw(KeyError("x")))
    assert (failure.category, failure.expected, failure.actual) == (
        Category.TEST_ISSUE,
        SENTENCE,
        "KeyError: 'x'",
    )
    (place,) = failure.evidence
    assert place.startswith("raised in act (")
    assert "test_failing.py:" in place


def test_an_undefined_step_says_that_nobody_wrote_it() -> None:
    failure = block_of(scenario(StepStatus.error, step(StepStatus.undefined)))
    assert (failure.category, failure.point) == (Category.TEST_ISSUE, POINT)
    assert failure.expected == "a step that says this sentence"
    assert failure.actual == f"step is undefined: {SENTENCE}"
    assert failure.next_action == Category.TEST_ISSUE.next_action


def test_a_hook_is_named_as_the_place() -> None:
    failure = block_of(scenario(StepStatus.hook_error, error_message="before_scenario broke"))
    assert failure.point == "a hook or a cleanup of the scenario"
    assert failure.actual.endswith("before_scenario broke")


def test_nothing_checked_is_a_matter_of_the_whole_scenario() -> None:
    failure = block_of(scenario(StepStatus.passed), checks=0)
    assert (failure.point, failure.actual) == ("the scenario as a whole", "the scenario checked nothing")


def test_a_failed_undo_is_told_as_such() -> None:
    failure = block_of(scenario(StepStatus.passed), undo_errors=["could not end the training"])
    assert (failure.category, failure.point) == (Category.TEST_ISSUE, "after the scenario: undo")
    assert failure.expected == "everything that the scenario did to be put back"
    assert failure.actual == "could not end the training"


def test_a_violation_is_told_as_such() -> None:
    violation = "operation op_1 at backend went from completed to running"
    failure = block_of(scenario(StepStatus.passed), violations=[violation])
    assert failure.category == Category.CODE_BUG
    assert failure.point == "after the scenario: the guards of every scenario"
    assert failure.actual == violation


def test_what_was_found_after_a_failed_step_is_told_with_it() -> None:
    failure = raised(throw(AssertionError("expected 3")), undo_errors=["could not x"], violations=["fell"])
    assert failure.point == POINT
    assert failure.actual == "expected 3\nalso:\nfell\ncould not x"


def test_needs_that_cannot_be_found_out_are_told_with_the_answer() -> None:
    world = scripted_world()
    world.exchanges.append(exchange("GET", "/api/v1/workers", 500, {"detail": "broken"}))
    breach = AssertionError("backend refused GET /workers")
    failure = block_of(scenario(StepStatus.skipped), world, not_met=str(breach), error=breach)
    assert failure.point == "before the first step: what the scenario needs"
    assert failure.actual == "backend refused GET /workers"
    assert any("HTTP 500" in line for line in failure.evidence)


# cause and next action


def test_a_symptom_of_the_catalogue_gives_cause_and_next_action() -> None:
    failure = raised(throw(AssertionError("w0 shows it running: the cancel did not stop the work")))
    assert failure.cause.endswith("(K1)")
    assert failure.next_action.startswith("Let the worker's cancel stop the session")


def test_a_reason_that_a_service_states_is_looked_up_too() -> None:
    world = scripted_world()
    body = {"data": {"operation_id": ID, "error_message": "Maximum concurrent sessions (1) reached"}}
    world.exchanges.append(exchange("GET", f"/api/v1/operations/{ID}", 200, body))
    failure = raised(throw(AssertionError("not completed")), world)
    assert failure.cause.endswith("(E39)")


def test_an_unknown_cause_is_said_to_be_unknown() -> None:
    failure = raised(throw(AssertionError("the sky is green")))
    assert failure.cause.startswith("not in the catalogue")
    assert failure.next_action == Category.CODE_BUG.next_action


def test_the_catalogue_is_about_ktrdr_not_about_the_suite() -> None:
    failure = raised(throw(KeyError("the cancel did not stop the work")))
    assert failure.cause == "the suite itself: KTRDR was not judged"


# surroundings


def test_preflight_and_cures_are_told_in_short() -> None:
    gateway = replace(failed("gateway", "not connected"), tried=("waited 2 s", "waited 4 s"))
    checks = (ok("backend", "x"), ok("workers", "x"), gateway, not_made("disk", "not known"))
    around = surroundings("run it", Preflight(checks, 0.1))
    assert around.preflight == "2 ok, 1 failed (gateway), 1 not made (disk)"
    assert around.cures == ("gateway: waited 2 s", "gateway: waited 4 s")
    failure = block_of(scenario(StepStatus.passed), around=around, checks=0)
    assert (failure.preflight, failure.cures) == (around.preflight, around.cures)
    assert failure.reproduce == "run it"


# evidence


def exchange(method: str, path: str, status: int | None, body: Any = None, at: float = 1.0) -> Exchange:
    failure = None if status else "connection refused"
    name = f"acceptance-{path.rsplit('/', 1)[-1]}-{at:g}"
    return Exchange("backend", method, f"http://h:1{path}", None, status, body, 0.012, at, failure, name)


def test_the_exchanges_of_the_failing_step_are_evidence_refusals_with_their_answer() -> None:
    world = scripted_world()
    world.exchanges += [
        exchange("GET", "/earlier", 500, "old", 1),
        exchange("POST", "/start", 422, {"detail": "symbols missing"}, 2),
        exchange("GET", "/x", None, None, 3),
        exchange("GET", "/last", 200, {"fine": True}, 4),
        exchange("DELETE", "/undo", 404, "gone", 5),
    ]
    failure = raised(throw(AssertionError("no")), world, window=(1, 4))
    assert failure.evidence == (
        "POST http://h:1/start -> HTTP 422 in 12 ms (acceptance-start-2)",
        '  answer: {"detail": "symbols missing"}',
        "GET http://h:1/x -> connection refused in 12 ms (acceptance-x-3)",
        "GET http://h:1/last -> HTTP 200 in 12 ms (acceptance-last-4)",
        '  answer: {"fine": true}',
    )


def test_where_states_were_seen_only_refusals_are_quoted() -> None:
    world = scripted_world()
    world.exchanges += [exchange("GET", "/a", 404, "gone", 1), exchange("GET", "/b", 200, "fine", 2)]
    failure = raised(
        lambda: waiter().eventually(lambda: 1, lambda _: False, within=1, expected="x"), world, window=(0, 2)
    )
    assert [line for line in failure.evidence if "answer: " in line] == ["  answer: gone"]


def test_a_step_that_only_compares_shows_the_answer_before_it() -> None:
    world = scripted_world()
    world.exchanges += [exchange("GET", "/a", 200, "a", 1), exchange("GET", "/b", 200, "b", 2)]
    failure = raised(throw(AssertionError("no")), world, window=(2, 2))
    assert [line for line in failure.evidence if "->" in line] == [
        "GET http://h:1/b -> HTTP 200 in 12 ms (acceptance-b-2)"
    ]


def test_a_long_answer_is_cut() -> None:
    world = scripted_world()
    world.exchanges.append(exchange("GET", "/a", 500, "x" * 5000))
    failure = raised(throw(AssertionError("no")), world, window=(0, 1))
    assert failure.evidence[-1] == f"  answer: {'x' * 240} ..."


def started() -> ScriptedWorld:
    """Return a world in which a training was started, and looked at on both sides."""
    world = scripted_world()
    world.has_workers("w0")
    world.operations.started.append(world.speaks_of())
    for status, percentage in (("running", 0.0), ("running", 40.0), ("cancelled", 40.0)):
        world.shows(status, percentage)
        world.operations.look(world.training)
    return world


def test_operations_are_named_with_their_kind_worker_and_end() -> None:
    world = started()
    world.shows("cancelled", 40.0, at="w0")
    world.operations.worker_of(world.training)
    failure = raised(throw(AssertionError("no")), world)
    operation = failure.evidence[0]
    assert operation.startswith(f"operation smoke training {ID}: planned 1.0 s, cancelled after")
    assert operation.endswith("; asked for at backend, done by w0 (http://w0:1)")
    assert failure.evidence[-1] == "no logs: the target's logs are not known (setting logs)"


def test_the_states_at_both_sides_are_told_with_their_progress() -> None:
    world = started()
    world.shows("cancelled", 38.0, at="w0")
    look_everywhere(world.operations)
    failure = raised(throw(AssertionError("no")), world)
    assert [(one.of, one.words) for one in failure.states] == [
        (f"{ID} at backend", "running 0 % to 40 %"),
        (f"{ID} at backend", "cancelled 40 %"),
        (f"{ID} at w0", "cancelled 38 %"),
    ]


def test_of_many_operations_the_last_three_are_told_and_the_others_named() -> None:
    world = scripted_world()
    for number in range(5):
        world.operations.started.append(world.speaks_of(id=f"op_{number}"))
        world.shows("running", 5.0, operation_id=f"op_{number}")
        world.operations.look(world.training)
    failure = raised(throw(AssertionError("no")), world)
    assert [one.of for one in failure.states] == [f"op_{number} at backend" for number in (2, 3, 4)]
    told = [line for line in failure.evidence if line.startswith("operation ")]
    assert [line.split(" ")[3] for line in told] == ["op_2:", "op_3:", "op_4:"]
    assert "2 operations before: op_0, op_1" in failure.evidence


# the last look at the other side


def test_a_worker_that_nobody_looked_at_is_looked_at_once_at_the_end() -> None:
    world = started()
    world.shows("completed", at="w0")
    look_everywhere(world.operations)
    look_everywhere(world.operations)
    worker = world.operations.worker_of(world.training)
    assert len(world.operations.history(world.training, worker).observations) == 1


def test_a_worker_that_is_gone_ends_the_last_look_without_an_error() -> None:
    world = started()
    world.script(f"GET /api/v1/operations/{ID}", EnvironmentFault("w0 is gone"), "w0")
    look_everywhere(world.operations)
    assert [history.service for history in world.operations.recorder.histories.values()] == ["backend"]


@pytest.mark.parametrize(
    "reply",
    [EnvironmentFault("w0 is gone"), (200, {"data": {"operation_id": "op_9"}})],
    ids=["gone", "unread"],
)
def test_a_worker_whose_copy_cannot_be_looked_at_ends_the_last_look_without_an_error(reply: Reply) -> None:
    world = started()
    world.shows("completed", at="w0")
    worker = world.operations.worker_of(world.training)
    world.script(f"GET /api/v1/operations/{ID}", reply, "w0")
    look_everywhere(world.operations)
    assert world.operations.history(world.training, worker).observations == []


def test_a_last_look_is_made_at_few_operations_only() -> None:
    world = scripted_world()
    world.has_workers("w0")
    for number in range(8):
        world.operations.started.append(world.speaks_of(id=f"op_{number}"))
        world.shows("completed", at="w0", operation_id=f"op_{number}")
    look_everywhere(world.operations)
    assert len(world.operations.recorder.histories) == 5


# logs


def log(folder: Path, service: str, *lines: str) -> None:
    with (folder / f"{service}.log").open("a", encoding="utf-8") as file:
        file.writelines(f"2026-11-22 08:54:28 {line}\n" for line in lines)


def with_logs(folder: Path, *services: str) -> ScriptedWorld:
    """Return a world with a started training whose services' logs are known."""
    from ktrdr_acceptance.domain.logs import Logs

    world = started()
    for service in services:
        log(folder, service, "[INFO] before the scenario, op_1")
    files = {service: folder / f"{service}.log" for service in services}
    world.logs = Logs(files, world.backend, world.operations, world.waiter)
    world.shows("cancelled", 40.0, at="w0")
    world.operations.worker_of(world.training)
    return world


def log_lines(failure: Failure) -> list[str]:
    return [
        line.replace(" 2026-11-22 08:54:28", "") for line in failure.evidence if line.startswith("log of")
    ]


def test_the_logs_of_backend_and_worker_tell_what_they_say_of_the_operation(tmp_path: Path) -> None:
    world = with_logs(tmp_path, "backend", "w0", "w1")
    log(tmp_path, "backend", "[INFO] nothing of ours", "[INFO] started op_1", "[INFO] polled op_1")
    log(tmp_path, "backend", "[INFO] polled op_1 again", "[INFO] something about op_10")
    log(tmp_path, "w0", "[INFO] trains op_1", "[ERROR] op_1 broke", "[INFO] more")
    log(tmp_path, "w1", "[ERROR] op_7 broke")
    assert log_lines(raised(throw(AssertionError("no")), world)) == [
        "log of backend: [INFO] polled op_1",
        "log of backend: [INFO] polled op_1 again",
        "log of w0: [ERROR] op_1 broke",
    ]


def test_a_stack_trace_is_told_by_its_first_and_last_line(tmp_path: Path) -> None:
    world = with_logs(tmp_path, "w0")
    log(tmp_path, "w0", "[INFO] trains op_1")
    with (tmp_path / "w0.log").open("a") as file:
        file.write("2026-11-22 08:54:28 [ERROR] boom\n")
        file.write("Traceback (most recent call last):\n  File x\nValueError: bad\n")
    assert log_lines(raised(throw(AssertionError("no")), world)) == [
        "log of w0: [ERROR] boom",
        "log of w0: ValueError: bad",
    ]


def test_lines_of_the_training_host_s_session_belong_to_the_operation(tmp_path: Path) -> None:
    world = with_logs(tmp_path, "backend", "training-host")
    log(tmp_path, "backend", "[INFO] op_1 runs as host_training_7")
    log(tmp_path, "training-host", "[INFO] host_training_7 begins", "[INFO] host_training_8 begins")
    said = log_lines(raised(throw(AssertionError("no")), world))
    assert "log of training-host: [INFO] host_training_7 begins" in said
    assert not any("host_training_8" in line for line in said)


def test_the_whole_logs_are_attached_the_training_host_s_too(tmp_path: Path) -> None:
    world = with_logs(tmp_path, "backend", "training-host", "w0", "w1")
    world.exchanges.append(exchange("GET", "/a", 200))
    log(tmp_path, "backend", "[INFO] op_1 runs as host_training_7", "[INFO] w0 is busy, not host_training_8")
    log(tmp_path, "training-host", "[INFO] host_training_7 begins")
    log(tmp_path, "w1", "[INFO] host_training_8 begins")
    attached = {one.name: one.text for one in attachments_of(world, in_short=False)}
    assert [name for name in attached if name.startswith("Log of ")] == [
        "Log of backend",
        "Log of training-host",
    ]
    assert "host_training_7 begins" in attached["Log of training-host"]


def test_what_was_written_after_the_failure_counts_only_as_an_error(tmp_path: Path) -> None:
    world = with_logs(tmp_path, "backend")
    log(tmp_path, "backend", "[INFO] started op_1", "[INFO] cancelled op_1")
    assert log_lines(raised(throw(AssertionError("no")), world, logged={"backend": 1})) == [
        "log of backend: [INFO] started op_1",
        "log of w0: not known (setting logs)",
    ]
    log(tmp_path, "backend", "[ERROR] op_1 broke")
    assert log_lines(raised(throw(AssertionError("no")), world, logged={"backend": 1}))[0] == (
        "log of backend: [ERROR] op_1 broke"
    )


def test_a_log_that_says_nothing_or_cannot_be_read_is_told(tmp_path: Path) -> None:
    world = with_logs(tmp_path, "backend", "w0")
    (tmp_path / "w0.log").unlink()
    said = log_lines(raised(throw(AssertionError("no")), world))
    assert said[0].startswith("log of w0: the log of w0 cannot be read")
    assert said[1] == "log of backend: nothing about what the scenario started"


def test_a_request_of_the_failing_step_finds_its_lines(tmp_path: Path) -> None:
    world = with_logs(tmp_path, "backend", "w0")
    world.exchanges.append(exchange("POST", "/start", 500, "no"))
    log(tmp_path, "backend", "[ERROR] Request failed: request_id=acceptance-start-1")
    log(tmp_path, "backend", "[ERROR] Request failed: request_id=acceptance-other-1")
    log(tmp_path, "backend", *["[INFO] request_id=acceptance-start-1"] * 2)
    assert log_lines(raised(throw(AssertionError("no")), world, window=(0, 1)))[0] == (
        "log of backend: [ERROR] Request failed: request_id=acceptance-start-1"
    )


def test_many_errors_are_told_in_few_lines_and_long_lines_cut(tmp_path: Path) -> None:
    world = with_logs(tmp_path, "backend", "w0")
    log(tmp_path, "backend", *[f"[ERROR] op_1 broke {n} {'x' * 400}" for n in range(9)])
    said = [line for line in log_lines(raised(throw(AssertionError("no")), world)) if "backend" in line]
    assert len(said) == 4
    assert said[-1] == "log of backend: (6 more such lines)"
    assert said[0].endswith("xxx ...")


def test_half_of_a_secret_does_not_stand_at_the_end_of_a_cut_line(tmp_path: Path) -> None:
    world = with_logs(tmp_path, "backend", "w0")
    token = "ghp_" + "a1B2" * 9
    log(tmp_path, "backend", f"[ERROR] op_1 {'x ' * 95}{token} and more that is cut away in any case")
    failure = raised(throw(AssertionError("no")), world)
    assert not any("ghp_" in line or "a1B2" in line for line in failure.evidence)
    assert any("***" in line for line in failure.evidence)


def test_a_line_of_a_log_gives_the_cause_only_of_a_failure_of_its_own_kind(tmp_path: Path) -> None:
    world = with_logs(tmp_path, "backend", "w0")
    log(tmp_path, "backend", "[ERROR] op_1: Maximum concurrent sessions (1) reached")
    assert raised(throw(AssertionError("no")), world).cause.endswith("(E39)")
    assert raised(throw(ConfigurationFault("no")), world).cause.startswith("not in the catalogue")

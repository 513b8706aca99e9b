"""Sentences about KTRDR's own command: what is started, watched, listed and cancelled by it."""

from behave import given, then, when
from hamcrest import equal_to, has_item, less_than

from ktrdr_acceptance.matchers.lists import nothing
from ktrdr_acceptance.operations.operation import Kind
from ktrdr_acceptance.world import StepContext


@given("a running {purpose:Purpose} {kind:Kind} that I watch by KTRDR's command")
def given_watched(context: StepContext, purpose: str, kind: Kind) -> None:
    """Start an operation by the command once KTRDR is ready for it, and watch it there."""
    world = context.world
    world.starts[kind].make_ready(purpose)
    when_start_and_watch(context, purpose, kind)
    world.operations.is_known(world.operation, world.operation.calibration.deadline_s)


@when("I start a {purpose:Purpose} {kind:Kind} by KTRDR's command")
def when_start_by_command(context: StepContext, purpose: str, kind: Kind) -> None:
    """Start the operation calibrated for a purpose."""
    world = context.world
    operation, world.said.child = world.command.start(world.starts[kind], purpose)
    world.said.speak_of(operation)


@when("I start a {purpose:Purpose} {kind:Kind} by KTRDR's command and watch it there")
def when_start_and_watch(context: StepContext, purpose: str, kind: Kind) -> None:
    """Start it so that the command goes on until the operation has ended."""
    world = context.world
    operation, world.said.child = world.command.start(world.starts[kind], purpose, watch=True)
    world.said.speak_of(operation)


@when(
    'I start a {purpose:Purpose} training on the unknown symbol "{symbol}" by KTRDR\'s command and watch it'
)
def when_start_failing(context: StepContext, purpose: str, symbol: str) -> None:
    """Start a training for which there are no bars."""
    world = context.world
    training, world.said.child = world.command.start(world.trainings, purpose, watch=True, symbols=[symbol])
    world.said.speak_of(training)


@when('I ask KTRDR\'s command for a training with the unknown strategy "{name}"')
def when_ask_command_for_unknown_strategy(context: StepContext, name: str) -> None:
    """Ask for a smoke training with a strategy that the backend does not have."""
    world = context.world
    said = world.said
    said.refusal, said.child = world.command.refusal(world.trainings, strategy_name=name)


@when("I cancel it by KTRDR's command")
def when_cancel_by_command(context: StepContext) -> None:
    """Have the command cancel the operation, whatever comes of it."""
    world = context.world
    world.operations.note_cancel(world.operation)
    world.said.child = world.command.begin_cancel(world.operation)


@when("I press Ctrl+C there")
def when_press_ctrl_c(context: StepContext) -> None:
    """Interrupt the command that watches the operation."""
    world = context.world
    world.operations.note_cancel(world.operation)
    world.said.child.interrupt()


@when("I follow it by KTRDR's command")
def when_follow_by_command(context: StepContext) -> None:
    """Have the command watch what it has not started."""
    context.world.said.child = context.world.command.begin_follow(context.world.operation)


@when("I ask KTRDR's command for its state")
def when_ask_for_state(context: StepContext) -> None:
    """Have the command show the operation."""
    context.world.said.child = context.world.command.begin_status(context.world.operation)


@when("I ask KTRDR's command for its help")
def when_ask_for_help(context: StepContext) -> None:
    """Have the command say what it can do."""
    world = context.world
    world.said.child = world.command.begin_help()
    world.said.elapsed_s = world.command.end_of(world.said.child, 60.0).elapsed_s


@then("KTRDR's command succeeds within {limit:Duration}")
def then_command_succeeds(context: StepContext, limit: float) -> None:
    """Wait for its end; a script goes on by its exit status alone."""
    world = context.world
    ran = world.command.end_of(world.said.child, limit)
    world.check.that(f"exit status of {ran.line}", ran.status, equal_to(0), f"it printed {ran.end}")


@then("KTRDR's command says within {limit:Duration} that it has failed")
def then_command_fails(context: StepContext, limit: float) -> None:
    """Wait for its end; an exit status of its own, not that of a signal or of a wrong use."""
    world = context.world
    ran = world.command.end_of(world.said.child, limit)
    world.check.that(f"exit status of {ran.line}", ran.status, equal_to(1), f"it printed {ran.end}")


@then("KTRDR's command still watches it")
def then_command_watches(context: StepContext) -> None:
    """See that the command has not ended."""
    world = context.world
    ran = world.said.child.ended_within(0)
    world.check.that("whether the command still runs", ran is None, equal_to(True))


@then("KTRDR's command has named it within {limit:Duration}")
def then_named_within(context: StepContext, limit: float) -> None:
    """Compare the time from the start of the command to its end, by which it has named the operation."""
    world = context.world
    ran = world.command.end_of(world.said.child, 0)
    world.check.that("seconds until the command had named it", round(ran.elapsed_s, 3), less_than(limit))


@then("a program can read its id, its kind and that it has started")
def then_program_can_read(context: StepContext) -> None:
    """Compare what the command answered with what a program needs."""
    world = context.world
    answer = world.command.answer_of(world.said.child)
    said = {key: answer.get(key) for key in ("operation_id", "type", "status")}
    right = {"operation_id": world.operation.id, "type": str(world.operation.kind), "status": "started"}
    world.check.that("what the command answered a program", said, equal_to(right))


@then("KTRDR's command lists the same operations as the backend, in the same states")
def then_same_list(context: StepContext) -> None:
    """Compare the newest operations that both list; the one spoken of must be among them."""
    world = context.world
    listed, differences = world.command.list_differences(30.0)
    world.check.that("what the lists of command and backend differ in", differences, nothing())
    world.check.that("operations in both lists", listed, has_item(world.operation.id))


@then("KTRDR's command shows it as the backend does")
def then_shown_as_by_backend(context: StepContext) -> None:
    """Compare id, status and percentage."""
    world = context.world
    ran = world.command.end_of(world.said.child, 30.0)
    differences = world.command.status_differences(world.operation, ran)
    world.check.that("what command and backend show otherwise", differences, nothing())

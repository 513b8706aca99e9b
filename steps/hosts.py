"""Sentences about the IB host and the training host."""

from datetime import date

from behave import then, when
from hamcrest import close_to, contains_string, equal_to, greater_than, has_item, instance_of

from ktrdr_acceptance.domain.hosts import words_of
from ktrdr_acceptance.operations.operation import Kind
from ktrdr_acceptance.world import StepContext


@when("I ask the IB host for its health")
def when_ask_ib_host(context: StepContext) -> None:
    """Ask once."""
    world = context.world
    answer = world.hosts.ib_host.health_answer()
    world.said.words, world.said.elapsed_s = words_of(answer), answer.elapsed_s


@when("I ask the training host for its health")
def when_ask_training_host(context: StepContext) -> None:
    """Ask once."""
    world = context.world
    answer = world.hosts.training_host.health_answer()
    world.said.words, world.said.elapsed_s = words_of(answer), answer.elapsed_s


@when("I ask a backtest worker for its health")
def when_ask_backtest_worker(context: StepContext) -> None:
    """Ask the first that is registered."""
    world = context.world
    answer = world.workers.clients(Kind.BACKTEST)[0].health_answer()
    world.said.words, world.said.elapsed_s = words_of(answer), answer.elapsed_s


@then("it says that it is healthy and operational")
def then_healthy_and_operational(context: StepContext) -> None:
    """Compare both words."""
    words = context.world.said.words
    said = (words.get("healthy"), words.get("status"))
    context.world.check.that("healthy and status in the health", said, equal_to((True, "operational")))


@then('it calls itself "{name}"')
def then_calls_itself(context: StepContext, name: str) -> None:
    """Compare the service's name."""
    context.world.check.that("service in the health", context.world.said.words.get("service"), equal_to(name))


@then("the IB host says that its gateway is connected")
def then_gateway_connected(context: StepContext) -> None:
    """Look at what the IB host knows of its gateway."""
    world = context.world
    connected = world.hosts.ib_host.gateway_health().ib_gateway_connected
    world.check.that("whether the gateway is connected", connected, equal_to(True))


@then("the IB host says within {limit:Duration} that its gateway is not connected")
def then_gateway_not_connected(context: StepContext, limit: float) -> None:
    """Look until it is said."""
    world = context.world
    world.waiter.eventually(
        world.hosts.ib_host.gateway_health,
        lambda health: not health.ib_gateway_connected,
        within=limit,
        expected="the IB host to say that its gateway is not connected",
        describe=lambda health: f"connected: {health.ib_gateway_connected}",
    )


@when('I ask the IB host about the symbol "{symbol}"')
def when_check_symbol(context: StepContext, symbol: str) -> None:
    """Ask what IB knows."""
    context.world.said.symbol = context.world.hosts.ib_host.check_symbol(symbol)


@then('it is known as "{asset_type}" at "{exchange}"')
def then_symbol_known(context: StepContext, asset_type: str, exchange: str) -> None:
    """Compare the contract."""
    check = context.world.said.symbol
    contract = check.contract_info or {}
    said = (check.is_valid, contract.get("asset_type"), contract.get("exchange"))
    context.world.check.that("what IB says of it", said, equal_to((True, asset_type, exchange)))


@then("it is not known")
def then_symbol_unknown(context: StepContext) -> None:
    """Look at what IB says of it."""
    context.world.check.that("whether it is known", context.world.said.symbol.is_valid, equal_to(False))


@then('the explanation names "{text}"')
def then_explanation_names(context: StepContext, text: str) -> None:
    """Look for the text in the explanation."""
    explanation = context.world.said.symbol.error_message or "none"
    context.world.check.that("the explanation", explanation, contains_string(text))


@when('I ask the IB host for bars of "{symbol}" at "{timeframe}" from {first:Date} to {last:Date}')
def when_ask_ib_for_bars(context: StepContext, symbol: str, timeframe: str, first: date, last: date) -> None:
    """Ask for bars straight from IB."""
    world = context.world
    world.said.bars = world.hosts.bars_from_ib(symbol, timeframe, str(first), str(last))
    world.said.elapsed_s = world.said.bars.elapsed_s


@then("there are at least {count:Count} bars")
def then_at_least_bars(context: StepContext, count: int) -> None:
    """Count the bars."""
    context.world.check.that("number of bars", len(context.world.said.bars), greater_than(count - 1))


@when("I start a smoke training at the training host")
def when_start_at_training_host(context: StepContext) -> None:
    """Start a training that the backend does not hear of."""
    world = context.world
    world.said.speak_of(world.trainings.start_at(world.hosts.training_host, "smoke"))


@then("the training host lists its session as completed")
def then_session_listed(context: StepContext) -> None:
    """Look for the session and its state."""
    world = context.world
    sessions = [(row.session_id, row.status) for row in world.hosts.training_host.sessions().sessions]
    world.check.that("sessions", sessions, has_item((world.training.id, "completed")))


@then("its session says whether it has a GPU")
def then_session_says_gpu(context: StepContext) -> None:
    """Look for the session's word on the GPU."""
    world = context.world
    session = world.hosts.training_host.session(world.training.id)
    world.check.that("gpu_allocated of the session", session.gpu_allocated, instance_of(bool))


@then("the result of its session counts {samples:Count} samples, give or take {tolerance:Percent}")
def then_session_counts_samples(context: StepContext, samples: int, tolerance: float) -> None:
    """Compare the number of samples."""
    world = context.world
    result = world.hosts.training_host.result(world.training.id)
    counted = world.training_results.samples(result)
    world.check.that("number of samples in the result", counted, close_to(samples, samples * tolerance / 100))

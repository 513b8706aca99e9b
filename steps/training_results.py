"""Sentences about what a completed training shows."""

from behave import then
from hamcrest import close_to, empty, equal_to, has_length, is_not

from ktrdr_acceptance.matchers.lists import nothing
from ktrdr_acceptance.world import StepContext


@then("the backend shows its result")
def then_backend_shows_result(context: StepContext) -> None:
    """Look for the result summary at the backend."""
    world = context.world
    result = world.results.at_backend(world.operation)
    subject = f"result_summary of the completed {world.operation.kind} at the backend"
    world.check.that(subject, result, is_not(empty()))


@then("its result counts {samples:Count} samples, give or take {tolerance:Percent}")
def then_result_counts_samples(context: StepContext, samples: int, tolerance: float) -> None:
    """Compare the number of samples at the backend."""
    world = context.world
    counted = world.training_results.samples(world.training_results.at_backend(world.training))
    world.check.that("number of samples in the result", counted, close_to(samples, samples * tolerance / 100))


@then("its worker shows its result")
def then_worker_shows_result(context: StepContext) -> None:
    """Look for the result summary at the worker."""
    world = context.world
    result = world.results.at_worker(world.operation)
    world.check.that("result_summary at the worker", result, is_not(empty()))


@then("the result at its worker counts {samples:Count} samples, give or take {tolerance:Percent}")
def then_worker_counts_samples(context: StepContext, samples: int, tolerance: float) -> None:
    """Compare the number of samples at the worker."""
    world = context.world
    counted = world.training_results.samples(world.results.at_worker(world.training))
    world.check.that("number of samples in the result", counted, close_to(samples, samples * tolerance / 100))


@then("each of the trainings has left a model of its own")
def then_each_left_model(context: StepContext) -> None:
    """Compare the models that the results at the workers name."""
    world = context.world
    shared = world.training_results.models_not_their_own()
    world.check.that("trainings without a model of their own", shared, nothing())


@then("the result at its worker counts {count:Count} epochs")
def then_result_counts_epochs(context: StepContext, count: int) -> None:
    """Compare the number of epochs trained."""
    world = context.world
    trained = world.training_results.epochs_trained(world.training_results.at_worker(world.training))
    world.check.that("epochs trained", trained, equal_to(count))


@then("the result at its worker is not that of a collapsed model")
def then_model_has_not_collapsed(context: StepContext) -> None:
    """Apply the team's guards; a breach is a matter of data or strategy."""
    world = context.world
    world.training_results.require_learning(world.training_results.at_worker(world.training))


@then("the backend lists {count:Count} epochs of it")
def then_backend_lists_epochs(context: StepContext, count: int) -> None:
    """Count the different epochs in the backend's metrics."""
    world = context.world
    numbers = world.training_results.different_epochs(world.training)
    world.check.that("different epochs in the metrics", numbers, has_length(count))


@then("they stand there in order")
def then_epochs_in_order(context: StepContext) -> None:
    """Compare the epochs' numbers with a plain count."""
    world = context.world
    disordered = world.training_results.disordered_epochs(world.training)
    world.check.that("epochs out of order in the metrics", disordered, nothing())


@then("none of them stands there twice")
def then_epochs_once(context: StepContext) -> None:
    """Look for epochs that are listed again."""
    world = context.world
    repeated = world.training_results.repeated_epochs(world.training)
    world.check.that("epochs listed more than once in the metrics", repeated, nothing())


@then("each epoch has loss and accuracy for training and validation")
def then_epochs_have_numbers(context: StepContext) -> None:
    """Look for the four numbers in each epoch."""
    world = context.world
    missing = world.training_results.missing_epoch_numbers(world.training)
    world.check.that("numbers missing from the epochs in the metrics", missing, nothing())


@then("the figures of its result are those of its last epoch")
def then_result_of_last_epoch(context: StepContext) -> None:
    """Compare the worker's result with the backend's metrics."""
    world = context.world
    result = world.training_results.at_worker(world.training)
    unlike = world.training_results.figures_unlike_last_epoch(world.training, result)
    world.check.that("figures of the result that the last epoch does not have", unlike, nothing())

"""Defects about what a training leaves: its result, and the metrics of its epochs."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from embedded_ktrdr.backend import trainings
from embedded_ktrdr.backend.dispatch import Job
from embedded_ktrdr.backend.operations import Operations
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.operations import OperationInfo
from embedded_ktrdr.worker import desk, training
from embedded_ktrdr.worker.learning import Curve
from embedded_ktrdr.worker.plan import Plan, TrainingStartRequest

AREA = "trainings"
SMOKE, SANITY, DELEGATED, PER_EPOCH = "1.1", "training-result-sanity", "3.3", "training-metrics-per-epoch"
FAILS, KNOWN = "training-failure-reason", "training-is-known-at-once"
SAMPLES = "its result counts 250 samples, give or take 10 %"
EPOCHS = "the result at its worker counts 10 epochs"
LISTED = "the backend lists 10 epochs of it"

Ask = Callable[..., Awaitable[None]]
Learn = Callable[[Plan], list[Curve]]
Summary = Callable[..., dict[str, Any]]


@defect(
    "samples-of-the-training-split",
    "A training counts only the samples that it learns from, not those for validation and test",
    (SMOKE, SAMPLES),
    ("2.1", "the result of its session counts 250 samples, give or take 10 %"),
    area=AREA,
    behaviour="a result counts every sample of the range",
)
def _samples_of_the_training_split() -> None:
    @patch(training, "result_summary")
    def summary(original: Summary, plan: Plan, *arguments: Any) -> dict[str, Any]:
        result = original(plan, *arguments)
        result["data_summary"]["total_samples"] = plan.train_samples
        return result


@defect(
    "training-ignores-its-dates",
    "A training takes all bars since 2020, whatever range it was asked for",
    (SMOKE, SAMPLES),
    area=AREA,
    severity="blocker",
    behaviour="a training takes the bars of its range",
)
def _training_ignores_its_dates() -> None:
    @patch(TrainingStartRequest, "date_range")
    def date_range(_original: object, _self: TrainingStartRequest) -> tuple[datetime, datetime]:
        return datetime(2020, 1, 1), datetime.now()


@defect(
    "epochs-counted-from-zero",
    "A result counts one epoch fewer than were trained",
    (SANITY, EPOCHS),
    area=AREA,
    behaviour="a result counts the epochs that were trained",
)
def _epochs_counted_from_zero() -> None:
    @patch(training, "result_summary")
    def summary(original: Summary, *arguments: Any) -> dict[str, Any]:
        result = original(*arguments)
        result["training_metrics"]["epochs_trained"] -= 1
        return result


@defect(
    "training-stops-early",
    "A training ends after 7 of its 10 epochs and is called completed",
    (SANITY, EPOCHS),
    (DELEGATED, LISTED),
    area=AREA,
    severity="blocker",
    behaviour="a training goes through every epoch of its strategy",
)
def _training_stops_early() -> None:
    @patch(training, "learn")
    def learn(original: Learn, plan: Plan) -> list[Curve]:
        return original(plan)[:7]


@defect(
    "labels-leak-into-features",
    "A model is right every time, because it sees what it should foretell",
    (SANITY, "the result at its worker is not that of a collapsed model"),
    area=AREA,
    severity="blocker",
    behaviour="a model learns from the features alone",
    category="CONFIGURATION",
)
def _labels_leak_into_features() -> None:
    @patch(training, "learn")
    def learn(original: Learn, plan: Plan) -> list[Curve]:
        perfect = {"train_accuracy": 1.0, "val_accuracy": 1.0}
        return [{**curve, **perfect} for curve in original(plan)]


@defect(
    "loss-is-no-number",
    "The losses of a training run away to no number, and it completes all the same",
    (DELEGATED, "each epoch has loss and accuracy for training and validation"),
    area=AREA,
    severity="blocker",
    behaviour="losses are numbers",
)
def _loss_is_no_number() -> None:
    @patch(training, "learn")
    def learn(original: Learn, plan: Plan) -> list[Curve]:
        curves = original(plan)
        for curve in curves[3:]:
            curve.update(train_loss=float("nan"), val_loss=float("nan"))
        return curves


@defect(
    "result-of-the-epoch-before",
    "A result has the figures of the last epoch but one",
    (DELEGATED, "the figures of its result are those of its last epoch"),
    area=AREA,
    behaviour="a result has the figures of the last epoch",
)
def _result_of_the_epoch_before() -> None:
    @patch(training, "result_summary")
    def summary(original: Summary, plan: Plan, operation_id: str, curves: list[Curve], time_s: float) -> Any:
        result = original(plan, operation_id, curves, time_s)
        result["training_metrics"].update({f"final_{name}": value for name, value in curves[-2].items()})
        return result


@defect(
    "training-result-of-default-symbol",
    "A result names the symbol that trainings have by default, not its own",
    (SANITY, "its result is of the symbol and the timeframe that were asked for"),
    area=AREA,
    behaviour="a result is of the symbol and the timeframe that were asked for",
)
def _training_result_of_default_symbol() -> None:
    @patch(training, "result_summary")
    def summary(original: Summary, *arguments: Any) -> dict[str, Any]:
        result = original(*arguments)
        result["data_summary"]["symbols"] = ["AAPL"]
        return result


@defect(
    "metrics-lost-at-the-end",
    "When a training completes, the backend has no epochs of it any more",
    (DELEGATED, LISTED),
    (PER_EPOCH, LISTED),
    area=AREA,
    behaviour="the backend lists the epochs of a completed training",
)
def _metrics_lost_at_the_end() -> None:
    @patch(Operations, "_ask_worker")
    async def ask(original: Ask, self: Operations, operation: OperationInfo, proxy: Any) -> None:
        await original(self, operation, proxy)
        if operation.status.final and operation.epochs:
            operation.metrics = {"epochs": []}


@defect(
    "last-epoch-not-listed",
    "The backend never lists the last epoch of a training",
    (PER_EPOCH, LISTED),
    area=AREA,
    behaviour="the backend lists every epoch of a completed training",
)
def _last_epoch_not_listed() -> None:
    _list_at_backend(lambda epochs: epochs[:-1])


@defect(
    "epochs-pile-up",
    "With each look the backend lists all epochs so far once more",
    (PER_EPOCH, "none of them stands there twice"),
    area=AREA,
    behaviour="each epoch is listed once",
    shown_by="S",
)
def _epochs_pile_up() -> None:
    piles: dict[str, list[Any]] = {}

    @patch(Operations, "_ask_worker")
    async def ask(original: Ask, self: Operations, operation: OperationInfo, proxy: Any) -> None:
        before = operation.metrics
        await original(self, operation, proxy)
        if operation.metrics is not before and operation.epochs:
            pile = piles.setdefault(operation.operation_id, [])
            pile.append([operation.epochs, len(operation.epochs)])
            operation.metrics = {"epochs": pile}


@defect(
    "one-epoch-listed-twice",
    "An epoch that ended between two looks is listed twice",
    (PER_EPOCH, "none of them stands there twice"),
    area=AREA,
    behaviour="each epoch is listed once",
)
def _one_epoch_listed_twice() -> None:
    # From the second epoch's end on, as if one answer had been read twice.
    _list_at_backend(lambda epochs: epochs[:2] + epochs[1:] if len(epochs) > 1 else epochs)


@defect(
    "epochs-sorted-as-text",
    "The backend lists epoch 10 right after epoch 1",
    (PER_EPOCH, "they stand there in order"),
    area=AREA,
    severity="minor",
    behaviour="epochs are listed in their order",
)
def _epochs_sorted_as_text() -> None:
    def listed(epochs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        from_one = [{**each, "epoch": each["epoch"] + 1} for each in epochs]
        return sorted(from_one, key=lambda each: str(each["epoch"]))

    _list_at_backend(listed)


@defect(
    "validation-of-every-second-epoch",
    "Every second epoch is listed without its figures of the validation",
    (DELEGATED, "each epoch has loss and accuracy for training and validation"),
    (PER_EPOCH, "each epoch has loss and accuracy for training and validation"),
    area=AREA,
    behaviour="each epoch has loss and accuracy for training and validation",
)
def _validation_of_every_second_epoch() -> None:
    @patch(training, "entry")
    def entry(original: Callable[..., dict[str, Any]], curve: Curve, epoch: int, time_s: float) -> Any:
        made = original(curve, epoch, time_s)
        return made if epoch % 2 else {**made, "val_loss": None, "val_accuracy": None}


@defect(
    "details-name-the-file",
    "The details of a training name the file of its strategy where its name should stand",
    (KNOWN, "its details name its symbol and its strategy"),
    area=AREA,
    severity="minor",
    behaviour="the details name what was asked for",
)
def _details_name_the_file() -> None:
    @patch(trainings, "_job")
    def job(original: Callable[..., Job], request: trainings.TrainingRequest) -> Job:
        made = original(request)
        made.metadata.parameters["strategy_name"] = f"{request.strategy_name}.yaml"
        return made


@defect(
    "failure-called-success",
    "Work that its worker cannot do is shown as completed",
    (FAILS, "it fails within 60 seconds"),
    area=AREA,
    severity="blocker",
    behaviour="work that cannot be done fails",
)
def _failure_called_success() -> None:
    async def swallowed(work: Awaitable[dict[str, Any]]) -> dict[str, Any]:
        try:
            return await work
        except desk.WorkError:
            return {}

    @patch(desk, "carry_out")
    async def carry_out(original: Ask, operation: OperationInfo, work: Awaitable[dict[str, Any]]) -> None:
        await original(operation, swallowed(work))


def _list_at_backend(listed: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
    """Have the backend list epochs otherwise than the worker."""

    @patch(Operations, "_ask_worker")
    async def ask(original: Ask, self: Operations, operation: OperationInfo, proxy: Any) -> None:
        before = operation.metrics
        await original(self, operation, proxy)
        if operation.metrics is not before and operation.epochs:
            operation.metrics = {"epochs": listed(operation.epochs)}

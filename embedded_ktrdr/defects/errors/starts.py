"""Defects about requests for work that must be refused."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from embedded_ktrdr.backend import backtests, download_routes, trainings
from embedded_ktrdr.backend.dispatch import TRAINING, Dispatch, Job, NoWorkerError
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.defects.routes import patch_fields
from embedded_ktrdr.fields import IsoDate, Share
from embedded_ktrdr.hosts import ib_host
from embedded_ktrdr.operations import OperationInfo, OperationMetadata, fail, new_operation
from embedded_ktrdr.worker import backtest, host, training

AREA = "errors"
IS_REFUSED = "the request is refused as a client error"
NOTHING = "nothing has been started by it"

_ANY_TEXT = (str | None, None)

MakeJob = Callable[[trainings.TrainingRequest], Job]
Start = Callable[..., Awaitable[OperationInfo]]


@defect(
    "training-date-internal-error",
    "A training with a date that is none is answered as a failure of the service",
    ("training-bad-date", IS_REFUSED),
    ("bad-training#start-no-date", IS_REFUSED),
    area=AREA,
    behaviour="a date that is none is refused as the caller's fault",
    shown_by="S",
)
def _training_date_internal_error() -> None:
    patch_fields(trainings, "TrainingRequest", start_date=_ANY_TEXT, end_date=_ANY_TEXT)

    @patch(trainings, "_job")
    def job(original: MakeJob, request: trainings.TrainingRequest) -> Job:
        try:
            return original(request)
        except ValueError:
            raise HTTPException(500, "Failed to start training") from None


@defect(
    "wrong-date-not-quoted",
    "The refusal of a date that is none does not say what was taken for a date",
    ("training-bad-date", 'the message names "not-a-date"'),
    area=AREA,
    severity="minor",
    behaviour="the refusal quotes what is no date",
)
def _wrong_date_not_quoted() -> None:
    @patch(RequestValidationError, "errors")
    def problems(original: Callable[..., Any], self: RequestValidationError) -> list[Any]:
        return [{**each, "msg": each["msg"].partition(":")[0]} for each in original(self)]


@defect(
    "training-date-checked-too-late",
    "A training with a date that is none is refused, and leaves a failed operation",
    ("bad-training#start-no-date", NOTHING),
    area=AREA,
    behaviour="a request that is refused starts nothing",
)
def _training_date_checked_too_late() -> None:
    patch_fields(trainings, "TrainingRequest", start_date=_ANY_TEXT, end_date=_ANY_TEXT)

    @patch(Dispatch, "start")
    async def start(original: Start, self: Dispatch, job: Job, **options: Any) -> OperationInfo:
        if "not a start_date" in job.asked:
            _left_behind(self, job.metadata, job.asked)
            raise HTTPException(400, job.asked)
        return await original(self, job, **options)

    @patch(trainings, "_job")
    def make(original: MakeJob, request: trainings.TrainingRequest) -> Job:
        try:
            return original(request)
        except ValueError:
            late = original(request.model_copy(update={"start_date": None}))
            return late.model_copy(update={"asked": f"{request.start_date} is not a start_date"})


@defect(
    "training-without-symbols-internal-error",
    "A training of no symbols is answered as a failure of the service",
    ("bad-training#symbols-empty", IS_REFUSED),
    area=AREA,
    behaviour="a list of no symbols is refused as the caller's fault",
)
def _training_without_symbols_internal_error() -> None:
    patch_fields(trainings, "TrainingRequest", symbols=(list[str], ...))


@defect(
    "training-end-before-start-accepted",
    "A training that ends before it starts is accepted, and then fails",
    ("bad-training#end-before-start", 'I ask for a training whose "end_date" is before the start'),
    area=AREA,
    behaviour="an end before the start is refused",
)
def _training_end_before_start_accepted() -> None:
    patch_fields(trainings, "TrainingRequest", end_date=(IsoDate | None, None))
    # The worker, too, finds out only when it looks for bars.
    patch_fields(training, "TrainingStartRequest", end_date=(IsoDate | None, None))


@defect(
    "capital-of-nothing-accepted",
    "A backtest with no capital is accepted",
    ("bad-backtest#capital-zero", 'I ask for a backtest whose "initial_capital" is zero'),
    area=AREA,
    severity="minor",
    behaviour="the initial capital must be positive",
)
def _capital_of_nothing_accepted() -> None:
    for module in (backtests, backtest):
        patch_fields(module, "BacktestStartRequest", initial_capital=(Share, 100000.0))


@defect(
    "refused-backtest-runs-all-the-same",
    "A backtest without capital is refused, but a worker has begun it",
    ("bad-backtest#capital-zero", NOTHING),
    area=AREA,
    severity="blocker",
    behaviour="a request that is refused starts nothing",
)
def _refused_backtest_runs_all_the_same() -> None:
    for module in (backtests, backtest):
        patch_fields(module, "BacktestStartRequest", initial_capital=(Share, 100000.0))

    @patch(Dispatch, "_dispatch")
    async def hand_over(original: Start, self: Dispatch, operation_id: str, job: Job) -> Any:
        worker = await original(self, operation_id, job)
        if job.body.get("initial_capital") == 0:
            raise HTTPException(400, "initial_capital must be positive")
        return worker


@defect(
    "download-date-internal-error",
    "A download with a date that is none is answered as a failure of the service",
    ("bad-download#end-no-date", IS_REFUSED),
    area=AREA,
    behaviour="a date that is none is refused as the caller's fault",
)
def _download_date_internal_error() -> None:
    patch_fields(download_routes, "DataLoadRequest", end_date=(str | None, None))


@defect(
    "fields-not-named",
    "The refusal of a request says that a field is missing, but not which",
    ("bad-training#symbols-missing", 'the message names the field "symbols"'),
    ("nonsense-download", 'the message names the field "symbol"'),
    area=AREA,
    behaviour="a refusal names the field that is wrong",
)
def _fields_not_named() -> None:
    @patch(RequestValidationError, "errors")
    def problems(original: Callable[..., Any], self: RequestValidationError) -> list[Any]:
        return [{**each, "loc": each["loc"][:1]} for each in original(self)]


@defect(
    "only-the-last-problem-told",
    "Of several fields that are wrong the refusal names only the last",
    ("S10#training", 'the message names the field "symbols"'),
    ("S10#backtest", 'the message names the field "symbol"'),
    area=AREA,
    severity="minor",
    behaviour="a refusal names every field that is wrong",
)
def _only_the_last_problem_told() -> None:
    @patch(RequestValidationError, "errors")
    def problems(original: Callable[..., Any], self: RequestValidationError) -> list[Any]:
        return list(original(self))[-1:]


@defect(
    "refused-start-keeps-its-turn",
    "After a request that was refused as nonsense no work can start any more",
    ("S10#training", "a new training can start"),
    area=AREA,
    severity="blocker",
    behaviour="a request that is refused holds up no other",
)
def _refused_start_keeps_its_turn() -> None:
    kept: list[str] = []

    @patch(RequestValidationError, "__init__")
    def init(original: Callable[..., None], self: RequestValidationError, *about: Any, **more: Any) -> None:
        original(self, *about, **more)
        kept.append(str(self))

    @patch(Dispatch, "start")
    async def start(original: Start, self: Dispatch, job: Job, **options: Any) -> OperationInfo:
        if kept:
            raise NoWorkerError(job.kind.worker_type, 0, 0.0)
        return await original(self, job, **options)


@defect(
    "worker-date-internal-error",
    "A backtest worker that is asked for a date that is none answers with a failure of its own",
    ("bad-at-a-worker#backtest-start-no-date", IS_REFUSED),
    area=AREA,
    behaviour="a worker refuses a date that is none as the caller's fault",
)
def _worker_date_internal_error() -> None:
    patch_fields(backtest, "BacktestStartRequest", start_date=(str, ...), end_date=(str, ...))


@defect(
    "training-host-names-no-field",
    "The training host says of a wrong request only that it is invalid",
    ("bad-at-the-training-host#strategy-missing", 'the message names the field "strategy_yaml"'),
    area=AREA,
    severity="minor",
    behaviour="the training host names the field that is wrong",
)
def _training_host_names_no_field() -> None:
    async def invalid(_request: Request, _error: Exception) -> JSONResponse:
        return JSONResponse({"detail": "Invalid training request"}, 422)

    @patch(host, "create_worker")
    def create(original: Callable[..., tuple[FastAPI, Any]], *arguments: Any) -> tuple[FastAPI, Any]:
        app, desk = original(*arguments)
        app.add_exception_handler(RequestValidationError, invalid)
        return app, desk


@defect(
    "ib-host-date-internal-error",
    "The IB host that is asked for a date that is none answers with a failure of its own",
    ("bad-at-the-ib-host#start-no-date", IS_REFUSED),
    area=AREA,
    behaviour="the IB host refuses a date that is none as the caller's fault",
)
def _ib_host_date_internal_error() -> None:
    patch_fields(ib_host, "HistoricalDataRequest", start=(str, ...), end=(str, ...))

    @patch(ib_host, "seconds_of")
    def seconds(original: Callable[[datetime], int], text: str) -> int:
        return original(datetime.fromisoformat(text))


@defect(
    "strategy-checked-too-late",
    "A training with an unknown strategy is refused, and leaves a failed operation",
    ("4.1", "no training has been started"),
    area=AREA,
    behaviour="a request that is refused starts nothing",
)
def _strategy_checked_too_late() -> None:
    dispatches: list[Dispatch] = []

    @patch(Dispatch, "__init__")
    def init(original: Callable[..., None], self: Dispatch, *arguments: Any) -> None:
        original(self, *arguments)
        dispatches.append(self)

    @patch(trainings, "_job")
    def job(original: MakeJob, request: trainings.TrainingRequest) -> Job:
        try:
            return original(request)
        except HTTPException as error:
            _left_behind(dispatches[0], OperationMetadata(symbol=request.symbols[0]), str(error.detail))
            raise


def _left_behind(dispatch: Dispatch, metadata: OperationMetadata, reason: str) -> None:
    """A failed training that nobody ever worked at."""
    operation = new_operation(TRAINING.operation_type, metadata)
    dispatch._operations.store.begin(operation)
    dispatch._operations._orders[operation.operation_id] = {}
    fail(operation, reason)

"""Each entry of the catalogue is provoked: its symptom leads to it, and what is nearly the same does not."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from driver.scripted_world import ScriptedTarget
from hamcrest import equal_to, greater_than

from ktrdr_acceptance.api.http import Answer
from ktrdr_acceptance.api.models import Health, read
from ktrdr_acceptance.evidence.logs import LogSlice
from ktrdr_acceptance.matchers.checks import Checker
from ktrdr_acceptance.matchers.lists import nothing
from ktrdr_acceptance.operations.history import Observation, Recorder
from ktrdr_acceptance.operations.lifecycle import Status
from ktrdr_acceptance.operations.operation import Kind
from ktrdr_acceptance.operations.waiting import Clock, Waiter
from ktrdr_acceptance.preflight.catalogue import catalogue, symptom_of
from ktrdr_acceptance.settings import Settings
from ktrdr_acceptance.target import embedded

from .provoked import (
    asked,
    check,
    closed,
    fails_with,
    hanging,
    refusal,
    refused,
    said_by,
    sentence,
    taken_port,
    without_a_loop,
    world,
)
from .scripted_target import OPERATION, WORKERS, addressing, listed, shown, silent

OTHERS = "nothing else runs on the target"
BARS = "cached bars cover the calibration"
FOLDER = "the data folder is KTRDR's"
LIST = {
    "backend GET /api/v1/operations": listed(OPERATION),
    f"backend GET /api/v1/operations/{OPERATION}": shown(),
}
SANDBOX = "the addressed port is the sandbox's"
RANGE = "backend POST /api/v1/data/range"


@dataclass(frozen=True)
class Provoked:
    """What makes a symptom show (given a folder), and a text that is nearly the same but none of it."""

    by: Callable[[Path], str]
    near_miss: str


def goes(before: str, after: str) -> str:
    """Return the violation that the recorder sees where an operation goes from one status to another."""
    recorder = Recorder()
    for status in (before, after):
        recorder.see(OPERATION, "backend", Observation(0.0, Status(status), 50.0, 5, 1, "Epoch 5/10"))
    return "\n".join(recorder.violations)


def compared(subject: str, actual: Any, expected: Any) -> str:
    """Return what an assertion says."""
    return said_by(lambda: Checker(Waiter()).that(subject, actual, expected))


def learned(**numbers: float) -> str:
    """Return what the guards say of a training's result."""
    fine = {"final_val_accuracy": 0.6, "test_accuracy": 0.6, "final_train_loss": 0.5, "final_val_loss": 0.5}
    told = {**fine, **numbers}
    result = {"training_metrics": told, "test_metrics": told}
    made = world()
    return said_by(lambda: made.training_results.require_learning(result))


def in_sandbox(folder: Path, *changes: Any) -> str:
    (folder / ".env.sandbox").write_text("KTRDR_API_PORT=8001\n")
    return check(SANDBOX, *changes, at=addressing("http://localhost:8000"), ktrdr_home=str(folder))


def range_of(first: str, last: str) -> dict[str, Any]:
    def told(body: Any, _query: Any) -> tuple[int, Any]:
        data = {**body, "start_date": first, "end_date": last, "point_count": 1}
        return 200, {"success": True, "data": data}

    return {RANGE: told}


def absent(body: Any, _query: Any) -> tuple[int, Any]:
    return 404, {"detail": f"Data not found for {body['symbol']} ({body['timeframe']})"}


def one_series_absent(body: Any, _query: Any) -> tuple[int, Any]:
    if body["timeframe"] == "1h":
        return absent(body, _query)
    told = {**body, "start_date": "2007-01-01", "end_date": "2025-12-31", "point_count": 1}
    return 200, {"success": True, "data": told}


def embedded_that_dies(folder: Path) -> str:
    target = embedded.EmbeddedTarget(Settings.load({"reports": str(folder)}, {}, {}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "executable", "/bin/false")
        return said_by(lambda: target.start(Clock()))


def hangs(_folder: Path) -> str:
    with hanging() as url:
        return asked("backend", url, "/api/v1/health", within=0.1)


def missing_log(folder: Path) -> str:
    return said_by(LogSlice("backend", folder / "backend.log").text)


def log(line: str) -> Callable[[Path], str]:
    """Return a line as KTRDR's services write it to their logs."""
    return lambda _folder: f"2026-11-22 09:29:28,813 | ERROR | {line}"


MODEL = "Model metadata missing input_size: {'strategy_name': 'test_e2e_local_pull', 'symbol': 'EURUSD'}"
FILE_MISSING = {"detail": "Strategy file not found: x.yaml (searched: /app/strategies/x.yaml)"}
MISSING_FIELD = {
    "success": False,
    "error": {
        "code": "VALIDATION_ERROR",
        "message": "Request validation failed",
        "details": [{"field": "body -> symbols", "message": "Field required", "type": "missing"}],
    },
}
BUSY = (200, [{**row, "status": "busy"} for row in WORKERS])

PROVOKED = {
    "E2": Provoked(lambda _: closed("backend", "/api/v1/health"), "backend at http://h:1 gave an answer"),
    "E3": Provoked(
        lambda folder: in_sandbox(folder, {"backend GET /api/v1/health": silent()}),
        "/.env.sandbox names port 8001 too",
    ),
    "E5": Provoked(lambda _: taken_port(), "Address not yet in use"),
    "E6": Provoked(lambda _: repr(MemoryError()) + "\nMemoryError", "it took 80 MB of memory"),
    "E7": Provoked(lambda _: refused(400, FILE_MISSING), "Log file not found: x.yaml"),
    "E8": Provoked(
        lambda _: fails_with("Training failed: Failed to process indicators for any timeframe"),
        "Processed indicators for any timeframe",
    ),
    "E9": Provoked(
        lambda _: sentence(
            "then I have seen at least 2 different percentages", lambda _made: _at_once(_made)
        ),
        "it was seen on its way",
    ),
    "E10": Provoked(
        lambda _: refused(
            500,
            {"detail": "Data acquisition failed: Invalid mode: local. Must be 'tail', 'backfill', or 'full'"},
        ),
        "Invalid mode: sideways",
    ),
    "E11": Provoked(lambda _: fails_with("No data found in cache for EURUSD 1d"), "data found for EURUSD"),
    "E12": Provoked(lambda _: closed("ib-host"), "ib-host at http://h:1 answers"),
    "E13": Provoked(
        lambda _: fails_with("Host service timeout: Request timed out after 4 attempts: ", Kind.DOWNLOAD),
        "IB gateway is connected",
    ),
    "E14": Provoked(
        lambda _: fails_with("No models found for universal_zero_shot_model/5m (tried universal patterns)"),
        "2 models found for it",
    ),
    "E16": Provoked(
        lambda _: fails_with("No training workers available. Start GPU or CPU training workers."),
        "2 training workers available",
    ),
    "E17": Provoked(
        lambda _: fails_with("No available backtest workers. All workers are busy or unavailable."),
        "2 available backtest workers",
    ),
    "E18": Provoked(
        lambda _: check("registered workers answer", {"t1 GET /health": silent("t1", "GET /health")}),
        "registered workers answer",
    ),
    "E19": Provoked(
        lambda _: check("workers of each kind are registered", {"backend GET /api/v1/workers": (200, [])}),
        "one worker is registered",
    ),
    "E20": Provoked(
        lambda _: check(
            "workers of each kind are registered", {"backend GET /api/v1/workers": (200, WORKERS[:1])}
        ),
        "the target has a backtest worker registered",
    ),
    "E22": Provoked(
        lambda folder: check(FOLDER, at=ScriptedTarget(folder / "gone")), "the data folder can be looked at"
    ),
    "E23": Provoked(
        lambda _: check(BARS, {RANGE: absent}), "bars are cached of any series that the calibration names"
    ),
    "E24": Provoked(lambda folder: check(FOLDER, at=ScriptedTarget(folder)), "it is KTRDR's data folder"),
    "E25": Provoked(lambda _: refused(422, MISSING_FIELD), "the backend answered with 2 symbols"),
    "E26": Provoked(
        lambda _: said_by(lambda: read(Health, Answer("backend", "GET /health", 200, {"status": "ok"}, 0.0))),
        "backend answered GET /health in 0.1 s",
    ),
    "E27": Provoked(
        lambda _: refusal(404, {"detail": f"Operation not found: {OPERATION}"}),
        "HTTP 404: Operation not found: no_such_operation",
    ),
    "E28": Provoked(hangs, "it gave an answer within 10 s"),
    "E29": Provoked(
        lambda _: str(PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/data/EURUSD_1d.csv")),
        "it has the permission",
    ),
    "E31": Provoked(lambda _: learned(test_accuracy=1.0), "its test accuracy is 60 %"),
    "E32": Provoked(lambda _: compared("total_trades", 0, greater_than(0)), "there were 10 trades"),
    "E33": Provoked(lambda _: learned(final_val_loss=float("nan")), "its validation loss is 0.5"),
    "E34": Provoked(
        lambda _: sentence(
            "then it completes within 5 seconds",
            lambda made: made.shows("running", 40.0, operation_id=OPERATION),
        ),
        "it has ended as failed and will not change any more",
    ),
    "E35": Provoked(lambda _: compared("epochs trained", 3, equal_to(10)), "10 epochs trained"),
    "E36": Provoked(
        log(f"ktrdr | Registered local training bridge for operation {OPERATION}"),
        f"Registered local bridge for operation {OPERATION}",
    ),
    "E37": Provoked(missing_log, "the log of backend shows it"),
    "E38": Provoked(
        lambda _: refusal(
            400,
            {"detail": f"Operation {OPERATION} cannot be cancelled (status: OperationStatus.COMPLETED)"},
        ),
        "cannot be cancelled (status: OperationStatus.CANCELLED)",
    ),
    "E39": Provoked(
        lambda _: refused(
            503, {"detail": "Service temporarily unavailable: Maximum concurrent sessions (1) reached."}
        ),
        "Maximum speed reached",
    ),
    "E42": Provoked(lambda _: world().missing("data-folder"), "the target's data folder is known"),
    "E43": Provoked(
        lambda _: check(BARS, range_of("2024-06-01", "2025-12-31")), "cached bars are from 2007 to 2025"
    ),
    "E44": Provoked(in_sandbox, "/.env.sandbox names port 8001 too"),
    "K1": Provoked(
        lambda _: goes("cancelled", "completed"), goes("running", "running") + "went from running"
    ),
    "K2": Provoked(lambda _: goes("cancelled", "failed"), goes("completed", "running")),
    "K3": Provoked(
        lambda _: said_by(lambda: _waits_for_retried()), "operation op_training_1 to be known, pending"
    ),
    "K4": Provoked(lambda _: check(OTHERS, LIST), check(OTHERS)),
    "K5": Provoked(lambda _: check(OTHERS, LIST, left_over=(OPERATION,)), "left by the train"),
    "K6": Provoked(lambda _: _never_free(), "a training worker is free"),
    "K7": Provoked(
        log(f"x | Failed to refresh operation {OPERATION} from host service: All connection attempts failed"),
        "Refreshed the operation from host service",
    ),
    "K8": Provoked(
        lambda _: check(
            "strategies are there and valid",
            {
                "backend POST /api/v1/strategies/validate/neuro_mean_reversion": (
                    200,
                    {"valid": False, "issues": [{"severity": "error", "message": "no fuzzy sets"}]},
                )
            },
        ),
        "Strategy 'x' is valid",
    ),
    "K9": Provoked(
        log(f"ktrdr.backtesting.engine | Decision error: {MODEL}"), "Model metadata: input_size 9"
    ),
    "K10": Provoked(
        lambda _: fails_with(
            "Failed to compute indicator MACDIndicator: MACD requires at least 35 data points"
        ),
        "MACD has 35 data points",
    ),
    "K11": Provoked(
        log("c | Failed to load 1h data: 'DataRepository' object has no attribute 'load_data'"),
        "Failed to load it: object has no attribute 'x'",
    ),
    "K12": Provoked(lambda _: closed("training-host"), "training-host answers"),
    "K13": Provoked(
        lambda _: compared("epochs listed more than once in the metrics", ["epoch 1 2 times"], nothing()),
        "epochs listed once",
    ),
    "K14": Provoked(
        lambda _: sentence(
            "then the backend shows its result", lambda made: made.shows(operation_id=OPERATION)
        ),
        "the result at the worker",
    ),
    "K15": Provoked(
        lambda _: refused(500, {"detail": "Failed to start training"}), "HTTP 422: start_date is no date"
    ),
    "K16": Provoked(lambda _: without_a_loop(), "a running event loop"),
    "K17": Provoked(
        lambda _: check("the backend answers as a KTRDR", {"backend GET /api/v1/health": (200, "It works!")}),
        "it is a KTRDR backend",
    ),
    "K18": Provoked(embedded_that_dies, "the embedded KTRDR came up"),
    "K19": Provoked(lambda _: check("clocks agree", ahead_s={"t1": -90.0}), "the clock is fine"),
    "K20": Provoked(lambda _: os.strerror(errno.ENOSPC), "500 MB are free"),
}


def _at_once(made: Any) -> None:
    operation = made.speaks_of(id=OPERATION)
    operation.expected_s = 60.0
    made.operations.look(operation)


def _waits_for_retried() -> None:
    made = world()
    retried = OPERATION.replace("op_", "op_retry_")
    made.speaks_of(id=retried)
    made.shows("pending", 0.0, operation_id=retried)
    made.say("then it completes within 5 seconds")


def _never_free() -> str:
    made = world()
    made.has_workers("w1", status="busy")
    return said_by(lambda: made.say("given KTRDR is ready for a smoke training"))


def test_every_entry_is_provoked() -> None:
    assert sorted(PROVOKED) == sorted(entry.id for entry in catalogue().symptoms)


@pytest.mark.parametrize("symptom_id", list(PROVOKED))
def test_a_symptom_leads_to_its_entry(symptom_id: str, tmp_path: Path) -> None:
    text = PROVOKED[symptom_id].by(tmp_path)
    found = symptom_of(text)
    assert found is not None, text
    assert found.id == symptom_id, text


@pytest.mark.parametrize("symptom_id", list(PROVOKED))
def test_what_is_nearly_the_same_does_not(symptom_id: str) -> None:
    text = PROVOKED[symptom_id].near_miss
    assert text
    (entry,) = (entry for entry in catalogue().symptoms if entry.id == symptom_id)
    assert not entry.shows_in(text)


# Other words for the same, of KTRDR (its answers and logs) and of the suite.
WORDS = {
    "E5": ["Bind for 0.0.0.0:8000 failed: port is already allocated"],
    "E6": [
        "Out of memory: Killed process 42 (python)",
        '"State": {"OOMKilled": true}',
        "DefaultCPUAllocator: can't allocate memory: you tried to allocate 4000000 bytes",
    ],
    "E7": [
        "Strategy config not found: strategies/x.yaml",
        "the target has no strategy x: `ktrdr-acceptance testdata write` makes it for its strategies folder",
    ],
    "E8": ["No features computed for EURUSD", "Skipping timeframe 5m", "training on 0 samples"],
    "E10": ["rows that the result counts: was <0>\nit used the cache and fetched nothing: ask with a mode"],
    "E11": [
        "Data file not found: data/AAPL_1d.csv",
        "No data loaded for EURUSD 1d",
        "data not found: EURUSD 1h",
    ],
    "E12": [
        "Host service connection failed: HTTP error for POST /data/validate: All connection attempts failed",
        "there is no IB host to ask: ib-host is not there",
        "the IB host does not say that it is well",
    ],
    "E13": [
        "IB Gateway is not connected: Connection refused",
        "IB not connected",
        "ib.symbol_validator | Retrying contract lookup: Timeout while acquiring connection",
        "ib.symbol_validator | CONTRACT LOOKUP FAILED after 4 retries",
        "the IB host has no gateway that delivers bars: success: false",
        "the IB host's gateway delivers no bars of EURUSD",
    ],
    "E14": ["Model directory not found: models/x/1d_v21/model.pt", "model_path is required for backtesting"],
    "E16": [
        "all training workers are busy or unavailable (t1 is busy)",
        "Worker training-host-1 is busy (503), selecting different worker (attempt 1/3)",
    ],
    "E17": [
        '{"error": "No backtesting workers available", "registered_workers": 1}',
        "all backtest workers are busy or unavailable (b1 is busy)",
    ],
    "E18": [
        "Worker w1 marked TEMPORARILY_UNAVAILABLE after 3 failures",
        "Health check failed for training-host-1: All connection attempts failed",
        "expected a training worker to be free within 5 s, but the last value was w1 temporarily_unavailable",
        "what the entries lack: expected none, but there were 1: w1: the state 'temporarily_unavailable'",
    ],
    "E19": ['{"error": "No training workers available", "registered_workers": 0}'],
    "E20": [
        "no training worker is listed",
        "expected a training worker to be free within 30 s, but the last value was none registered",
    ],
    "E22": ["Setting data_dir from -D data_dir is '/nope': is no folder that the suite can reach."],
    "E24": [
        "KTRDR still has 9 bars after their file was moved aside: /data is not its data folder; correct it"
    ],
    "E25": ["Request validation error: [{'field': 'body -> symbols', 'message': 'Field required'}]"],
    "E26": [
        "backend answered GET /api/v1/operations/x without the field 'data'",
        "ib-host answered GET /health without a JSON object: <html>",
    ],
    "E31": [
        "its training loss is 0.000100: there was nothing to learn",
        "its test accuracy is 0 %: it is never right",
    ],
    "E32": ["the backtest completed with 0 trades"],
    "E35": [
        "different epochs in the metrics: expected an object with length of <10>",
        "epochs out of order in the metrics: expected none, but there were 1: no epoch is listed",
    ],
    "E37": [
        "expected the log of backend (/logs/backend.log) to show any line about operation op_1",
        "the log of training-worker-1 is not known (setting logs)",
        "the target's logs are not known (setting logs)",
    ],
    "E39": [
        "All workers busy or unavailable after 1 attempts. Tried workers: ['training-host-1']",
        "[Training] Host service connection failed: Host service error (HTTP 503): Service temporarily "
        "unavailable: Maximum concurrent sessions (1) reached. Please try again in a moment.",
    ],
    "K1": [
        "worker training-host-1 (http://h:5002) shows completed, 100.0 % while the backend still says "
        "cancelled: the cancel did not stop the work."
    ],
    "K2": [
        "after 0.40 s the backend shows failed, 50.0 %: a late result overwrote the cancel",
        "it has ended as failed (Training operation cancelled) and will not change any more",
        "Training failed: Training cancelled by user request",
    ],
    "K4": ["every training worker is busy with the work of others (w0: op_9): let it end"],
    "K6": [
        "expected a backtest worker to be free within 30 s, but the last value was b1 busy, b2 available",
        "expected worker w1 to be available at the backend and idle by its own word within 30 s",
    ],
    "K7": [
        "Connection error querying operation op_training_1: All connection attempts failed",
        "it has ended as failed (Operation was RUNNING but no worker claimed it: w1 has not answered)",
    ],
    "K8": ['{"detail": {"message": "bad", "error_code": "STRATEGY-ValidationFailed"}}'],
    "K11": ["Training failed: Failed to load base timeframe 1h for EURUSD"],
    "K12": [
        "there is no training host to ask: it is silent",
        "what answers at http://h:1 has no training sessions",
    ],
    "K14": ["completed_at of the completed training at the backend: expected not <None>, but was None"],
    "K17": ["what answers at http://h:1 has no OpenAPI document, so its generation cannot be told"],
    "K20": ["only 100 MB are free for reports (/srv/reports)"],
}


@pytest.mark.parametrize(
    ("symptom_id", "text"), [(one, text) for one, texts in WORDS.items() for text in texts], ids=str
)
def test_other_words_for_a_symptom_lead_to_its_entry_too(symptom_id: str, text: str) -> None:
    found = symptom_of(text)
    assert found is not None
    assert found.id == symptom_id


def test_each_sign_stands_for_words_that_were_seen(tmp_path: Path) -> None:
    unseen = []
    for entry in catalogue().symptoms:
        folder = tmp_path / entry.id
        folder.mkdir()
        texts = [PROVOKED[entry.id].by(folder), *WORDS.get(entry.id, [])]
        for sign in entry.signs:
            if not any(re.search(sign, text, re.IGNORECASE | re.MULTILINE) for text in texts):
                unseen.append(f"{entry.id}: {sign}")
    assert unseen == []

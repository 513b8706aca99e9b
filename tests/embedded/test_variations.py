"""The benign variations as data and as switches; that a run minds none is proven with the features."""

import ast
import http.client
import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from machine import idle_s

import embedded_ktrdr
from embedded_ktrdr.patching import UnknownName
from embedded_ktrdr.variations import all_variations, switch_on
from embedded_ktrdr.variations.texts import MESSAGES, STEPS

from .harness import Embedded, until, url
from .test_defects import FEW, run

DOWNLOAD = {"symbol": "AAPL", "timeframe": "1d", "start_date": "2024-02-01", "end_date": "2024-02-20"}


def varied(*names: str, **more: Any) -> Embedded:
    return Embedded(*(option for name in names for option in ("--variation", name)), **more)


def raw(embedded: Embedded, path: str, headers: dict[str, str] | None = None) -> tuple[Any, bytes]:
    """An answer as it comes, its headers with their case."""
    connection = http.client.HTTPConnection(urlsplit(embedded.ready["backend"]).netloc, timeout=60)
    connection.request("GET", f"/api/v1{path}", headers=headers or {})
    answer = connection.getresponse()
    return answer, answer.read()


def test_every_variation_is_told_of_as_data() -> None:
    done = run("--list-variations")
    listed = json.loads(done.stdout)
    assert (done.returncode, len(listed)) == (0, len(all_variations()))
    assert len(listed) >= 18
    for each in listed:
        assert set(each) == {"name", "line", "benign"}
        assert all(each.values()), each["name"]


@pytest.mark.parametrize(
    ("name", "hint"), [("more-worker", "did you mean 'more-workers'?"), ("moon", "--list-variations")]
)
def test_an_unknown_one_is_one_sentence_and_nothing_starts(name: str, hint: str, tmp_path: Path) -> None:
    done = run("--variation", name, "--log-dir", str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert f"There is no variation {name!r}" in done.stderr
    assert hint in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_nothing_is_patched_if_one_is_unknown() -> None:
    with pytest.raises(UnknownName):
        switch_on(["longer-worker-ids", "moon"])
    from embedded_ktrdr import services, supervisor

    assert vars(supervisor)["table"] is services.table


def test_the_ready_line_names_those_that_are_on_each_once() -> None:
    names = ["another-version", "other-words"]
    switches = [option for name in [*names, names[0]] for option in ("--variation", name)]
    embedded = Embedded(*FEW, *switches)
    assert (sorted(embedded.ready["variations"]), embedded.ready["defects"]) == (sorted(names), [])
    assert embedded.client.get("/health").json()["version"].startswith("1.1.0")
    embedded.stop()


@pytest.fixture(scope="module")
def everything() -> Iterator[Embedded]:
    """All of them at once."""
    embedded = varied("all", speed=100)
    yield embedded
    embedded.stop()


def test_all_of_them_can_be_on_at_once(everything: Embedded) -> None:
    assert everything.ready["variations"] == list(all_variations())


def test_work_is_done_with_all_of_them(everything: Embedded) -> None:
    training, backtest = everything.started(), everything.backtested()
    download = everything.client.post("/data/acquire/download", json=DOWNLOAD).json()["operation_id"]
    for operation in (training, backtest, download):
        until(lambda id=operation: everything.operation(id)["status"] != "running")  # type: ignore[misc]
        assert everything.operation(operation)["status"] == "completed"


def test_answers_have_another_form(everything: Embedded) -> None:
    answer, body = raw(everything, "/operations/?limit=1")
    names = [name for name, _ in answer.getheaders()]
    assert "Content-Type" in names
    assert "content-type" not in names
    assert answer.getheader("Transfer-Encoding") == "chunked"
    assert answer.getheader("Connection") == "close"
    assert answer.getheader("Content-Type") == "application/json; charset=utf-8"
    assert body.startswith(b"{\n")
    assert body.endswith(b"}\n")
    assert body.isascii()
    answer, body = raw(everything, "/health", {"Accept-Encoding": "gzip"})
    assert (answer.getheader("Content-Encoding"), body[:2]) == ("gzip", b"\x1f\x8b")


@pytest.mark.parametrize(
    ("path", "other"), [("/operations?limit=2", "/operations/?limit=2"), ("/strategies/", "/strategies")]
)
def test_one_form_of_a_path_redirects_to_the_other(path: str, other: str, everything: Embedded) -> None:
    client = everything.client
    answer = client.get(path)
    assert answer.status_code == 307
    assert answer.headers["location"] == f"{everything.ready['backend']}/api/v1{other}"
    followed = client.get(path, follow_redirects=True)
    assert followed.json() == client.get(other).json()
    assert followed.json()["success"] is True


def test_the_redirected_request_keeps_its_body(everything: Embedded) -> None:
    wanted = {"symbol": "EURUSD", "timeframe": "1d"}
    answer = everything.client.post("/data/range", json=wanted, follow_redirects=True)
    assert answer.json()["data"]["symbol"] == "EURUSD"


def test_numbers_and_moments_are_the_same_in_another_form(everything: Embedded) -> None:
    operation = everything.started()
    text = everything.client.get(f"/operations/{operation}").text
    found = json.loads(text)["data"]
    assert found["created_at"].endswith("000+00:00")
    assert len(found["created_at"]) == len("2024-01-01T00:00:00.123456789+00:00")
    assert datetime.fromisoformat(found["created_at"]).tzinfo
    assert type(found["progress"]["steps_total"]) is float
    row = everything.client.get("/operations/").json()["data"][0]
    assert "+" not in row["created_at"]
    health = httpx.get(f"{url(everything, 'ib-host')}/health", trust_env=False).json()
    assert health["timestamp"].endswith("Z")


def test_fields_come_and_go(everything: Embedded) -> None:
    found = everything.operation(everything.started())
    assert "error_message" not in found
    assert found["owner"] == "research"
    assert "parent_operation_id" in found
    assert next(iter(found)) != "operation_id"


def test_messages_are_in_other_words_and_name_what_they_named(everything: Embedded) -> None:
    answer = everything.client.get("/operations/op_moon")
    assert answer.status_code == 404
    assert "op_moon" in answer.json()["detail"]
    assert "not found" not in answer.json()["detail"]
    refused = everything.start(symbols=[]).json()["error"]
    assert (refused["code"], refused["details"][0]["field"]) == ("VALIDATION_ERROR", "body -> symbols")
    assert "symbol" in refused["details"][0]["message"]


def texts_said() -> list[str]:
    """Every text in the code of the healthy one, with a number wherever a value goes."""
    package = Path(embedded_ktrdr.__file__).parent
    trees = [
        ast.parse(path.read_text("utf-8"))
        for path in package.rglob("*.py")
        if not {"variations", "defects"} & set(path.parts)
    ]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    said = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            parts = [str(each.value) if isinstance(each, ast.Constant) else None for each in node.values]
            said += ["".join(fill if part is None else part for part in parts) for fill in ("7", "seven.7")]
    return said


def test_every_text_that_is_put_otherwise_is_one_that_is_said() -> None:
    of_pydantic = ["Field required", "Input should be a valid list", "Value error, "]
    said = [*texts_said(), *of_pydantic]
    unsaid = [
        pattern for pattern, _ in MESSAGES + STEPS if not any(re.search(pattern, text) for text in said)
    ]
    assert unsaid == []


def test_there_are_other_workers_and_one_of_a_kind_of_its_own(everything: Embedded) -> None:
    workers = everything.workers()
    kinds = [each["worker_type"] for each in workers]
    assert {kind: kinds.count(kind) for kind in kinds} == {"training": 3, "backtesting": 3, "agent_design": 1}
    assert {each["status"] for each in workers} <= {"available", "busy"}
    assert all(len(each["worker_id"]) > 40 for each in workers if each["worker_type"] != "agent_design")
    body = {"worker_id": "x", "worker_type": "moon", "endpoint_url": "http://127.0.0.1:1"}
    assert everything.client.post("/workers/register", json=body).status_code == 422


def test_the_backend_has_a_past(everything: Embedded) -> None:
    page = everything.client.get("/operations/", params={"limit": 1000}).json()
    assert page["total_count"] >= 24
    assert page["active_count"] <= page["total_count"] - 24


def test_the_logs_say_more(everything: Embedded) -> None:
    lines = everything.log("backend").splitlines()
    said = [(each["levelname"], each["name"]) for each in map(json.loads, lines)]
    assert ("WARNING", "ktrdr.monitoring.statistics") in said
    assert "DEBUG" in {level for level, _ in said}
    assert not any("Traceback" in line for line in lines)
    assert " | log_lines.__call__:" in everything.log("training-host")


def test_work_and_answers_are_slower() -> None:
    embedded = varied("work-slower-by-half", "answers-slower-by-half", speed=5)
    began = idle_s()
    operation = embedded.ended(embedded.started())
    spent = idle_s() - began
    moments = [datetime.fromisoformat(operation[name]) for name in ("started_at", "completed_at")]
    # As it is, 0.33 s.
    assert (moments[1] - moments[0]).total_seconds() > 0.45
    assert spent < 2
    embedded.stop()


def test_a_failure_is_in_the_log_in_the_words_in_which_it_is_told() -> None:
    embedded = varied("other-words")
    operation = embedded.ended(embedded.started(symbols=["NOSUCH"]))
    reason = operation["error_message"]
    assert "NOSUCH" in reason
    assert "found" not in reason
    worker = urlsplit(embedded.worker_of(operation["operation_id"])).port
    (service,) = (
        name for name, each in embedded.ready["services"].items() if each["url"].endswith(f":{worker}")
    )
    assert f"Failed operation: {operation['operation_id']} - {reason}" in embedded.log(service)
    embedded.stop()

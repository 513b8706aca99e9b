"""A stub that lets secrets out through every channel that a KTRDR has, and a project that adds its own.

`secret(channel)` is what must not be found in any output; `told(channel)` stands beside it and must be.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from .stub_ktrdr import StubKtrdr


def secret(channel: str) -> str:
    """Return the secret of a channel: letters and digits, so that every encoding but Base64 keeps them."""
    return f"M4rk{hashlib.sha256(channel.encode()).hexdigest()[:10]}"


def told(channel: str) -> str:
    """Return what stands beside the secret of a channel."""
    return f"via-{channel}"


def leak(channel: str, form: str = "password={}") -> str:
    """Return a text that holds the secret of a channel."""
    return f"{told(channel)} {form.format(secret(channel))}"


# Wherever it is cut, it is cut within a secret; only the environment tells that it is one.
LONG = " ".join([secret("cut")] * 40)


class LeakyKtrdr(StubKtrdr):
    """Answers with secrets; the second of its workers is called by one and has one in its address."""

    def __init__(self, **options: Any) -> None:
        super().__init__(workers=2, ends_after_looks=1, **options)
        name = f"w1:{leak('worker-name', 'token={}').replace(' ', ':')}"
        address = self.url.replace("://", f"://ktrdr:{secret('worker-address')}@")
        self.worker_rows = ({}, {"worker_id": name, "endpoint_url": f"{address}/{told('worker-address')}"})
        self.worker_log: Path | None = None

    def _answer(self, method: str, path: str, sent: Any) -> tuple[int, Any]:
        if path.startswith("/leak/body"):
            nested = {"said": leak("text-in-a-body", '{{"token":"{}"}}')}
            return 200, {"via": told("body"), "data": [{"api_key": secret("body")}], "nested": nested}
        if path.startswith("/leak/pairs"):
            return 200, {told("pairs"): [["Set-Cookie", f"sid={secret('pairs')}"]]}
        if path.startswith("/leak/cut"):
            return 200, {"said": f"{'x' * 3905} {LONG}"}
        if path.startswith("/leak/refusal"):
            return 422, {"detail": leak("refusal")}
        if path.startswith("/leak/long"):
            return 200, f"{'x' * 3900} {LONG} {'x' * 200_000}"
        status, body = super()._answer(method, path, sent)
        if path.endswith("/health"):
            body["version"] = f"1.0.7+{leak('version', 'token={}').replace(' ', '.')}"
        return status, body

    def _operation(self, method: str, operation_id: str) -> tuple[int, Any]:
        status, body = super()._operation(method, operation_id)
        if method == "GET" and status == 200 and body["data"]["status"] == "completed":
            body["data"] |= {"status": "failed", "error_message": leak("reason", "api_key: {}")}
            del body["data"]["result_summary"]
        return status, body

    def _write(self, stage: str, request_id: str) -> None:
        super()._write(stage, request_id)
        for name, log in (("backend-log", self.log), ("worker-log", self.worker_log)):
            if log is not None:
                text = leak(name, "Authorization: Bearer {}")
                with log.open("a", encoding="utf-8") as file:
                    file.write(f"2026-11-22 08:54:28 [WARNING] stub: {text} request_id={request_id} {LONG}\n")


STEPS = f"""
import os
import sys
import traceback
import warnings

from behave import given, then, when

warnings.warn({leak("warning")!r})


@given('I say "{{text}}"')
def given_text(context, text):
    pass


@when("I ask for {{path}}")
def when_ask(context, path):
    backend = context.world.connect("backend", context.world.backend.base_url)
    backend.request("POST", path, body={{{told("request")!r}: {{"client_secret": {secret("request")!r}}}}})


@when("the step prints")
def when_print(context):
    print({told("stdout")!r}, "password=", end="")
    print({secret("stdout")!r})
    print({leak("stderr")!r}, file=sys.stderr)
    print({leak("real-stdout")!r}, file=sys.__stdout__)
    print({leak("real-stderr")!r}, file=sys.__stderr__)


@when("a log of the target tells")
def when_target_logs(context):
    log = context.world.settings.reports / "embedded-logs" / "backend.log"
    log.parent.mkdir(exist_ok=True)
    log.write_text({leak("embedded-log")!r})


@when("the undo fails")
def when_undo_fails(context):
    def fail():
        raise RuntimeError({leak("undo")!r})
    context.world.undo.register("put it back", fail)
    context.world.operations.recorder.drift[{leak("drift-kind")!r}] = [{leak("drift-case")!r}]
    context.world.operations.recorder.violations.append({leak("violation")!r})


@then("it fails with {{channel}}")
def then_fails(context, channel):
    if channel == "a long line":
        raise AssertionError({LONG!r})
    if channel == "exception":
        raise KeyError({leak("exception", "secret={}")!r})
    if channel == "headers":
        headers = [({told("headers")!r}, ""), ("Authorization", {"Bearer " + secret("headers")!r})]
        raise AssertionError(str(headers))
    if channel == "environment":
        raise AssertionError({told("environment")!r} + " " + os.environ["LEAKY_TOKEN"])
    if channel == "cause":
        try:
            raise ValueError({leak("cause")!r})
        except ValueError as error:
            raise AssertionError(traceback.format_exc()) from error
    raise AssertionError("it fails")


@then("the process breaks")
def then_breaks(context):
    from ktrdr_acceptance.runner.session import Session

    def broken(*_):
        raise ValueError({leak("traceback") + ", and more " + LONG!r})

    Session.end = broken
"""

ENVIRONMENT = f"""
import os

from ktrdr_acceptance.evidence.redaction import Redaction

if os.environ.get("REDACTION") == "broken":
    Redaction.suspects = lambda self, text: False

_before_scenario = before_scenario


def before_scenario(context, scenario):
    if "hook-leaks" in scenario.tags:
        raise RuntimeError({leak("hook")!r})
    _before_scenario(context, scenario)
    if "skip-leaks" in scenario.tags:
        scenario.skip({leak("skip")!r})


def before_feature(context, feature):
    if "feature-leaks" in feature.tags:
        raise RuntimeError({leak("feature-hook")!r})
"""

FEATURE = f"""
Feature: Leaks {leak("feature-name", "token={}")}

  @id:l01 @{told("tag")}:password={secret("tag")}
  Scenario: Named {leak("name")}
    {leak("description")}
    Given I say "{leak("step")}"
    Then it fails with a long line

  @id:l02
  Scenario: Bodies
    When I ask for /leak/body?via={told("url")}&api_key={secret("url")}&n=1
    And I ask for /leak/pairs
    And I ask for /leak/refusal
    And I ask for /leak/cut
    And I ask for /leak/long
    Then it fails with exception

  @id:l03
  Scenario: Headers
    Then it fails with headers

  @id:l04
  Scenario: The environment
    When the step prints
    And a log of the target tells
    Then it fails with environment

  @id:l05
  Scenario: A cause
    When the undo fails
    Then it fails with cause

  @id:l06 @hook-leaks
  Scenario: A hook
    Then one is one

  @id:l07 @skip-leaks
  Scenario: Not run
    Then one is one

  @id:l08
  Scenario Outline: Row <name>
    Given I say "a row"
    Then it fails with nothing

    Examples:
      | name             | password        |
      | {told("table")} | {secret("table")} |

  @id:l09
  Scenario: An operation fails
    When I start a long training
    Then the training completes within 5 seconds

  @id:l10
  Scenario: Met
    When I start a long training
    Then one is one
"""
FEATURE_HOOK = """
@feature-leaks
Feature: A hook of a feature

  @id:m1
  Scenario: Never begun
    Then one is one
"""
BREAKING = f"""
Feature: The suite itself

  @id:z1
  Scenario: The end breaks
    Then one is one
    And the process breaks

  @id:z2
  Scenario: Never reached {leak("never-reached")}
    Then one is one
"""
# What makes up the project; channels that only later features open are in those.
CHANNELS = (
    *("body", "text-in-a-body", "pairs", "refusal", "version", "reason", "backend-log", "worker-log"),
    *(
        "worker-name",
        "worker-address",
        "warning",
        "request",
        "stdout",
        "stderr",
        "real-stdout",
        "real-stderr",
    ),
    *("embedded-log", "undo", "drift-kind", "drift-case", "violation", "exception", "headers", "environment"),
    *("cause", "hook", "skip", "feature-hook", "feature-name", "tag", "name", "description", "step", "url"),
    *("table", "traceback", "settings", "never-reached"),
)

"""One validated settings object; defaults < pyproject.toml < environment KTRDR_* < -D."""

from __future__ import annotations

import difflib
import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ktrdr_acceptance.faults import BadInput
from ktrdr_acceptance.setting_values import (
    BaseUrl,
    Duration,
    ExistingFolder,
    File,
    Folder,
    Logs,
    Services,
    Words,
    names_in,
)

ENVIRONMENT_PREFIX = "KTRDR_"
# Keys of other tools that share behave's -D namespace.
FOREIGN_PREFIXES = ("AllureFormatter.", "behave.")


class Settings(BaseModel):
    """Everything that a run can be told."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    target: Literal["embedded", "services", "docker"] = Field(
        "embedded",
        description="Which KTRDR is under test: `embedded` (started and stopped by the run), `services` (a "
        "running one, found by the URLs below) or `docker` (containers of a compose project on the local "
        "engine, and the URLs below for services that are in none).",
    )
    compose_file: File | None = Field(
        None,
        description="Compose file of `target=docker`: its project is brought up if it is not up, and taken "
        "down again if the run brought it up.",
    )
    compose_project: str = Field(
        "",
        description="Compose project of `target=docker`; without it the only one that has a backend.",
    )
    compose_services: Services = Field(
        "",
        description="What services are called in the compose project of `target=docker`, where they have "
        "names of their own, as `backend=api,ib-host=ib`.",
    )
    disposable: bool = Field(
        False,
        description="The suite may stop, kill, pause, cut off and replace the services of `target=docker`; "
        "it puts each back. (The embedded KTRDR is always disposable.)",
    )
    defects: str = Field(
        "",
        description="Seeded defects of the embedded KTRDR, separated by commas: a proof that the suite "
        "sees them. Named in every report.",
    )
    variations: str = Field(
        "",
        description="Benign variations of the embedded KTRDR, separated by commas, or `all`: a proof that "
        "the suite minds nothing that no client may mind. Named in every report.",
    )
    backend_url: BaseUrl = Field(
        "http://localhost:8000",
        description="Backend of `target=services`. Its workers are learned from the backend.",
    )
    training_host_url: BaseUrl = Field(
        "http://localhost:5002", description="Training host of `target=services`."
    )
    ib_host_url: BaseUrl = Field("http://localhost:5001", description="IB host of `target=services`.")
    backtest_worker_url: BaseUrl = Field(
        "http://localhost:5003", description="Backtest worker of `target=services`."
    )
    data_dir: ExistingFolder | None = Field(
        None,
        description="Data folder of `target=services`, if the suite can reach it: scenarios that need bars "
        "put there or moved aside run only with it, and put everything back.",
    )
    logs: Logs = Field(
        "",
        description="Log files of `target=services`, as `backend=FILE,ib-host=FILE,WORKER_ID=FILE` (also "
        "`training-host`); without them scenarios that read logs are not run.",
    )
    cli: Words = Field(
        "",
        description="KTRDR's own command, as one types it (`ktrdr`, `uv run ktrdr`), run in the folder "
        "`ktrdr_home` if that is set; without it scenarios that use the command are not run.",
    )
    ktrdr_home: Folder | None = Field(
        None,
        description="Folder of KTRDR's repository or sandbox: the port that its `.env.sandbox` names must be "
        "the one that is addressed (`target=services`).",
    )
    cure: bool = Field(
        False,
        description="Have preflight cure what it may: wait for a free worker and for the work of others, end "
        "what an earlier run left active, take the sandbox's port where no backend URL is given.",
    )
    calibration: File | None = Field(
        None,
        description="Calibration of this target on this machine: its purposes go before the suite's own "
        "(`ktrdr-acceptance calibrate` measures and writes one).",
    )
    speed: float = Field(
        20.0,
        gt=0,
        le=40,
        description="How much faster than real time the embedded KTRDR works; beyond 40 its long training "
        "would be too short to show its progress.",
    )
    time_factor: float = Field(
        1.0,
        gt=0,
        le=100,
        description="Multiplies waiting deadlines (never response-time criteria) on a slow machine.",
    )
    cache_ttl: float = Field(
        1.0,
        ge=0,
        le=60,
        description="Seconds for which the backend of `target=services` repeats its last answer on a "
        "running operation (its OPERATIONS_CACHE_TTL).",
    )
    request_timeout: float = Field(
        10.0, gt=0, le=300, description="Seconds after which a single HTTP request is given up."
    )
    retry: int = Field(
        0,
        ge=0,
        le=5,
        description="How many more attempts a scenario that is not met gets; met on a later one is flaky, "
        "never met.",
    )
    run_deadline: Duration = Field(
        0.0,
        ge=0,
        description="After this long (`45m`, `90 s`) the run is ended in order and counts as aborted; "
        "0 means never.",
    )
    strict: bool = Field(False, description="A scenario that is not run makes the run not accepted.")
    known_issues: str = Field(
        "",
        description="File with the known issues of the target that this run accepts (several: separated by "
        "commas), such as `known-issues/S.yaml`; without it every defect of the target is red.",
    )
    baseline: File | None = Field(
        None,
        description="`results.json` of an earlier run: every report tells new failures from old ones. It "
        "changes no verdict.",
    )
    rerun_failed: File | None = Field(
        None,
        description="`results.json` of an earlier run: of the selection only those scenarios are run that "
        "were not met, flaky, stopped by the environment or never reached there.",
    )
    issue_form: Literal["issue", "issue-found"] = Field(
        "issue",
        description="How the last line of a run that is not accepted begins: `❌ Issue: ` or, with "
        "`issue-found`, `❌ Issue found: `.",
    )
    reports: Folder = Field(Path("reports"), description="Folder that a run writes its reports to.")

    @classmethod
    def load(
        cls,
        defines: Mapping[str, Any],
        configured: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Self:
        """Return the settings from `-D` pairs, `[tool.behave.userdata]` and the environment.

        Raises BadInput with one sentence that names the setting, its value and where it came from.
        """
        environment = os.environ if environment is None else environment
        values: dict[str, Any] = {}
        sources: dict[str, str] = {}

        def take(key: str, value: Any, source: str) -> None:
            values[key], sources[key] = value, source

        for key, value in (configured or {}).items():
            if _is_ours(key):
                take(_known(key, "[tool.behave.userdata] of pyproject.toml"), value, "pyproject.toml")
        for key in cls.model_fields:
            variable = variable_of(key)
            if variable in environment:
                take(key, environment[variable], f"environment variable {variable}")
        for key, value in defines.items():
            if _is_ours(key):
                take(_known(key, "-D"), value, f"-D {key}")
        try:
            return cls(**values)
        except ValidationError as error:
            first = error.errors()[0]
            key = str(first["loc"][0])
            reason = str(first["msg"]).removeprefix("Value error, ").rstrip(".")
            given = values.get(key)
            if isinstance(given, str):
                # Whatever stands before an @ may be a password.
                given = re.sub(r"(?s).*@", "***@", given)
            raise BadInput(
                f"Setting {key} from {sources.get(key, 'its default')} is {given!r}: {reason}."
            ) from None

    @property
    def defect_names(self) -> tuple[str, ...]:
        """The seeded defects that are asked for."""
        return names_in(self.defects)

    @property
    def variation_names(self) -> tuple[str, ...]:
        """The benign variations that are asked for."""
        return names_in(self.variations)

    def as_options(self) -> str:
        """Return the `-D` options that give these settings, for a command that repeats a run."""
        changed = (
            (key, value)
            for key, value in self.model_dump(mode="json").items()
            if key not in _OF_ONE_RUN and value != type(self).model_fields[key].default
        )
        return " ".join(f"-D {shlex.quote(f'{key}={value}')}" for key, value in changed)


# Settings that a command which repeats a scenario of a run leaves out.
_OF_ONE_RUN = frozenset({"reports", "baseline", "rerun_failed"})


def variable_of(key: str) -> str:
    """Return the environment variable of a setting; one that is called after KTRDR gets no second prefix."""
    return ENVIRONMENT_PREFIX + key.upper().removeprefix(ENVIRONMENT_PREFIX)


def _is_ours(key: str) -> bool:
    return not key.startswith(FOREIGN_PREFIXES)


def _known(key: str, source: str) -> str:
    if key in Settings.model_fields:
        return key
    near = difflib.get_close_matches(key, Settings.model_fields, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(Settings.model_fields)}."
    raise BadInput(f"Unknown setting {key} from {source}: {hint}")

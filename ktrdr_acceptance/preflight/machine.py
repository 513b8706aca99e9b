"""Checks of the machine that the suite runs on: disks, logs, and which sandbox KTRDR's own file names."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import urlsplit

from ktrdr_acceptance.preflight.asking import Answers, Probe
from ktrdr_acceptance.preflight.check import Check, failed, not_made, ok
from ktrdr_acceptance.preflight.inspected import Inspected

SANDBOX_FILE = ".env.sandbox"
SANDBOX_PORT = "KTRDR_API_PORT"
SANDBOX_ADDRESSED = "the addressed port is the sandbox's"
_MB = 1024 * 1024
_LEAST_FREE = 200 * _MB
# Of a file system that is small on purpose, so that the suite can fill it.
_LEAST_SHARE = 5


def disk_probe(inspected: Inspected) -> Probe:
    """Return the check of the space that is left for bars and reports."""
    name = "there is space on disk"
    needed = {"reports": (inspected.settings.reports, _LEAST_FREE)}
    if inspected.target.data_folder:
        limit = inspected.target.data_limit
        least = _LEAST_FREE if limit is None else min(_LEAST_FREE, limit // _LEAST_SHARE)
        needed["data"] = (inspected.target.data_folder, least)

    def look() -> dict[str, tuple[int, int]]:
        return {
            f"{what} ({_existing(path)})": (shutil.disk_usage(_existing(path)).free, least)
            for what, (path, least) in needed.items()
        }

    def judge(answers: Answers) -> Check:
        free = answers.values["disk"]
        short = [(what, left) for what, (left, least) in free.items() if left < least]
        if short:
            told = "; ".join(f"only {left // _MB} MB are free for {what}" for what, left in short)
            return failed(name, told, "K20")
        return ok(name, ", ".join(f"{what}: {left // _MB} MB free" for what, (left, _) in free.items()))

    return Probe(name, {"disk": look}, judge)


def log_probe(inspected: Inspected) -> list[Probe]:
    """Return the check of the log files that are known, if any are."""
    name = "logs can be read"
    logs = inspected.target.endpoints.logs
    if not logs:
        return []

    def look() -> list[str]:
        problems = {service: place.problem() for service, place in logs.items()}
        return [f"the log of {service} cannot be read: {said}" for service, said in problems.items() if said]

    def judge(answers: Answers) -> Check:
        unreadable: list[str] = answers.values["logs"]
        return failed(name, "; ".join(unreadable), "E37") if unreadable else ok(name, ", ".join(logs))

    return [Probe(name, {"logs": look}, judge)]


def sandbox_check(inspected: Inspected, answers: bool) -> list[Check]:
    """Return the check of the addressed port against KTRDR's sandbox, if there is something to compare.

    `answers` tells whether something answers at the addressed port.
    """
    home = inspected.settings.ktrdr_home
    if home is None or inspected.settings.target != "services":
        return []
    if not home.is_dir():
        return [not_made(SANDBOX_ADDRESSED, f"{home} (setting ktrdr_home) is no folder")]
    file = home / SANDBOX_FILE
    try:
        port = sandbox_port(file)
    except FileNotFoundError:
        return [not_made(SANDBOX_ADDRESSED, f"there is no {file}: no sandbox is active", unanswered=False)]
    except (OSError, ValueError) as problem:
        return [not_made(SANDBOX_ADDRESSED, f"{file} does not name a port: {problem}")]
    url = inspected.target.endpoints.backend_url
    addressed = port_of(url)
    if addressed == port:
        return [ok(SANDBOX_ADDRESSED, f"{file} names port {port} too")]
    said = (
        f"{file} names port {port}, but what is addressed is port {addressed}, where "
        f"{'something' if answers else 'nothing'} answers ({inspected.target.endpoints.backend_url_source})"
    )
    return [failed(SANDBOX_ADDRESSED, said, "E44" if answers else "E3", blocks=True)]


def sandbox_port(file: Path) -> int:
    """Return the port that a sandbox's file names. Raises OSError, or ValueError if it names none."""
    for line in file.read_text("utf-8").splitlines():
        key, _, value = line.strip().removeprefix("export ").partition("=")
        if key.strip() == SANDBOX_PORT:
            return int(value.partition("#")[0].strip().strip("'\""))
    raise ValueError(f"there is no {SANDBOX_PORT} in it")


def port_of(url: str) -> int:
    """Return the port of a URL."""
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def _existing(path: Path) -> Path:
    """Return a path or the nearest folder above it that is there."""
    return next(one for one in (path.absolute(), *path.absolute().parents) if one.exists())

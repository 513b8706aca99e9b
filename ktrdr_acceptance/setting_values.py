"""The kinds of values that settings take, each with one plain sentence on what is wrong with another."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator

# A name of labels up to 63 characters (underscores: Docker's container names), or an IPv6 address.
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*|[0-9a-f:.]*:[0-9a-f:.]*", re.IGNORECASE)


def _file(value: object) -> object:
    if value == "":
        raise ValueError("is not the name of a file")
    return value


def _folder(value: object) -> object:
    if value == "":
        raise ValueError("is not the name of a folder")
    return value


_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(s|m|min|h)?\s*")
_SECONDS = {None: 1, "s": 1, "m": 60, "min": 60, "h": 3600}


def _seconds(value: object) -> object:
    if isinstance(value, str):
        if not (found := _DURATION.fullmatch(value)):
            raise ValueError("is not a duration such as 45m, 90s or 1.5h")
        return float(found[1]) * _SECONDS[found[2]]
    return value


def names_in(value: str) -> tuple[str, ...]:
    """Return the names that a setting of the form `NAME,NAME` lists."""
    return tuple(filter(None, map(str.strip, value.split(","))))


def log_files(value: str) -> dict[str, Path]:
    """Return the file of each service's log that a setting of the form `NAME=FILE,NAME=FILE` names."""
    files: dict[str, Path] = {}
    for pair in filter(None, map(str.strip, value.split(","))):
        name, _, file = (part.strip() for part in pair.partition("="))
        if not name or not file:
            raise ValueError(f"{pair!r} is not of the form NAME=FILE")
        if name in files:
            raise ValueError(f"it names the log of {name} twice")
        files[name] = Path(file).expanduser()
    return files


def service_names(value: str) -> dict[str, str]:
    """Return what services are called elsewhere that a setting of the form `NAME=OTHER,...` names."""
    names: dict[str, str] = {}
    for pair in filter(None, map(str.strip, value.split(","))):
        name, _, other = (part.strip() for part in pair.partition("="))
        if not name or not other:
            raise ValueError(f"{pair!r} is not of the form NAME=SERVICE")
        if name in names:
            raise ValueError(f"it names {name} twice")
        names[name] = other
    return names


def _services(value: str) -> str:
    service_names(value)
    return value


def _logs(value: str) -> str:
    log_files(value)
    return value


def _existing(value: Path) -> Path:
    if not value.is_dir():
        raise ValueError("is no folder that the suite can reach")
    return value


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.hostname or ""):
        raise ValueError("is not a URL of the form http://HOST:PORT")
    if parts.username or parts.password:
        raise ValueError("must not hold a user or password: every report would show them")
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("has a port that is not a number from 0 to 65535") from None
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("must end after the port (the suite adds the paths itself)")
    return value.rstrip("/")


def _words(value: str) -> str:
    try:
        shlex.split(value)
    except ValueError as problem:
        raise ValueError(f"is not a command line ({problem})") from None
    return value.strip()


Duration = Annotated[float, BeforeValidator(_seconds)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
Logs = Annotated[str, AfterValidator(_logs)]
Services = Annotated[str, AfterValidator(_services)]
Words = Annotated[str, AfterValidator(_words)]
File = Annotated[Path, BeforeValidator(_file)]
Folder = Annotated[Path, BeforeValidator(_folder)]
ExistingFolder = Annotated[Folder, AfterValidator(_existing)]

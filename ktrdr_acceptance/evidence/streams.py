"""What is printed or written by others goes through the redaction too: stdout, stderr, formatters' files."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ktrdr_acceptance.evidence.redaction import redacted, redacted_json


class RedactingStream:
    """A text stream that passes on whole lines without their secrets, the rest when it is flushed."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._held = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Take a text; a secret and its name may come one by one, so a line goes on once it has ended."""
        whole, newline, rest = text.rpartition("\n")
        if newline:
            self._stream.write(_redacted(self._held + whole) + newline)
            self._held = ""
        self._held += rest
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Take several texts."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Pass on the line so far."""
        if self._held:
            held, self._held = self._held, ""
            self._stream.write(_redacted(held))
        self._stream.flush()

    def close(self) -> None:
        """Pass on the line so far and close the stream."""
        if not self._stream.closed:
            self.flush()
        self._stream.close()


def _redacted(text: str) -> str:
    """Return a text without its secrets; one that is JSON stays JSON."""
    if text.lstrip()[:1] in ("{", "["):
        try:
            content = json.loads(text)
        except ValueError:
            return redacted(text)
        safe = redacted_json(content, indent=2 if "\n" in text.strip() else None)
        return text if json.loads(safe) == content else safe
    return redacted(text)


def redact_stdout_and_stderr() -> None:
    """Have everything that this process prints from now on redacted, whatever prints it."""
    for name in ("stdout", "stderr", "__stdout__", "__stderr__"):
        stream = getattr(sys, name)
        if stream is not None and not isinstance(stream, RedactingStream):
            setattr(sys, name, RedactingStream(stream))


def redact_opener(opener: Any) -> None:
    """Have what a formatter of behave's writes to the file of its `opener` redacted."""
    opened = opener.open

    def open_redacting() -> RedactingStream:
        stream = opened()
        if not isinstance(stream, RedactingStream):
            # The opener closes the stream that it knows; the last line must not be lost then.
            stream = opener.stream = RedactingStream(stream)
        return stream

    opener.open = open_redacting


def redact_files(paths: Iterable[Path]) -> None:
    """Redact files in place, of folders all files below: what other programs have written."""
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and not file.is_symlink():
                _redact_file(file)


def _redact_file(file: Path) -> None:
    try:
        text = file.read_bytes().decode("utf-8", "surrogateescape")
        safe = _redacted(text)
        if safe != text:
            draft = file.with_name(file.name + ".part")
            draft.write_bytes(safe.encode("utf-8", "surrogateescape"))
            os.replace(draft, file)
    except OSError:
        # Better no file than one that may tell.
        file.unlink(missing_ok=True)

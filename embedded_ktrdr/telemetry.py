"""The Prometheus text of /metrics: just enough for a client to see that it is there."""

import sys

from fastapi.responses import PlainTextResponse

CONTENT_TYPE = "text/plain; version=1.0.0; charset=utf-8"


def prometheus_text() -> PlainTextResponse:
    """One gauge, in the format and content type of KTRDR's services."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    body = (
        "# HELP python_info Python platform information\n"
        "# TYPE python_info gauge\n"
        f'python_info{{implementation="CPython",version="{version}"}} 1.0\n'
    )
    return PlainTextResponse(body, media_type=CONTENT_TYPE)

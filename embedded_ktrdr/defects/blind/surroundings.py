"""Faults in bars, in downloads, and in what the backend and the hosts know of each other."""

import http.client
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from embedded_ktrdr.backend import data_routes, downloads
from embedded_ktrdr.backend.bar_reader import BarReader
from embedded_ktrdr.backend.gaps import LONGEST, Span
from embedded_ktrdr.backend.registry import Registry, Worker, WorkerStatus
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.errors import DataError
from embedded_ktrdr.hosts.gateway_link import GatewayLink
from embedded_ktrdr.moments import DAY

Original = Callable[..., Any]

# Answers that a cache without an end keeps here, for the sake of the machine.
MOST_ANSWERS = 50


@defect(
    "bars-cached-for-ever",
    "A download brought new bars, but the data that I read again is the old.",
    ("range-follows-download", "it is the range of the bars that can be read"),
    area="data",
    behaviour="GET /data/SYMBOL/TIMEFRAME gives the bars that are cached now, those just downloaded too.",
    blind="first",
)
def _bars_cached_for_ever() -> None:
    answers: dict[tuple[Any, ...], bytes] = {}

    @patch(BarReader, "_read")
    def read(original: Original, reader: BarReader, *asked: Any) -> bytes:
        # Remembered by the question alone; no download clears it.
        if asked not in answers:
            if len(answers) >= MOST_ANSWERS:
                answers.clear()
            answers[asked] = original(reader, *asked)
        return answers[asked]


@defect(
    "rest-of-a-gap-not-fetched",
    "A download of several months is complete, but the bars of its last days are missing.",
    ("download-without-gaps", "they are as many as calibrated, give or take 5 %"),
    ("download-without-gaps", "no weekday from 2024-01-02 to 2024-12-31 is without bars"),
    area="downloads",
    severity="blocker",
    behaviour="A completed download has fetched the whole of each gap, however many segments it takes.",
    blind="first",
)
def _rest_of_a_gap_not_fetched() -> None:
    @patch(downloads, "split")
    def split(original: Original, gaps: list[Span], timeframe: str, mode: str) -> list[Span]:
        starts = {first for first, _ in gaps}
        pieces: list[Span] = original(gaps, timeframe, mode)
        # As many segments as go into a gap whole, and at least one.
        whole = LONGEST[timeframe] * DAY
        return [each for each in pieces if each[0] in starts or each[1] - each[0] == whole]


@defect(
    "bad-date-ignored",
    "I mistyped a date and got all the bars there are, instead of an error.",
    ("data-bad-date", 'I ask for the bars of "EURUSD" at "1d" from "garbage" on'),
    area="errors",
    behaviour="GET /data/SYMBOL/TIMEFRAME with a date that is none is a 400 with the code DATA-InvalidDate.",
    blind="first",
)
def _bad_date_ignored() -> None:
    @patch(data_routes, "_date")
    def date(original: Original, name: str, text: str | None) -> datetime | None:
        try:
            found: datetime | None = original(name, text)
        except DataError:
            return None
        return found


@defect(
    "recovered-worker-stays-unavailable",
    "A worker was silent for a minute; now it is back, but it gets no work and stays 'unavailable'.",
    ("worker-hangs", "its worker is shown as reachable within 30 seconds"),
    area="workers",
    severity="blocker",
    behaviour="A temporarily unavailable worker is available again once a health check of it succeeds.",
    blind="first",
)
def _recovered_worker_stays_unavailable() -> None:
    @patch(Registry, "check")
    async def check(original: Original, registry: Registry, worker: Worker) -> None:
        # Only workers that can take work are asked how they are.
        if worker.status is not WorkerStatus.TEMPORARILY_UNAVAILABLE:
            await original(registry, worker)


@defect(
    "health-check-blocks-the-backend",
    "While one worker hangs, the backend answers nobody for seconds at a time, not even /health.",
    ("workers-that-hang", "even the slowest answer came within 500 ms"),
    area="health",
    severity="blocker",
    behaviour="The backend answers /health and everything else at once while it waits for a worker.",
    blind="first",
)
def _health_check_blocks_the_backend() -> None:
    @patch(Registry, "check")
    async def check(original: Original, registry: Registry, worker: Worker) -> None:
        # A client that is not for event loops: whoever calls it waits, and with him all the others.
        with suppress(OSError, ValueError, http.client.HTTPException):
            place = urlsplit(worker.endpoint_url)
            within = registry._pace.health_timeout_s
            with closing(http.client.HTTPConnection(place.hostname or "", place.port, within)) as connection:
                connection.request("GET", "/health")
                connection.getresponse().read()
        await original(registry, worker)


@defect(
    "gateway-once-connected",
    "The IB gateway is down, but the IB host still says that it is connected.",
    ("D4.3", "the IB host says within 5 seconds that its gateway is not connected"),
    area="hosts",
    behaviour="The IB host tells at /health/ and /health/detailed whether it reaches the gateway now.",
    blind="first",
)
def _gateway_once_connected() -> None:
    connected: set[GatewayLink] = set()

    @patch(GatewayLink, "connected")
    async def is_connected(original: Original, link: GatewayLink) -> bool:
        # Noted at the first success and never taken back.
        if link not in connected and await original(link):
            connected.add(link)
        return link in connected

"""Downloads: bars that IB has and the cache has not (contract 4.2)."""

import asyncio
import logging
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from embedded_ktrdr.backend.download_progress import DownloadProgress
from embedded_ktrdr.backend.gaps import TAIL_DEFAULT, DownloadMode, Span, find_gaps, split
from embedded_ktrdr.backend.ib_client import HostServiceError, IbHost
from embedded_ktrdr.backend.operations import Operations
from embedded_ktrdr.bars import BarRepository
from embedded_ktrdr.fields import EndDate, IsoDate, Text, Timeframe
from embedded_ktrdr.generator import STEPS, Bar
from embedded_ktrdr.moments import moment_of, seconds_of
from embedded_ktrdr.operations import OperationInfo, OperationMetadata, OperationType, new_operation, now
from embedded_ktrdr.pace import Pace
from embedded_ktrdr.wire import NonsenseError, shortened, understood

# Seconds at speed 1 until the first request: KTRDR sets up its connections anew for each download.
SET_UP_S = 0.3

log = logging.getLogger("ktrdr.data.acquisition.acquisition_service")


class DownloadError(Exception):
    """A download cannot be done; the text is the operation's reason of failure."""

    def __init__(self, reason: str | None) -> None:
        super().__init__(shortened(reason or "the IB host gives no reason"))


class DataFilters(BaseModel):
    """Accepted and not used, as in KTRDR."""

    trading_hours_only: bool = False
    include_extended: bool = False


class Validation(BaseModel):
    """What the IB host says of a symbol."""

    success: bool
    is_valid: bool | None
    error_message: str | None
    head_timestamps: dict[str, datetime | None] | None
    error: str | None


class HistoricalData(BaseModel):
    """Bars that the IB host gives, as JSON in a text."""

    success: bool
    data: str | None
    error: str | None


Finite = Annotated[float, Field(allow_inf_nan=False)]


class Row(BaseModel):
    """One of them."""

    open: Finite
    high: Finite
    low: Finite
    close: Finite
    volume: Finite


class DataLoadRequest(BaseModel):
    """Body of POST /data/acquire/download."""

    symbol: Text
    timeframe: Timeframe
    mode: DownloadMode = "tail"
    start_date: IsoDate | None = None
    end_date: EndDate | None = None
    filters: DataFilters | None = None

    @property
    def name(self) -> str:
        """What KTRDR calls it."""
        return f"Download {self.symbol} {self.timeframe}"


class Downloads:
    """Starts downloads in the backend and can start them again."""

    def __init__(self, host: IbHost, repository: BarRepository, operations: Operations, pace: Pace) -> None:
        self._host = host
        self._repository = repository
        self._operations = operations
        self._pace = pace
        operations.restarts[OperationType.DATA_LOAD] = self._restart

    def start(self, order: DataLoadRequest, *, retry: bool = False) -> OperationInfo:
        """A running operation; whether IB can do it shows later."""
        metadata = OperationMetadata(
            symbol=order.symbol,
            timeframe=order.timeframe,
            mode=order.mode,
            start_date=_moment(order.start_date),
            end_date=_moment(order.end_date),
            parameters={
                "operation_name": f"{order.name} ({order.mode} mode)",
                "service_name": "Data/Acquisition",
            },
        )
        operation = new_operation(OperationType.DATA_LOAD, metadata, retry=retry)
        progress = DownloadProgress(operation, order.name)
        download = Download(order, operation, progress, self._host, self._repository, self._pace)
        self._operations.run(operation, download.run, order)
        return operation

    async def _restart(self, order: dict[str, Any]) -> OperationInfo:
        return self.start(DataLoadRequest.model_validate(order), retry=True)


@dataclass
class Download:
    """One download, in KTRDR's seven steps."""

    order: DataLoadRequest
    operation: OperationInfo
    progress: DownloadProgress
    host: IbHost
    repository: BarRepository
    pace: Pace
    bars: dict[int, Bar] = field(default_factory=dict)

    async def run(self) -> dict[str, Any]:
        """The result summary; what IB refuses raises, with the reason."""
        order, progress = self.order, self.progress
        symbol, timeframe = order.symbol, order.timeframe
        progress.begin(0, f"Validating symbol {symbol}")
        head = await self._validate()
        progress.begin(1, f"Loading cached data for {symbol} {timeframe}")
        held = await asyncio.to_thread(self.repository.series, symbol, timeframe)
        progress.begin(2, f"Validating date range for {symbol}")
        wanted = self._wanted(head)
        progress.begin(3, f"Analyzing data gaps for {symbol} ({order.mode} mode)")
        gaps = await asyncio.to_thread(find_gaps, held, symbol, timeframe, wanted, order.mode)
        result: dict[str, Any] = {
            "symbol": symbol,
            "timeframe": timeframe,
            "rows_downloaded": 0,
            "cache_hit": held is not None and held.count(*wanted) > 0,
            "gaps_filled": 0,
        }
        if not gaps:
            log.info("No gaps to fill, using cached data")
            progress.end()
            return result
        progress.begin(4, f"Creating {len(gaps)} download segments")
        segments = split(gaps, timeframe, order.mode)
        progress.begin(5, f"Downloading {len(segments)} segments from IB")
        await self._fetch_all(segments)
        progress.begin(6, f"Merging and saving {symbol} {timeframe} data")
        await self._save()
        rows = len(self.bars)
        progress.within(len(segments), len(segments), f"💾 Saved {rows:,} bars to CSV", rows)
        progress.end()
        return result | {"rows_downloaded": rows, "gaps_filled": len(gaps), "mode": order.mode}

    async def _validate(self) -> int | None:
        """The moment of the first bar that IB has, if it says so."""
        symbol, timeframe = self.order.symbol, self.order.timeframe
        await asyncio.sleep(SET_UP_S / self.pace.speed)
        body = {"symbol": symbol, "timeframes": [timeframe]}
        answer = await self.host.post("/data/validate", body, Validation)
        if not (answer.success and answer.is_valid):
            raise DownloadError(answer.error or answer.error_message)
        head = (answer.head_timestamps or {}).get(timeframe)
        return None if head is None else seconds_of(head)

    def _wanted(self, head: int | None) -> Span:
        """The range asked for, no earlier than IB's first bar and no later than the last one that is over."""
        order, present = self.order, seconds_of(now())
        end = present if order.end_date is None else seconds_of(datetime.fromisoformat(order.end_date))
        end = min(end, present - STEPS.get(order.timeframe, 0))
        if order.start_date is not None:
            start = seconds_of(datetime.fromisoformat(order.start_date))
        elif order.mode == "tail" or head is None:
            start = min(end, present) - int(TAIL_DEFAULT.total_seconds())
        else:
            start = head
        start = start if head is None else max(start, head)
        if start > end:
            raise DownloadError(f"IB has no bars of {order.symbol} {order.timeframe} in the range asked for")
        return start, end

    async def _fetch_all(self, segments: list[Span]) -> None:
        save_at = time.monotonic() + self.pace.periodic_save_s
        failures: list[str] = []
        total = len(segments)
        for number, segment in enumerate(segments, start=1):
            span = " to ".join(f"{moment_of(each):%Y-%m-%d %H:%M}" for each in segment)
            self.progress.within(number, total, f"Segment {number}/{total}: {span}", len(self.bars))
            try:
                found = await self._fetch(segment)
            except DownloadError as error:
                # IB refuses this piece; it may give the others.
                failures.append(f"segment {number}/{total} ({span}): {error}")
                continue
            except HostServiceError as error:
                # Nobody answers any more: what came so far is kept, but the download has failed.
                await self._save()
                kept = f" (segment {number}/{total}; {len(self.bars)} bars saved)" if self.bars else ""
                raise DownloadError(f"{error}{kept}") from error
            self.bars.update((bar[0], bar) for bar in found)
            detail = f"✅ Loaded {len(found)} bars from segment {number}/{total}"
            self.progress.within(number, total, detail, len(self.bars))
            if number < total and time.monotonic() >= save_at:
                await self._save()
                save_at = time.monotonic() + self.pace.periodic_save_s
        if not self.bars:
            mode, reason = self.order.mode, failures[-1] if failures else "IB has no bars in the range"
            raise DownloadError(
                f"Complete IB failure in '{mode}' mode - all {total} segments failed: {reason}"
            )
        self.operation.warnings.extend(failures)

    async def _fetch(self, segment: Span) -> list[Bar]:
        start, end = (moment_of(each).isoformat() for each in segment)
        body = {"symbol": self.order.symbol, "timeframe": self.order.timeframe, "start": start, "end": end}
        answer = await self.host.post("/data/historical", body, HistoricalData)
        if not answer.success:
            raise DownloadError(answer.error)
        try:
            rows = understood((answer.data or "").encode(), dict[datetime, Row])
        except NonsenseError as error:
            reason = f"the IB host talks nonsense about its bars: {error}"
            raise HostServiceError(f"Host service connection failed: {reason}") from None
        return [
            (seconds_of(moment), row.open, row.high, row.low, row.close, row.volume)
            for moment, row in rows.items()
        ]

    async def _save(self) -> None:
        if self.bars:
            symbol, timeframe, bars = self.order.symbol, self.order.timeframe, list(self.bars.values())
            try:
                await asyncio.to_thread(self.repository.save, symbol, timeframe, bars)
            except OSError as error:
                reason = f"The bars of {symbol} {timeframe} cannot be written to the disk of the data folder"
                raise DownloadError(f"{reason}: {error.strerror or error}") from None


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)

"""Defects about an IB host or a gateway that is not there."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from embedded_ktrdr.backend.downloads import Download
from embedded_ktrdr.backend.ib_client import HostServiceError, IbHost
from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.hosts.gateway_link import GatewayError, GatewayLink

AREA = "faults: hosts"
HOST, GATEWAY, GATEWAY_HANGS = "D4.2", "D4.3", "download-gateway-hangs"
KEEPS = "ib-host-off-keeps-bars"
NONSENSE = tuple(f"ib-host-nonsense#{each}" for each in ("huge", "malformed", "endless", "redirected"))

Ask = Callable[..., Awaitable[Any]]
Run = Callable[[Download], Awaitable[dict[str, Any]]]


def is_late(error: HostServiceError) -> bool:
    """Whether the host was there, but said nothing: its gateway is missing."""
    return "timeout" in str(error)


@defect(
    "ib-host-off-hangs",
    "Without the IB host a download runs for ever",
    (HOST, "it fails within 30 seconds"),
    (KEEPS, "it fails within 30 seconds"),
    area=AREA,
    behaviour="without the IB host a download fails soon",
)
def _ib_host_off_hangs() -> None:
    @patch(IbHost, "post")
    async def post(original: Ask, self: IbHost, *arguments: Any) -> Any:
        try:
            return await original(self, *arguments)
        except HostServiceError as error:
            if not is_late(error):
                await asyncio.Event().wait()
            raise


@defect(
    "ib-host-off-called-success",
    "Without the IB host a download completes with no bars",
    (HOST, "it fails within 30 seconds"),
    (KEEPS, "it fails within 30 seconds"),
    area=AREA,
    severity="blocker",
    behaviour="a download that brought nothing for want of the IB host has failed",
)
def _ib_host_off_called_success() -> None:
    _called_success(late=False)


@defect(
    "ib-host-off-not-named",
    "Without the IB host the reason of a download does not say what is missing",
    (HOST, 'the backend states a reason that names "connection failed"'),
    area=AREA,
    severity="minor",
    behaviour="the reason says that the connection to the IB host failed",
)
def _ib_host_off_not_named() -> None:
    @patch(Download, "run")
    async def run(original: Run, self: Download) -> dict[str, Any]:
        try:
            return await original(self)
        except HostServiceError as error:
            raise HostServiceError("The download failed") from error


@defect(
    "ib-host-off-loses-bars",
    "A download that fails for want of the IB host takes the cached bars with it",
    (KEEPS, "all those cached before can still be read"),
    area=AREA,
    severity="blocker",
    behaviour="a failed download loses no bars that were cached",
)
def _ib_host_off_loses_bars() -> None:
    @patch(Download, "run")
    async def run(original: Run, self: Download) -> dict[str, Any]:
        try:
            return await original(self)
        except HostServiceError:
            self.repository._path(self.order.symbol, self.order.timeframe).unlink(missing_ok=True)
            raise


@defect(
    "ib-host-given-up",
    "Once the IB host could not be reached, it is never asked again",
    (HOST, "a new download can start"),
    (KEEPS, "the same download completes within 180 seconds"),
    area=AREA,
    severity="blocker",
    behaviour="downloads work again when the IB host is back",
)
def _ib_host_given_up() -> None:
    failures: list[str] = []

    @patch(IbHost, "post")
    async def post(original: Ask, self: IbHost, *arguments: Any) -> Any:
        if failures:
            raise HostServiceError(failures[0])
        try:
            return await original(self, *arguments)
        except HostServiceError as error:
            if "HTTP error" in str(error):
                failures.append(str(error))
            raise


@defect(
    "gateway-off-not-reported",
    "The IB host says that its gateway is connected though it is not",
    (GATEWAY, "the IB host says within 5 seconds that its gateway is not connected"),
    area=AREA,
    behaviour="the IB host says whether its gateway is connected",
)
def _gateway_off_not_reported() -> None:
    @patch(GatewayLink, "connected")
    async def connected(_original: object, _self: GatewayLink) -> bool:
        return True


@defect(
    "gateway-off-called-success",
    "Without the IB gateway a download completes with no bars",
    (GATEWAY, "it fails within 150 seconds"),
    (GATEWAY_HANGS, "it fails within 150 seconds"),
    area=AREA,
    severity="blocker",
    behaviour="a download that brought nothing for want of the gateway has failed",
)
def _gateway_off_called_success() -> None:
    _called_success(late=True)


@defect(
    "gateway-given-up",
    "Once its gateway could not be reached, the IB host never tries again",
    (GATEWAY, "a new download can start"),
    (GATEWAY_HANGS, "a new download can start"),
    area=AREA,
    severity="blocker",
    behaviour="downloads work again when the gateway is back",
)
def _gateway_given_up() -> None:
    failures: list[str] = []

    @patch(GatewayLink, "_ask")
    async def ask(original: Ask, self: GatewayLink, *arguments: Any) -> Any:
        if failures:
            raise GatewayError(failures[0])
        try:
            return await asyncio.wait_for(original(self, *arguments), self._pace.ib_timeout_s)
        except TimeoutError:
            failures.append("IB Gateway is not connected")
            raise GatewayError(failures[0]) from None


def _called_success(*, late: bool) -> None:
    @patch(Download, "run")
    async def run(original: Run, self: Download) -> dict[str, Any]:
        try:
            return await original(self)
        except HostServiceError as error:
            if is_late(error) is not late:
                raise
            symbol, timeframe = self.order.symbol, self.order.timeframe
            names = {"symbol": symbol, "timeframe": timeframe, "cache_hit": False}
            return names | {"rows_downloaded": 0, "gaps_filled": 0}

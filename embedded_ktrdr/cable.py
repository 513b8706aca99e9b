"""What connects a service with the others: cut, nothing gets in or out, while its work goes on."""

import asyncio
import mmap

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# How often what a cut cable holds looks whether it is whole again.
LOOK_S = 0.01


class Cable:
    """Memory that the supervisor shares with a service, so that a cut takes effect at once."""

    def __init__(self) -> None:
        self._state = mmap.mmap(-1, 1)

    @property
    def cut(self) -> bool:
        """Whether nothing gets through."""
        return self._state[0] != 0

    @cut.setter
    def cut(self, wish: bool) -> None:
        self._state[0] = int(wish)

    async def whole(self) -> None:
        """Wait until something gets through."""
        while self.cut:
            await asyncio.sleep(LOOK_S)


own = Cable()
"""The cable of this process; a service gets its own."""


class Connected:
    """Middleware: requests and answers wait at a cut cable, on connections old and new."""

    def __init__(self, app: ASGIApp, cable: Cable) -> None:
        self._app = app
        self._cable = cable

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; nobody hears of one whose client gives up while it waits."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._cable.cut:
            held = await self._held(receive)
            if held is None:
                return
            receive = held

        async def send_through(message: Message) -> None:
            await self._cable.whole()
            await send(message)

        await self._app(scope, receive, send_through)

    async def _held(self, receive: Receive) -> Receive | None:
        """The request, to be read once more, when the cable is whole; None if the client has gone."""
        messages = [await receive()]
        while messages[-1].get("more_body"):
            messages.append(await receive())
        gone, whole = asyncio.ensure_future(receive()), asyncio.ensure_future(self._cable.whole())
        await asyncio.wait({gone, whole}, return_when=asyncio.FIRST_COMPLETED)
        whole.cancel()
        if gone.done():
            return None

        async def again() -> Message:
            return messages.pop(0) if messages else await asyncio.shield(gone)

        return again

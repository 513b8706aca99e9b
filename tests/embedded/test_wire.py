"""How long an answer of another service may take to begin and to end."""

import asyncio
from collections.abc import Sequence

import pytest
from machine import idle_s

from embedded_ktrdr.wire import LateError, NonsenseError, Wire

WITHIN = 2.5  # a busy machine sends and reads a second late
HEAD, BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", b"{}"


def asked(*answer: tuple[float, bytes]) -> dict[str, str]:
    """What comes of a request to a service that sends each part after so many seconds more."""

    async def ask() -> dict[str, str]:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            for after, part in answer:
                await asyncio.sleep(after)
                writer.write(part)
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            return await Wire().ask("GET", f"http://127.0.0.1:{port}/", dict[str, str], within=WITHIN)

    return asyncio.run(ask())


def test_one_that_begins_in_time_has_as_much_time_to_end() -> None:
    assert asked((WITHIN * 0.6, HEAD), (WITHIN * 0.7, BODY)) == {}


@pytest.mark.parametrize(
    ("answer", "fault", "said"),
    [
        ([(WITHIN * 3, HEAD + BODY)], LateError, f"no answer within {WITHIN} s"),
        ([(0, HEAD), (WITHIN * 3, BODY)], NonsenseError, f"the answer did not end within {WITHIN} s"),
        ([(0, HEAD[:-2]), (WITHIN * 0.4, b"\r\n{"), (WITHIN * 3, b"}")], NonsenseError, "did not end"),
    ],
)
def test_one_that_is_late_or_does_not_end_is_given_up(
    answer: Sequence[tuple[float, bytes]], fault: type[Exception], said: str
) -> None:
    began = idle_s()
    with pytest.raises(fault, match=said):
        asked(*answer)
    assert idle_s() - began < WITHIN * 2.8

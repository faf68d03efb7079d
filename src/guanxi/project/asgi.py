"""The ASGI application of live updates: one LISTEN connection per process, one queue per open page."""

import asyncio
import os
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

import orjson
import psycopg

from guanxi.core.stream import CHANNEL, Listener, read_token
from guanxi.project.lifeline import follow_parent

# Settings are read at the first token; the applications themselves are not loaded in this small process.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guanxi.project.settings")
if os.environ.get("GUANXI_SUPERVISED") == "1":
    follow_parent()

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BEAT = 15.0
# A page that does not read loses its oldest news; it asks for the whole state when it comes back.
QUEUE_LENGTH = 200
COMMON = [
    (b"access-control-allow-origin", b"*"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]


class Hub:
    """Distributes the notifications of the database to the open pages of this process."""

    def __init__(self) -> None:
        self.queues: dict[asyncio.Queue[bytes], Listener] = {}
        self.connected = False
        self.task: asyncio.Task[None] | None = None

    def ensure_listening(self) -> None:
        """Start listening at the first use, in the loop that serves."""
        if self.task is None or self.task.done():
            self.task = asyncio.get_running_loop().create_task(self._listen())

    async def _listen(self) -> None:
        while True:
            with suppress(psycopg.Error, OSError):
                async with await psycopg.AsyncConnection.connect(
                    os.environ["DATABASE_URL"], autocommit=True
                ) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    self.connected = True
                    async for notice in connection.notifies():
                        self.distribute(notice.payload)
            self.connected = False
            await asyncio.sleep(1)

    def distribute(self, payload: str) -> None:
        """Queue one notification for everybody it is meant for."""
        message = orjson.loads(payload)
        text = b"event: " + message["topic"].encode() + b"\ndata: " + orjson.dumps(message["ids"]) + b"\n\n"
        for queue, listener in self.queues.items():
            wanted = message["member"] in (None, str(listener.member_id))
            if wanted and message["tenant"] == str(listener.tenant_id):
                if queue.full():
                    queue.get_nowait()
                queue.put_nowait(text)


hub = Hub()


async def stream(scope: Message, receive: Receive, send: Send) -> None:
    """Answer /stream?token=… with events until the page closes, and /healthz with the state."""
    if scope["type"] == "lifespan":
        return await _lifespan(receive, send)
    hub.ensure_listening()
    if scope["path"] == "/healthz":
        return await _answer(send, 200 if hub.connected else 503)
    token = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
    listener = read_token(token) if scope["path"] == "/stream" else None
    if listener is None:
        # 204 tells a browser not to try again by itself.
        return await _answer(send, 204 if scope["path"] == "/stream" else 404)
    return await _serve_events(listener, receive, send)


async def _serve_events(listener: Listener, receive: Receive, send: Send) -> None:
    queue: asyncio.Queue[bytes] = asyncio.Queue(QUEUE_LENGTH)
    hub.queues[queue] = listener
    gone = asyncio.ensure_future(_until_closed(receive))
    try:
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-type", b"text/event-stream"), *COMMON],
            }
        )
        await send({"type": "http.response.body", "body": b"retry: 3000\n: hello\n\n", "more_body": True})
        while not gone.done():
            await _send_next(queue, gone, send)
    finally:
        del hub.queues[queue]
        gone.cancel()


async def _send_next(queue: asyncio.Queue[bytes], gone: asyncio.Future[None], send: Send) -> None:
    following = asyncio.ensure_future(queue.get())
    both: set[asyncio.Future[Any]] = {following, gone}
    await asyncio.wait(both, timeout=BEAT, return_when=asyncio.FIRST_COMPLETED)
    if following.done():
        await send({"type": "http.response.body", "body": following.result(), "more_body": True})
        return
    following.cancel()
    if not gone.done():
        await send({"type": "http.response.body", "body": b": beat\n\n", "more_body": True})


async def _until_closed(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": COMMON})
    await send({"type": "http.response.body", "body": b""})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            hub.ensure_listening()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return

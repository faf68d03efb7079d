"""The ASGI application of live updates: one LISTEN connection per process, one queue per open page.

Who opens a page's stream is asked of the database at the opening; what ends it is announced by the database
(identity.migrations.0003_end_streams), and asked again for all after a time without the LISTEN connection.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

import orjson
import psycopg

from guanxi.core.stream import CHANNEL, END, Listener, read_token
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
PERMITTED = """
SELECT 1 FROM identity_membership m
JOIN identity_tenant t ON t.id = m.tenant_id AND t.is_active
JOIN identity_user u ON u.id = m.user_id AND u.is_active AND guanxi_mark(u.password) = %(password)s
JOIN usersessions_usersession s ON s.user_id = u.id AND guanxi_mark(s.session_key) = %(session)s
JOIN django_session d ON d.session_key = s.session_key AND d.expire_date > now()
WHERE m.id = %(member)s AND m.user_id = %(user)s AND m.is_active
"""


class Hub:
    """Distributes the notifications of the database to the open pages of this process."""

    def __init__(self) -> None:
        self.queues: dict[asyncio.Queue[bytes | None], Listener] = {}
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
                    await self._ask_again()
                    async for notice in connection.notifies():
                        self.distribute(notice.payload)
            self.connected = False
            await asyncio.sleep(1)

    def distribute(self, payload: str) -> None:
        """Queue one notification for everybody it is meant for."""
        message = orjson.loads(payload)
        if message["topic"] == END:
            self._end(message)
            return
        text = b"event: " + message["topic"].encode() + b"\ndata: " + orjson.dumps(message["ids"]) + b"\n\n"
        for queue, listener in self.queues.items():
            wanted = message["member"] in (None, str(listener.member_id))
            if wanted and message["tenant"] == str(listener.tenant_id):
                _put(queue, text)

    def _end(self, message: dict[str, str]) -> None:
        """Close the pages of a session, a person or a member; a browser that may come back does so by itself."""
        for queue, listener in self.queues.items():
            ended = {"session": listener.session, "user": str(listener.user_id), "member": str(listener.member_id)}
            if any(ended.get(name) == value for name, value in message.items()):
                _put(queue, None)

    async def _ask_again(self) -> None:
        for queue, listener in list(self.queues.items()):
            if not await permitted(listener):
                _put(queue, None)


def _put(queue: "asyncio.Queue[bytes | None]", item: bytes | None) -> None:
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(item)


async def permitted(listener: Listener) -> bool:
    """Whether session, password and membership behind a token are still what they were. Raises psycopg.Error."""
    values = {
        "member": listener.member_id,
        "user": listener.user_id,
        "session": listener.session,
        "password": listener.password,
    }
    async with await psycopg.AsyncConnection.connect(os.environ["DATABASE_URL"]) as connection:
        await connection.execute("SELECT set_config('app.tenant', %s, true)", [str(listener.tenant_id)])
        answer = await connection.execute(PERMITTED, values)
        return await answer.fetchone() is not None


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
    queue: asyncio.Queue[bytes | None] = asyncio.Queue(QUEUE_LENGTH)
    # Before the question, so that what ends between question and answer is not missed.
    hub.queues[queue] = listener
    try:
        if not await permitted(listener):
            return await _answer(send, 204)
        await _pass_on(queue, receive, send)
    except psycopg.Error:
        # An answer that ends at once lets the browser ask again; any error would silence it for good.
        await _start(send)
        await send({"type": "http.response.body", "body": b"retry: 3000\n\n"})
    finally:
        del hub.queues[queue]


async def _start(send: Send) -> None:
    headers = [(b"content-type", b"text/event-stream"), *COMMON]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


async def _pass_on(queue: "asyncio.Queue[bytes | None]", receive: Receive, send: Send) -> None:
    gone = asyncio.ensure_future(_until_closed(receive))
    try:
        await _start(send)
        await send({"type": "http.response.body", "body": b"retry: 3000\n: hello\n\n", "more_body": True})
        while not gone.done() and await _send_next(queue, gone, send):
            pass
    finally:
        gone.cancel()


async def _send_next(queue: "asyncio.Queue[bytes | None]", gone: asyncio.Future[None], send: Send) -> bool:
    """Send the next message or a beat; False when the stream was ended."""
    following = asyncio.ensure_future(queue.get())
    both: set[asyncio.Future[Any]] = {following, gone}
    await asyncio.wait(both, timeout=BEAT, return_when=asyncio.FIRST_COMPLETED)
    if following.done():
        text = following.result()
        await send({"type": "http.response.body", "body": text or b"", "more_body": text is not None})
        return text is not None
    following.cancel()
    if not gone.done():
        await send({"type": "http.response.body", "body": b": beat\n\n", "more_body": True})
    return True


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

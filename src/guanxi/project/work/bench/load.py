"""Cheap clients: each is a thread with one kept connection and a raw socket, so that measuring costs little."""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from guanxi.project.failure import Failure

Request = Callable[[int], bytes]


@dataclass(frozen=True)
class Measured:
    """What some clients saw: answers a second, and the middle and the 95th percentile of the time for one in ms."""

    rate: float
    p50: float
    p95: float
    answers: int


def measure(port: int, request: Request, *, clients: int, seconds: float) -> Measured:
    """Ask from several clients at once; `request(n)` makes the n-th request. Raises `Failure` on an answer that is no 2xx."""
    times: list[list[float]] = [[] for _client in range(clients)]
    failures: list[str] = []
    end = time.monotonic() + seconds

    def work(client: int) -> None:
        try:
            with Connection(port) as connection:
                number = client
                while time.monotonic() < end:
                    began = time.perf_counter()
                    connection.ask(request(number))
                    times[client].append(time.perf_counter() - began)
                    number += clients
        except (OSError, Failure) as error:
            failures.append(str(error))

    began = time.monotonic()
    threads = [threading.Thread(target=work, args=(client,)) for client in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise Failure(failures[0])
    everything = sorted(moment for client in times for moment in client)
    return Measured(
        len(everything) / (time.monotonic() - began), _part(everything, 0.5), _part(everything, 0.95), len(everything)
    )


def _part(times: Sequence[float], share: float) -> float:
    return times[min(len(times) - 1, int(len(times) * share))] * 1000 if times else 0.0


class Connection:
    """One kept HTTP connection to the server on this machine."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_error: object) -> None:
        self._socket.close()

    def ask(self, request: bytes) -> bytes:
        """Send a request and read the whole answer; returns its body. Raises `Failure` unless it is a 2xx."""
        self._socket.sendall(request)
        head = self._until(b"\r\n\r\n")
        fields = head.lower()
        if b"transfer-encoding: chunked" in fields:
            body = self._chunks()
        else:
            at = fields.find(b"content-length:")
            length = int(fields[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            body = self._exactly(length)
        if head[9:10] != b"2":
            asked, answered = (text.split(b"\r\n", 1)[0].decode() for text in (request, head))
            raise Failure(f"{asked}: {answered} {body[:300].decode(errors='replace')}")
        return body

    def _chunks(self) -> bytes:
        body = b""
        while True:
            size = int(self._until(b"\r\n").strip(), 16)
            body += self._exactly(size)
            self._until(b"\r\n")
            if size == 0:
                return body

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._rest:
            self._rest += self._more()
        found, self._rest = self._rest.split(mark, 1)
        return found

    def _exactly(self, length: int) -> bytes:
        parts, have = [self._rest], len(self._rest)
        while have < length:
            part = self._more()
            parts.append(part)
            have += len(part)
        content = b"".join(parts)
        self._rest = content[length:]
        return content[:length]

    def _more(self) -> bytes:
        part = self._socket.recv(262_144)
        if not part:
            raise Failure("The server closed the connection.")
        return part

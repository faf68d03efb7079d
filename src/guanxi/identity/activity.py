"""When a session was last used, for the list of one's sessions."""

import time
from collections.abc import Callable

from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse

PAUSE = 60.0
MOST_KEPT = 20_000


class SessionActivity:
    """Notes use, address and browser of a signed-in session: at once when they are new to this process, then once a minute.

    allauth's own middleware writes with every page, which makes a transaction of each reading and lets two pages of one
    person wait for each other.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._noted: dict[tuple[str, str, str], float] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Note the session when it is time, then answer."""
        key = request.session.session_key
        if key and request.user.is_authenticated:
            self._note(request, (key, request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_USER_AGENT", "")))
        return self.get_response(request)

    def _note(self, request: HttpRequest, seen: tuple[str, str, str]) -> None:
        now = time.monotonic()
        if now - self._noted.get(seen, -PAUSE) < PAUSE:
            return
        if len(self._noted) >= MOST_KEPT:
            self._noted.clear()
        UserSession.objects.create_from_request(request)
        self._noted[seen] = now

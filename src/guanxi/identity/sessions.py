"""Sessions in the database, as Django keeps them, read by a statement that stays compiled and planned: every page begins with it."""

from datetime import UTC, datetime
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from guanxi.core.db.planned import PlannedObjects

_MARKS = {"key": "\ue000\ue001 session \ue002", "now": datetime(1901, 2, 3, 4, 5, 6, 789123, tzinfo=UTC)}
_LIVE = PlannedObjects(lambda: Session.objects.filter(session_key=_MARKS["key"], expire_date__gt=_MARKS["now"]), _MARKS)


class SessionStore(DatabaseStore):
    """Django's own store but for how a session is found."""

    def _get_session_from_db(self) -> Any:
        found = _LIVE.fetch({"key": self.session_key, "now": timezone.now()})
        if not found:
            self._session_key = None
        return found[0] if found else None

"""The stream of live updates that a page of a signed-in member opens."""

from typing import Any

from django.http import HttpRequest

from guanxi.core.stream import Listener, mark, stream_address
from guanxi.identity.actor import Actor


def page_stream(request: HttpRequest, actor: Actor) -> str:
    """The address for this page; empty for an actor who is no member. It ends with session, password or membership."""
    user: Any = request.user
    if actor.member_id is None or actor.user_id is None or not request.session.session_key:
        return ""
    session, password = mark(request.session.session_key), mark(user.password)
    return stream_address(Listener(actor.tenant_id, actor.member_id, actor.user_id, session, password))

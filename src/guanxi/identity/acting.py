"""The actor of a session: the person who signed in, or the colleague as whom an administrator has signed in for a while."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _

from guanxi.core.errors import NotAllowed, NotFound
from guanxi.identity.actor import Actor
from guanxi.identity.audit import note_access
from guanxi.identity.models import Membership
from guanxi.identity.permissions import require_admin
from guanxi.identity.queries import actor_of_user

AS_KEY = "signed_in_as"
# What belongs to a person alone: closed to whoever has signed in as that person.
PERSONAL = ("/auth/", "/settings/profile/", "/settings/preferences/", "/settings/tokens/", "/switch/", "/start/")
STILL_OPEN = ("/auth/logout/",)


def actor_of_session(request: HttpRequest, tenant_id: UUID, *, via: str = "web", origin: str = "") -> Actor | None:
    """The actor in the running transaction's tenant, or None without an active membership."""
    assert request.user.id is not None
    own = actor_of_user(tenant_id, request.user.id, via=via, origin=origin)
    target = request.session.get(AS_KEY)
    if not target or own is None:
        return own
    if target.get("tenant") != str(tenant_id) or not own.is_admin:
        request.session.pop(AS_KEY, None)
        return own
    other = actor_of_user(tenant_id, UUID(target["user"]), via=via, origin=origin)
    if other is None or other.is_admin:
        request.session.pop(AS_KEY, None)
        return own
    return replace(other, doer_id=own.member_id, language=own.language, time_zone=own.time_zone)


def begin_acting(request: HttpRequest, actor: Actor, member_id: UUID) -> Any:
    """Sign in as a colleague who is no administrator. Raises `NotAllowed`, `NotFound`."""
    require_admin(actor)
    if actor.doer_id is not None or actor.member_id == member_id:
        raise NotAllowed(_("You have signed in as this person already."))
    member = Membership.objects.select_related("role").filter(id=member_id, is_active=True).first()
    if member is None:
        raise NotFound(_("It does not exist."))
    if member.role.is_admin:
        raise NotAllowed(_("Nobody may sign in as another administrator."))
    note_access(actor, "sign_in_as.begun", object_name="user", record_id=member.id)
    request.session[AS_KEY] = {"tenant": str(actor.tenant_id), "user": str(member.user_id)}
    return member


def end_acting(request: HttpRequest, actor: Actor) -> None:
    """Back to one's own account; nothing happens when one is there already."""
    if request.session.pop(AS_KEY, None) is not None and actor.doer_id is not None:
        note_access(actor, "sign_in_as.ended", object_name="user", record_id=actor.member_id)


def closed_while_acting(actor: Actor, path: str) -> bool:
    """Whether a page is the person's own business."""
    return actor.doer_id is not None and path.startswith(PERSONAL) and not path.startswith(STILL_OPEN)

"""What the views of this room share."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, Invalid, NotFound, Refused
from guanxi.engagement.models import Questionnaire
from guanxi.engagement.queries import ROOM
from guanxi.identity.permissions import require
from guanxi.records.queries import get_record
from guanxi.records.views.base import actor_of, uuids


def open_room(request: HttpRequest) -> None:
    """Raise `NotFound` when this room is switched off."""
    if ROOM in actor_of(request).rooms_off:
        raise NotFound(_("There is no such page."))


def questionnaire_of(request: HttpRequest, id: Any, action: str = "view") -> Questionnaire:
    """The questionnaire of an address, of an open room."""
    open_room(request)
    require(actor_of(request), "questionnaire", action)
    found: Questionnaire = get_record(actor_of(request), "questionnaire", id, action)
    return found


def account_of(request: HttpRequest) -> Any:
    """The account that `?account=` names. Raises `NotFound`."""
    key = next(iter(uuids([request.GET.get("account", "")])), None)
    if key is None:
        raise NotFound(_("There is no such page."))
    return get_record(actor_of(request), "account", key)


def messages_of(refusal: Refused, known: tuple[str, ...] = ()) -> tuple[dict[str, list[str]], list[str]]:
    """Messages by field, and those that belong to no field of the form."""
    errors = dict(refusal.errors) if isinstance(refusal, Invalid) else {"": [refusal.message]}
    loose = [text for name, texts in errors.items() if name not in known for text in texts]
    return errors, loose


REFUSALS = (Invalid, Conflict)

"""What the views of activity share: reading forms, the customer a form is about, answers to dialogs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, Invalid, NotAllowed, NotFound
from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.forms import own_inputs, own_values
from guanxi.records.queries import get_record, shown_label
from guanxi.records.screens import fragment
from guanxi.records.views.base import actor_of, triggered


@dataclass(frozen=True)
class Fields:
    """A form's values, cleaned of form only; what they mean the services check."""

    data: QueryDict

    def text(self, name: str) -> str:
        """The text without surrounding space."""
        return self.data.get(name, "").strip()

    def key(self, name: str) -> UUID | None:
        """A record's key, or None. Raises `NotFound` for what is none."""
        text = self.text(name)
        try:
            return UUID(text) if text else None
        except ValueError:
            raise NotFound(_("There is no such record, or it is not shown to your role.")) from None

    def keys(self, name: str) -> list[UUID]:
        """Several keys."""
        found = [Fields(_single(name, text)).key(name) for text in self.data.getlist(name)]
        return [key for key in found if key]

    def moment(self, name: str) -> datetime | None:
        """A date and time as the person's clock shows it. Raises `Invalid`."""
        text = self.text(name).replace(" ", "+") if "T" in self.text(name) else self.text(name)
        return parse_moment(text, name)

    def number(self, name: str) -> int | None:
        """A whole number. Raises `Invalid`."""
        text = self.text(name)
        if not text:
            return None
        if not text.isascii() or not text.isdecimal() or len(text) > 6:
            raise Invalid({name: [_("A whole number is expected.")]})
        return int(text)


def parse_moment(text: str, name: str) -> datetime | None:
    """A date, or date and time, in the person's zone unless it names its own. Raises `Invalid`."""
    if not text:
        return None
    try:
        moment = parse_datetime(text)
        day = parse_date(text[:10]) if moment is None else None
        if moment is None and day is not None:
            moment = datetime.combine(day, time())
        if moment is None:
            raise ValueError
        return moment.astimezone(UTC) if moment.tzinfo else timezone.make_aware(moment)
    except (ValueError, OverflowError):
        raise Invalid({name: [_("A date and time such as 2026-11-19 16:20 are expected.")]}) from None


@dataclass(frozen=True)
class About:
    """Whom or what a form is about, within the actor's sight. `asked` is contact when the account only follows from it."""

    account: Any = None
    contact: Any = None
    object: str = ""
    record_id: UUID | None = None
    label: str = ""
    asked: str = ""

    @property
    def subject(self) -> str:
        """What the form names most closely: record, contact or account."""
        if self.object:
            return "record"
        return self.asked or ("account" if self.account else "contact")

    @property
    def links(self) -> dict[str, Any]:
        """Arguments of the services."""
        return {
            "account_id": self.account.id if self.account else None,
            "contact_id": self.contact.id if self.contact else None,
            "object": self.object,
            "record_id": self.record_id,
        }

    @property
    def hidden(self) -> dict[str, str]:
        """Hidden fields that carry it through a form."""
        pairs = {
            "account": self.account.id if self.account else "",
            "contact": self.contact.id if self.contact else "",
            "object": self.object,
            "record": self.record_id or "",
        }
        return {name: str(value) for name, value in pairs.items() if value}

    @property
    def name(self) -> str:
        """How it is called."""
        return self.label


def about_of(actor: Actor, data: QueryDict) -> About:
    """From `account`, `contact`, `object` and `record` of an address or form. Raises `NotFound`."""
    fields = Fields(data)
    account_id, contact_id, record_id = fields.key("account"), fields.key("contact"), fields.key("record")
    name = fields.text("object")
    account = get_record(actor, "account", account_id) if account_id else None
    contact = get_record(actor, "contact", contact_id) if contact_id else None
    label = ""
    if name and record_id:
        if name not in {kind.name for kind in registry.objects()}:
            raise NotFound(_("There is no such record, or it is not shown to your role."))
        record = get_record(actor, name, record_id)
        label = shown_label(actor, record)
        account = account or (getattr(record, "account", None) if name != "account" else record)
        contact = contact or getattr(record, "contact", None)
    if contact is not None and account is None:
        account = contact.account
    asked = "contact" if contact_id and not account_id else ""
    names = [shown_label(actor, one) for one in (contact, account) if one is not None]
    return About(account, contact, name if record_id else "", record_id, ", ".join(names) or label, asked)


def saved(text: str, *, refresh: bool = False) -> HttpResponse:
    """A dialog did its work: it closes, the timeline loads anew (or the whole page), a toast says what happened."""
    events: dict[str, Any] = {"gx_saved": True, "gx_timeline": True, "gx_toast": {"text": text}}
    if refresh:
        events["gx_refresh"] = True
    return triggered(**events)


def own_of(request: HttpRequest, object_name: str) -> dict[str, Any]:
    """What the form says of the tenant's own fields of an object."""
    return own_values(actor_of(request), registry.get(object_name), request.POST)


def dialog(
    request: HttpRequest, template: str, context: Mapping[str, Any], save: Callable[[Fields, About], HttpResponse]
) -> HttpResponse:
    """GET shows the form; POST saves it or shows it again with what is wrong beside each field, input kept.

    `own_kind` in the context names the object whose own fields the form draws (activity/_own.html.jinja).
    """
    actor = actor_of(request)
    data = request.POST if request.method == "POST" else request.GET
    about = about_of(actor, data)
    shown = {"values": data, "errors": {}, "about": about, "action": request.path, **context}
    kind = registry.get(context["own_kind"]) if "own_kind" in context else None
    if request.method != "POST":
        return fragment(request, template, {**shown, "own": own_inputs(actor, kind) if kind else []})
    try:
        return save(Fields(request.POST), about)
    except Invalid as refused:
        errors: Mapping[str, Any] = refused.errors
    except (Conflict, NotAllowed) as refused:
        errors = {"": [refused.message]}
    request.failed = True  # type: ignore[attr-defined]
    own = own_inputs(actor, kind, request.POST, errors) if kind else []
    return fragment(request, template, {**shown, "errors": errors, "own": own}, status=422)


def _single(name: str, text: str) -> QueryDict:
    data = QueryDict(mutable=True)
    data[name] = text
    return data

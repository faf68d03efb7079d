"""Over the API: mail written about a record, read with what became of it, tried again; the caller's notifications."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from guanxi.activity.models import Notification
from guanxi.activity.queries import inbox, notification, unread_count
from guanxi.activity.services import mark_all_notifications_read, mark_notification, mark_notification_read
from guanxi.activity.services.mail import write_mail
from guanxi.core.errors import Invalid
from guanxi.customers.models import ConsentPurpose
from guanxi.identity.actor import Actor
from guanxi.messaging.queries import MESSAGE_STATUSES, attached_files, outgoing, outgoing_message
from guanxi.messaging.services import retry_message
from guanxi.records import registry
from guanxi.records.api.calls import Call, answer, number, query
from guanxi.records.api.settings import offer
from guanxi.records.api.settings.own import for_the_person
from guanxi.records.api.settings.resources import Action, Resource, Row, Values
from guanxi.records.api.settings.shapes import (
    KEY,
    MOMENT,
    TEXT,
    TEXTS,
    WHOLE,
    YES_NO,
    key_in,
    moment,
    one_of,
    or_null,
    words,
)
from guanxi.records.lists import MAX_LIMIT

FILES = 10


def _row(message: Any) -> Row:
    kind = registry.find(message.object)
    return {
        "id": str(message.id),
        "status": message.status,
        "from": message.sender,
        "reply_to": message.reply_to,
        "to": message.to,
        "cc": message.cc,
        "subject": message.subject,
        "text": message.text,
        "collection": kind.plural if kind else None,
        "record": str(message.record_id) if kind and message.record_id else None,
        "template": str(message.template_id) if message.template_id else None,
        "by": str(message.member_id) if message.member_id else None,
        "attempts": message.attempts,
        "error": message.error,
        "created_at": moment(message.created_at),
        "sent_at": moment(message.sent_at),
        "failed_at": moment(message.failed_at),
    }


def _list(call: Call) -> HttpResponse:
    values = query(call.request, ("status", "cursor", "limit"))
    limit = number(values, "limit", 50, MAX_LIMIT)
    status = values.get("status", "")
    if status and status not in MESSAGE_STATUSES:
        raise Invalid({"status": [str(_("Choose one of the list."))]})
    before = key_in(values, "cursor") if values.get("cursor") else None
    found = outgoing(call.actor, status=status, before=before, limit=limit)
    following = str(found[limit - 1].id) if len(found) > limit else None
    return answer({"data": [_row(one) for one in found[:limit]], "next": following})


def _get(actor: Actor, key: UUID) -> Row:
    message = outgoing_message(actor, key)
    files = [{"id": str(file.id), "label": file.name} for file in attached_files(actor, message)]
    return _row(message) | {"attachments": files}


def _send(actor: Actor, values: Values) -> tuple[UUID, Row]:
    name = values.get("collection")
    kind = registry.by_plural(name) if name else None
    if name and kind is None:
        raise Invalid({"collection": [str(_("Choose one of the list."))]})
    if (kind is None) != (values.get("record") is None):
        raise Invalid({"record": [str(_("A record is named by its collection and its id."))]})
    sent = write_mail(
        actor,
        account_id=key_in(values, "account"),
        contact_id=key_in(values, "contact"),
        object=kind.name if kind else "",
        record_id=key_in(values, "record"),
        subject=values.get("subject") or "",
        body=values.get("body") or "",
        template=key_in(values, "template"),
        purpose=values.get("purpose") or "",
        attachments=_keys(values),
    )
    assert sent.message_id is not None, "a mail has a message"
    return sent.message_id, {}


def _keys(values: Values) -> list[UUID]:
    found = [key_in({"attachments": text}, "attachments") for text in values.get("attachments") or ()]
    return [key for key in found if key is not None]


_LINKS: Mapping[str, Any] = {"type": "array", "items": {"$ref": "#/components/schemas/Link"}}
_OPTIONAL_KEY = or_null(KEY)
offer(
    Resource(
        name="messages",
        schema="Message",
        label=_("Outgoing mail"),
        list_call=_list,
        get=_get,
        read={
            "status": one_of(*MESSAGE_STATUSES), "from": TEXT, "reply_to": TEXT, "to": TEXTS, "cc": TEXTS, "subject": TEXT, "text": TEXT,
            "collection": or_null(TEXT), "record": _OPTIONAL_KEY, "template": _OPTIONAL_KEY, "by": _OPTIONAL_KEY, "attempts": WHOLE,
            "error": TEXT, "created_at": MOMENT, "sent_at": or_null(MOMENT), "failed_at": or_null(MOMENT), "attachments": dict(_LINKS),
        },
        write={
            "account": _OPTIONAL_KEY, "contact": _OPTIONAL_KEY, "collection": or_null(words(60)), "record": _OPTIONAL_KEY,
            "subject": or_null(words(400)), "body": or_null(words(200_000)), "template": _OPTIONAL_KEY,
            "purpose": one_of(*ConsentPurpose.values), "attachments": {"type": "array", "maxItems": FILES, "items": KEY},
        },
        create=_send,
        filters={"status": _("Only those that are this far: queued, sent, failed, bounced, held")},
        actions={"retry": Action(_("Send again"), lambda actor, key, _version: retry_message(actor, key))},
        room="activity",
    )
)  # fmt: skip


def _notification(one: Notification) -> Row:
    kind = registry.find(one.object)
    return {
        "id": str(one.id),
        "kind": one.kind,
        "text": one.text,
        "url": one.url,
        "collection": kind.plural if kind else None,
        "record": str(one.record_id) if kind and one.record_id else None,
        "at": moment(one.at),
        "read": one.read_at is not None,
        "read_at": moment(one.read_at),
    }


def _notifications(call: Call) -> HttpResponse:
    for_the_person(call.actor)
    values = query(call.request, ("unread", "cursor", "limit"))
    limit = number(values, "limit", 50, MAX_LIMIT)
    after = notification(call.actor, key) if (key := key_in(values, "cursor")) else None
    found = inbox(call.actor, limit=limit + 1, unread=values.get("unread") == "1", after=after)
    following = str(found[limit - 1].id) if len(found) > limit else None
    return answer({"data": [_notification(one) for one in found[:limit]], "next": following})


def _one_notification(actor: Actor, key: UUID) -> Row:
    for_the_person(actor)
    return _notification(notification(actor, key))


def _mark(actor: Actor, key: UUID, values: Values, _version: int | None) -> None:
    for_the_person(actor)
    if "read" in values:
        mark_notification(actor, notification_id=key, read=values["read"])


def _read_one(actor: Actor, key: UUID, _version: int | None) -> None:
    for_the_person(actor)
    mark_notification_read(actor, notification_id=key)


def _inbox(actor: Actor, _key: Any) -> Row:
    for_the_person(actor)
    return {"id": str(actor.member_id), "unread": unread_count(actor)}


def _empty_inbox(actor: Actor, _key: Any, values: Values, _version: int | None) -> None:
    for_the_person(actor)
    if values.get("all_read"):
        mark_all_notifications_read(actor)


offer(
    Resource(
        name="notifications",
        schema="Notification",
        label=_("Notifications of the caller"),
        list_call=_notifications,
        get=_one_notification,
        read={
            "kind": TEXT, "text": TEXT, "url": TEXT, "collection": or_null(TEXT), "record": _OPTIONAL_KEY, "at": MOMENT, "read": YES_NO,
            "read_at": or_null(MOMENT),
        },
        write={"read": YES_NO},
        update=_mark,
        filters={"unread": _("1: only those that are not read yet")},
        actions={"read": Action(_("Mark as read"), _read_one)},
        room="activity",
    )
)  # fmt: skip
offer(
    Resource(
        name="inbox",
        schema="Inbox",
        label=_("How many notifications the caller has not read; all_read marks them read"),
        single=True,
        get=_inbox,
        read={"unread": WHOLE},
        write={"all_read": YES_NO},
        update=_empty_inbox,
        room="activity",
    )
)

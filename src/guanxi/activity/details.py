"""What the pages of a task and of an event show beside their fields."""

from typing import Any

from guanxi.activity.models import EventAttendee
from guanxi.records.display import record_url
from guanxi.records.queries import shown_label, visible_records
from guanxi.records.registry import objects


def task_context(actor: Any, record: Any, request: Any) -> dict[str, Any]:
    """The checklist beside the facts, and what the task is about."""
    return {"task": record, "about_card": about_card(actor, record)}


def event_context(actor: Any, record: Any, request: Any) -> dict[str, Any]:
    """Who takes part, and what the reader answered."""
    guests = list(EventAttendee.objects.filter(event=record).select_related("member", "contact").order_by("id"))
    own = next((guest for guest in guests if guest.member_id and guest.member_id == actor.member_id), None)
    return {
        "guests": guests,
        "own_answer": own.answer if own else None,
        "about_card": about_card(actor, record),
    }


def about_card(actor: Any, record: Any) -> dict[str, Any] | None:
    """The record that a task or event is about, where the reader may see it."""
    kind = next((one for one in objects() if one.name == record.object), None)
    if kind is None or record.record_id is None or kind.room in actor.rooms_off:
        return None
    about = visible_records(actor, kind.name).filter(id=record.record_id).first()
    if about is None:
        return None
    return {
        "label": kind.label,
        "icon": kind.icon,
        "name": shown_label(actor, about),
        "url": record_url(kind, about.id),
    }

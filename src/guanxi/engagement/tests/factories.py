"""Offers and questionnaires of tests, and events delivered as the worker does."""

from typing import Any

from django.utils import timezone

from guanxi.core.events import Delivery, handlers_of, load_event
from guanxi.core.models import OutboxEvent
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record

CONTENT: dict[str, Any] = {
    "sections": [
        {
            "title": "Your order",
            "title_zh": "您的订单",
            "questions": [
                {"key": "again", "kind": "scale", "measure": "nps", "text": "Would you recommend us?", "text_zh": "您会推荐我们吗？", "required": True},
                {"key": "why", "kind": "text", "text": "Why?", "show_if": {"question": "again", "op": "lte", "value": 6}, "required": True},
                {
                    "key": "ways", "kind": "multiple", "text": "How do you reach us?",
                    "options": [{"key": "phone", "text": "Phone", "points": 2}, {"key": "mail", "text": "Mail", "points": 3}],
                },
                {
                    "key": "parts", "kind": "matrix", "text": "How good were we?", "from": 1, "to": 5,
                    "options": [{"key": "delivery", "text": "Delivery"}, {"key": "price", "text": "Price"}],
                },
                {"key": "visit", "kind": "yes_no", "text": "May we visit you?", "points": 5},
            ],
        }
    ]
}  # fmt: skip


def make_offer(actor: Actor, name: str = "Service contract", **values: Any) -> Any:
    """An active offer for everybody."""
    return create_record(actor, "offer", {"name": name, "status": "active", **values})


def make_questionnaire(actor: Actor, name: str = "After the delivery", **values: Any) -> Any:
    """An open questionnaire."""
    given = {"name": name, "name_zh": "交付之后", "purpose": "nps", "content": CONTENT, "status": "open", **values}
    return create_record(actor, "questionnaire", given)


def deliver(actor: Actor) -> None:
    """Hand every waiting event to all of its handlers, also those that come of it."""
    while waiting := list(OutboxEvent.objects.filter(tenant_id=actor.tenant_id, done_at__isnull=True).order_by("id")):
        for row in waiting:
            event = load_event(row.name, row.payload)
            delivery = Delivery(row.id, actor.tenant_id, row.at, row.member_id)
            for key, handler in handlers_of(row.name):
                if key.startswith(("guanxi.engagement", "guanxi.sales", "guanxi.activity")):
                    handler(event, delivery)
            OutboxEvent.objects.filter(id=row.id).update(done_at=timezone.now())

"""What merge fields may show: a record's readable fields as text, the sender, the company."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from guanxi.identity.actor import Actor
from guanxi.identity.models import Company, Membership, Tenant
from guanxi.identity.permissions import matchable
from guanxi.records import registry
from guanxi.records.display import Painter
from guanxi.records.queries import get_record, linked_labels
from guanxi.records.registry import Field, ObjectType
from guanxi.records.values import plain


def record_values(actor: Actor, object_name: str, record_id: UUID) -> dict[str, str]:
    """Field name → text as people read it, of a record that the actor may see; hidden and masked fields are left out.

    Links show the name of the record they point to. Raises NotFound.
    """
    kind = registry.get(object_name)
    record = get_record(actor, object_name, record_id)
    painter = Painter(actor, kind)
    row = {item.name: plain(_stored(item, record)) for item in kind.fields}
    readable = [item for item in kind.fields if matchable(actor, object_name, item.name)]
    return {item.name: _text(actor, painter, item, row) for item in readable}


def sender_values(actor: Actor) -> dict[str, Any]:
    """The values `user` and `company` of every template."""
    member = Membership.objects.filter(id=actor.member_id).values("name", "title", "phone", "user__email").first() or {}
    company = Company.objects.filter(id=actor.tenant_id).values("phone", "email", "website", "address").first() or {}
    name = Tenant.objects.values_list("name", flat=True).get(id=actor.tenant_id)
    return {
        "user": {
            "name": member.get("name", ""),
            "title": member.get("title", ""),
            "phone": member.get("phone", ""),
            "email": member.get("user__email", ""),
        },
        "company": {"name": name, **company},
    }


def merge_fields(actor: Actor, kinds: list[ObjectType]) -> list[tuple[str, str]]:
    """(merge field, label) of everything that a template for these objects may use, for the template's editor."""
    found = [
        (f"{kind.name}.{item.name}", f"{kind.label}: {item.label}")
        for kind in kinds
        for item in kind.fields
        if item.kind != "json"
    ]
    return [pair for pair in found if matchable(actor, *pair[0].split(".", 1))]


def _stored(item: Field, record: Any) -> Any:
    if item.custom:
        return record.custom.get(item.name)
    column = item.column or item.name
    return getattr(record, f"{column}_id") if item.kind == "link" else getattr(record, column)


def _text(actor: Actor, painter: Painter, item: Field, row: Mapping[str, Any]) -> str:
    value = row[item.name]
    if value in (None, "", []):
        return ""
    if item.kind == "link":
        key = UUID(str(value))
        return str(linked_labels(actor, item.to, {key}).get(key, ""))
    return painter.text(item, value, row)

"""The parts of a customer's page that customers brings: people, account team, consent, traits, addresses, relationships."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from guanxi.customers import queries
from guanxi.customers.hierarchy import ties_of, tree_of
from guanxi.customers.models import POINT_FIELDS, ConsentChannel, ConsentPurpose
from guanxi.customers.services import one_line
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import field_access
from guanxi.records.queries import may_change
from guanxi.records.registry import ObjectType
from guanxi.records.values import masked

CHANNEL_ICONS = {"phone": "phone", "mail": "mail", "sms": "message", "wechat": "brand-wechat", "letter": "mailbox"}
MOODS = {"positive": "good", "neutral": "fair", "negative": "bad"}
ADDRESS = ("street", "city", "region", "postcode", "country")
TRAITS = ("needs", "preferences", "hobbies")
BLOCKS_OF = {
    "account": ("people", "traits", "consent", "addresses", "team", "relationships", "hierarchy"),
    "contact": ("places", "traits", "consent", "addresses", "relationships"),
}


def block_context(actor: Actor, kind: ObjectType, record: Any, name: str) -> dict[str, Any]:
    """What customers/blocks/<name>.html.jinja needs for an account or contact that the actor sees."""
    return {
        "block": name,
        "block_url": f"/{kind.plural}/{record.id}/blocks/{name}",
        "base_url": f"/{kind.plural}/{record.id}",
        "record": record,
        "may_edit": may_change(actor, kind.name, record),
        **_CONTEXTS[name](actor, kind, record),
    }


def customer_blocks(actor: Actor, kind: ObjectType, record: Any) -> dict[str, dict[str, Any]]:
    """All parts at once, by name, for a page that includes their templates: `{% with … %}` or as `blocks.people`."""
    return {name: block_context(actor, kind, record, name) for name in BLOCKS_OF[kind.name]}


def link_of(kind: ObjectType, record: Any) -> dict[str, Any]:
    """The record as the argument `account_id` or `contact_id` of services and queries."""
    return {f"{kind.name}_id": record.id}


def _people(actor: Actor, kind: ObjectType, record: Any) -> dict[str, Any]:
    return {"people": queries.people_of(actor, record.id), "moods": MOODS}


def _places(actor: Actor, kind: ObjectType, record: Any) -> dict[str, Any]:
    return {"places": queries.places_of(actor, record.id)}


def _traits(actor: Actor, kind: ObjectType, record: Any) -> dict[str, Any]:
    shown = [
        name for name in TRAITS if name in kind.by_name and field_access(actor, kind.name, name) in ("read", "write")
    ]
    return {"traits": [(kind.by_name[name].label, name, getattr(record, name)) for name in shown]}


def _consent(actor: Actor, kind: ObjectType, record: Any) -> dict[str, Any]:
    said = queries.consents_of(**link_of(kind, record))
    channels = [
        {"value": value, "label": label, "icon": CHANNEL_ICONS[value], "status": _status(said, "marketing", value)}
        for value, label in ConsentChannel.choices
    ]
    rows = [
        {
            "value": purpose,
            "label": label,
            "cells": [(channel, _status(said, purpose, channel)) for channel in ConsentChannel.values],
        }
        for purpose, label in ConsentPurpose.choices
    ]
    return {"channels": channels, "purposes": rows}


def _addresses(actor: Actor, kind: ObjectType, record: Any) -> dict[str, Any]:
    link = link_of(kind, record)
    rows = [
        (address, one_line(readable_address(actor, kind.name, address))) for address in queries.addresses_of(**link)
    ]
    return {
        "main_address": one_line(readable_address(actor, kind.name, record)),
        "addresses": [(address, line) for address, line in rows if line],
        "points": [point for point in queries.points_of(**link) if may_see_point(actor, kind.name, point)],
    }


def readable_address(actor: Actor, object_name: str, address: Any) -> SimpleNamespace:
    """The parts of an address whose fields the role may read on the record itself; the others empty."""
    may_read = {name: field_access(actor, object_name, name) in ("read", "write") for name in ADDRESS}
    return SimpleNamespace(**{name: getattr(address, name) if may_read[name] else "" for name in ADDRESS})


def may_see_point(actor: Actor, object_name: str, point: Any) -> bool:
    """A further phone or e-mail follows the record's own field: hidden with it, masked with it (in memory only)."""
    access = field_access(actor, object_name, POINT_FIELDS[point.kind])
    if access == "masked":
        point.value = masked(point.value)
    return access != "hidden"


def _team(actor: Actor, kind: ObjectType, record: Any) -> dict[str, Any]:
    return {"team": queries.account_team(record.id)}


def _relationships(actor: Actor, kind: ObjectType, record: Any) -> dict[str, Any]:
    if not ties_of(kind, record).relationships:
        return {"relationships": []}
    rows = []
    for row in queries.relationships_of(actor, **link_of(kind, record)):
        start: Any = row.from_account or row.from_contact
        end: Any = row.to_account or row.to_contact
        forward = start.id == record.id
        other = end if forward else start
        plural = "accounts" if other.id in (row.from_account_id, row.to_account_id) else "contacts"
        rows.append(
            {
                "row": row,
                "forward": forward,
                "start": start,
                "end": end,
                "other": other,
                "url": f"/{plural}/{other.id}/",
            }
        )
    return {"relationships": rows}


def _hierarchy(actor: Actor, kind: ObjectType, record: Any) -> dict[str, Any]:
    shown = field_access(actor, kind.name, "parent") in ("read", "write")
    alone = record.parent_id is None and not ties_of(kind, record).below
    return {"tree": None if alone or not shown else tree_of(actor, record)}


def _status(said: dict[tuple[str, str], Any], purpose: str, channel: str) -> str:
    row = said.get((purpose, channel))
    return str(row.status) if row else ""


_CONTEXTS: dict[str, Callable[[Actor, ObjectType, Any], dict[str, Any]]] = {
    "people": _people,
    "places": _places,
    "traits": _traits,
    "consent": _consent,
    "addresses": _addresses,
    "team": _team,
    "relationships": _relationships,
    "hierarchy": _hierarchy,
}

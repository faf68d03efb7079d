"""Leads and customers that may be the lead being entered."""

from collections.abc import Mapping, Sequence

from django.db.models import Q

from guanxi.customers.derive import home_region
from guanxi.customers.reach import email_norm, phone_e164
from guanxi.customers.similar import customers_like, reason_words
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable, may
from guanxi.records.queries import visible_records
from guanxi.records.similar import Similar, similar_of

MOST = 10


def similar_to_lead(actor: Actor, values: Mapping[str, str]) -> Sequence[Similar]:
    """Open or past leads with the same e-mail, phone or name, then customers like the person or the company."""
    found = _leads_like(actor, values)
    if may(actor, "contact", "view"):
        found += customers_like(actor, values, objects=("contact",))
    if may(actor, "account", "view"):
        company = values.get("company_name", "")
        found += customers_like(
            actor, {**values, "name": company or values.get("name", "")}, objects=("account",), company=company
        )
    return sorted(found, key=lambda item: -len(item.reasons))


def _leads_like(actor: Actor, values: Mapping[str, str]) -> list[Similar]:
    """Each way of being the same is asked only when the role may match by that field."""
    wanted = {
        "email": ("email_norm", email_norm(values.get("email", ""))),
        "phone": ("phone_e164", phone_e164(values.get("phone", ""), home_region())),
        "name": ("name", " ".join(values.get("name", "").split())),
    }
    tests = {name: pair for name, pair in wanted.items() if pair[1] and matchable(actor, "lead", name)}
    if not tests:
        return []
    same = Q()
    for column, value in tests.values():
        same |= Q(**{column: value})
    rows = visible_records(actor, "lead").filter(same).order_by("-created_at", "-id")[:MOST]
    return [
        similar_of(
            actor,
            "lead",
            row,
            reason_words([name for name, (column, value) in tests.items() if getattr(row, column) == value]),
        )
        for row in rows
    ]

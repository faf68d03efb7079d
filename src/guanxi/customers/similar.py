"""Customers that may be the one being entered: the same e-mail, phone, WeChat ID or name, or nearly the same name."""

from collections.abc import Callable, Mapping, Sequence

from django.utils.translation import gettext as _

from guanxi.customers.names import company_stem, same_company
from guanxi.customers.queries import Duplicate, find_duplicates
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable
from guanxi.records.queries import visible_records
from guanxi.records.search import search
from guanxi.records.similar import Similar, similar_of

FIELDS = ("name", "email", "phone", "mobile", "wechat")
CANDIDATES = 20


def similar_customers(object_name: str) -> Callable[[Actor, Mapping[str, str]], Sequence[Similar]]:
    """For the registry: who may be the same as the account or contact with these values, of either object."""
    objects = (object_name, "contact" if object_name == "account" else "account")

    def find(actor: Actor, values: Mapping[str, str]) -> Sequence[Similar]:
        return customers_like(
            actor, values, objects=objects, company=values.get("name", "") if object_name == "account" else ""
        )

    return find


def customers_like(
    actor: Actor, values: Mapping[str, str], *, objects: Sequence[str] = ("account", "contact"), company: str = ""
) -> list[Similar]:
    """Accounts and contacts with the same reach or name as `values`; accounts named nearly like `company` last."""
    found = find_duplicates(
        actor,
        name=values.get("name", ""),
        emails=[values.get("email", "")],
        phones=[values.get("phone", ""), values.get("mobile", "")],
        wechats=[values.get("wechat", "")],
        objects=objects,
    )
    known = {item.record.id for item in found}
    if company.strip() and "account" in objects:
        found += [item for item in _named_like(actor, company) if item.record.id not in known]
    return [similar_of(actor, item.object, item.record, reason_words(item.reasons)) for item in found]


def reason_words(reasons: Sequence[str]) -> list[str]:
    """Why two records may be the same, in the reader's language."""
    words = {
        "email": _("same e-mail"),
        "phone": _("same phone"),
        "wechat": _("same WeChat"),
        "name": _("same name"),
        "similar_name": _("similar name"),
    }
    return [words.get(reason, reason) for reason in reasons]


def _named_like(actor: Actor, company: str) -> list[Duplicate]:
    """Accounts whose name differs by place, legal form or an unfinished word only."""
    stem = company_stem(company)
    if not stem or not matchable(actor, "account", "name"):
        return []
    hits = search(actor, stem, objects=["account"], limit=CANDIDATES)
    ids = {hit.id for hit in hits if hit.field == "name"}
    records = visible_records(actor, "account").filter(id__in=ids).order_by("name_sort", "id")
    return [Duplicate("account", row, ("similar_name",)) for row in records if same_company(row.name, company)]

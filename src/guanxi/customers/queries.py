"""Reads of the customer base that other rooms and screens use."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from guanxi.customers.derive import home_region
from guanxi.customers.models import (
    AccountContact,
    AccountTeamMember,
    Address,
    Consent,
    ContactPoint,
    Identity,
    IdentityKind,
    Relationship,
    Score,
)
from guanxi.customers.reach import email_norm, phone_e164, wechat_norm
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable
from guanxi.records.queries import visible_records
from guanxi.science.names import person_sort_form, sort_form, split_name

MAX_DUPLICATES = 20
# The fields of an object through which its identity rows came: who may not match by them must not learn of the match.
FIELDS_OF_KIND = {IdentityKind.EMAIL: ("email",), IdentityKind.PHONE: ("phone",), IdentityKind.WECHAT: ("wechat",)}


@dataclass(frozen=True)
class Duplicate:
    """A record that may be the same customer, and why: "email", "phone", "wechat", "name" ("similar_name")."""

    object: str
    record: Any
    reasons: tuple[str, ...]


def find_duplicates(
    actor: Actor,
    *,
    name: str = "",
    emails: Iterable[str] = (),
    phones: Iterable[str] = (),
    wechats: Iterable[str] = (),
    objects: Sequence[str] = ("account", "contact"),
    exclude: UUID | None = None,
) -> list[Duplicate]:
    """Accounts and contacts within the actor's sight with the same e-mail, phone, WeChat ID or name; most reasons first.

    Phones are compared in E.164, e-mails in lower case, names by their sort form, so that 张三丰 finds "Zhang San Feng" too.
    """
    region = home_region()
    wanted = {
        IdentityKind.EMAIL: {email_norm(text) for text in emails} - {""},
        IdentityKind.PHONE: {phone_e164(text, region) for text in phones} - {""},
        IdentityKind.WECHAT: {wechat_norm(text) for text in wechats} - {""},
    }
    found: list[Duplicate] = []
    for object_name in objects:
        reasons: dict[UUID, list[str]] = {}
        for kind, values in wanted.items():
            if values and matchable(actor, object_name, FIELDS_OF_KIND[kind][0]):
                for key in _ids_by_identity(object_name, kind, values):
                    reasons.setdefault(key, []).append(str(kind))
        if name.strip() and matchable(actor, object_name, "name"):
            by_name = visible_records(actor, object_name).filter(name_sort__in=_sort_forms(object_name, name))
            for key in by_name.values_list("id", flat=True)[:MAX_DUPLICATES]:
                reasons.setdefault(key, []).append("name")
        reasons.pop(exclude, None)  # type: ignore[arg-type]
        records = visible_records(actor, object_name).filter(id__in=list(reasons)[: 5 * MAX_DUPLICATES])
        found += [Duplicate(object_name, record, tuple(reasons[record.id])) for record in records]
    return sorted(found, key=lambda item: (-len(item.reasons), item.record.name_sort))[:MAX_DUPLICATES]


def find_by_phone(actor: Actor, number: str) -> list[tuple[str, Any]]:
    """Who calls: (object, record) of the visible contacts, then accounts, known by this number."""
    e164 = phone_e164(number, home_region())
    if not e164:
        return []
    found: list[tuple[str, Any]] = []
    for object_name in ("contact", "account"):
        ids = _ids_by_identity(object_name, IdentityKind.PHONE, {e164})
        found += [
            (object_name, record)
            for record in visible_records(actor, object_name).filter(id__in=ids).order_by("name_sort")
        ]
    return found


def find_by_address(actor: Actor, email: str) -> list[tuple[str, Any]]:
    """Who writes: (object, record) of the visible contacts, then accounts, known by this e-mail."""
    found: list[tuple[str, Any]] = []
    for object_name in ("contact", "account"):
        ids = _ids_by_identity(object_name, IdentityKind.EMAIL, {email_norm(email)})
        found += [
            (object_name, record)
            for record in visible_records(actor, object_name).filter(id__in=ids).order_by("name_sort")
        ]
    return found


def people_of(actor: Actor, account_id: UUID) -> list[AccountContact]:
    """Contacts of an account that the actor may see, with their part; the main one first. `contact` is loaded."""
    visible = visible_records(actor, "contact").values("id")
    rows = AccountContact.objects.filter(account_id=account_id, contact_id__in=visible).select_related("contact")
    return list(rows.order_by("-is_primary", "contact__name_sort", "id"))


def places_of(actor: Actor, contact_id: UUID) -> list[AccountContact]:
    """Accounts of a contact that the actor may see, with the part played there. `account` is loaded."""
    visible = visible_records(actor, "account").values("id")
    rows = AccountContact.objects.filter(contact_id=contact_id, account_id__in=visible).select_related("account")
    return list(rows.order_by("-is_primary", "account__name_sort", "id"))


def consents_of(*, account_id: UUID | None = None, contact_id: UUID | None = None) -> dict[tuple[str, str], Consent]:
    """Statements that hold now, by (purpose, channel)."""
    rows = Consent.objects.filter(_of(account_id, contact_id), ended_at=None)
    return {(row.purpose, row.channel): row for row in rows}


def consent_history(*, account_id: UUID | None = None, contact_id: UUID | None = None) -> list[Consent]:
    """All statements, the newest first."""
    return list(Consent.objects.filter(_of(account_id, contact_id)).order_by("-at", "-id"))


def account_team(account_id: UUID) -> list[AccountTeamMember]:
    """Colleagues who serve the account; `member` is loaded."""
    return list(
        AccountTeamMember.objects.filter(account_id=account_id).select_related("member").order_by("created_at", "id")
    )


def addresses_of(*, account_id: UUID | None = None, contact_id: UUID | None = None) -> list[Address]:
    """Further addresses."""
    return list(Address.objects.filter(_of(account_id, contact_id)).order_by("kind", "id"))


def points_of(*, account_id: UUID | None = None, contact_id: UUID | None = None) -> list[ContactPoint]:
    """Further phones, e-mails and messengers."""
    return list(ContactPoint.objects.filter(_of(account_id, contact_id)).order_by("kind", "id"))


def relationships_of(
    actor: Actor, *, account_id: UUID | None = None, contact_id: UUID | None = None
) -> list[Relationship]:
    """Relationships in both directions whose both ends the actor may see; the four ends are loaded."""
    start = Q(from_account_id=account_id) if account_id else Q(from_contact_id=contact_id)
    end = Q(to_account_id=account_id) if account_id else Q(to_contact_id=contact_id)
    accounts, contacts = visible_records(actor, "account").values("id"), visible_records(actor, "contact").values("id")
    shown = (Q(from_account=None) | Q(from_account__in=accounts)) & (Q(to_account=None) | Q(to_account__in=accounts))
    shown &= (Q(from_contact=None) | Q(from_contact__in=contacts)) & (Q(to_contact=None) | Q(to_contact__in=contacts))
    rows = Relationship.objects.filter(start | end).filter(shown)
    return list(rows.select_related("from_account", "from_contact", "to_account", "to_contact").order_by("kind", "id"))


def _sort_forms(object_name: str, name: str) -> set[str]:
    """Persons sort by family name: the name as given, and with its family name first."""
    forms = {sort_form(name)}
    if object_name == "contact":
        forms.add(person_sort_form(*split_name(name)))
    return forms - {""}


def _of(account_id: UUID | None, contact_id: UUID | None) -> Q:
    if account_id is None and contact_id is None:
        return Q(pk__in=[])
    return Q(account_id=account_id) if account_id else Q(contact_id=contact_id)


def _ids_by_identity(object_name: str, kind: str, values: set[str]) -> list[UUID]:
    link = f"{object_name}_id"
    rows = Identity.objects.filter(kind=kind, value__in=values, **{f"{object_name}__isnull": False})
    return list(rows.values_list(link, flat=True).distinct()[: 5 * MAX_DUPLICATES])


def score_of(account_id: UUID) -> Score | None:
    """The account's latest computed score with `last_contact_at` and `next_contact_at` of the account, or None."""
    contacts = {name: F(f"account__{name}") for name in ("last_contact_at", "next_contact_at")}
    rows = Score.objects.filter(account_id=account_id).annotate(**contacts)
    found: Score | None = rows.order_by("-as_of").first()
    return found

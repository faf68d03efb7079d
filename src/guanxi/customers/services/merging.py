"""What merging accounts or contacts means for consent, main contacts, relationships and the ways to reach them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from guanxi.core.errors import Conflict
from guanxi.core.events import publish
from guanxi.customers.derive import refresh_identity
from guanxi.customers.events import ConsentChanged
from guanxi.customers.models import (
    Account,
    AccountContact,
    Consent,
    ConsentStatus,
    ContactPoint,
    PointKind,
    Relationship,
)
from guanxi.customers.reach import email_norm, wechat_norm
from guanxi.identity.actor import Actor
from guanxi.records.merging import Merge
from guanxi.records.merging.moves import insert_rows_again
from guanxi.records.registry import ObjectType, Text

OBJECTS = ("account", "contact")
# Who said no once, on whichever record, has said no.
STRICTNESS = {ConsentStatus.GRANTED: 0, ConsentStatus.DENIED: 1, ConsentStatus.WITHDRAWN: 2}
_FARTHEST = 50


class CustomerMerge:
    """The rule of the customers' room for the port MERGE_RULES."""

    takes: tuple[str, ...] = ("customers.Consent", "customers.Identity", "customers.Score")
    labels: Mapping[str, Text] = {
        "customers.AccountTeamMember": _("Account team"),
        "customers.AccountContact": _("Roles at accounts"),
        "customers.Address": _("Further addresses"),
        "customers.ContactPoint": _("Further phones and e-mails"),
        "customers.Relationship": _("Relationships"),
    }

    def count(self, kind: ObjectType, ids: Sequence[UUID]) -> Mapping[str, Sequence[int]]:
        """Statements of consent."""
        if kind.name not in OBJECTS:
            return {}
        rows = Consent.objects.filter(**{f"{kind.name}_id__in": ids}, ended_at=None)
        owners = list(rows.values_list(f"{kind.name}_id", flat=True))
        return {str(_("Consent")): [owners.count(key) for key in ids]}

    def check(self, actor: Actor, merge: Merge) -> None:
        """No account above the survivor, at any distance but the next, may become a part of it: the hierarchy would be a circle."""
        if merge.kind.name != "account":
            return
        above = _above(merge.records[merge.survivor].parent_id)
        if any(key in merge.others for key in above[1:]):
            raise Conflict(
                str(_("One of these accounts stands above the other in the hierarchy, with others between."))
            )

    def values(self, actor: Actor, merge: Merge) -> dict[str, Any]:
        """Who must not be contacted must not be contacted afterwards either."""
        if merge.kind.name != "contact" or merge.records[merge.survivor].do_not_contact:
            return {}
        return {"do_not_contact": True} if any(one.do_not_contact for one in merge.losing) else {}

    def move(self, actor: Actor, merge: Merge) -> Any:
        """Consent, main contacts, relationships among the merged, further ways to reach."""
        if merge.kind.name not in OBJECTS:
            return None
        return {
            "consent": _merge_consent(actor, merge),
            "main": _one_main_contact(merge),
            "relationships": _drop_own_relationships(merge),
            "points": _keep_points(merge),
        }

    def settle(self, actor: Actor, merge: Merge) -> None:
        """By what they are recognised follows from what they have now."""
        if merge.kind.name in OBJECTS:
            for record in merge.kind.model.objects.filter(id__in=merge.records, deleted_at=None):  # type: ignore[attr-defined]
                refresh_identity(merge.kind.name, record)

    def back(self, actor: Actor, merge: Merge, moved: Any) -> None:
        """Everything that `move` did."""
        ContactPoint.objects.filter(id__in=moved["points"]).delete()
        _consent_back(merge, moved["consent"])
        for key, main in sorted(moved["main"], key=lambda pair: bool(pair[1])):
            AccountContact.objects.filter(id=key).update(is_primary=main)
        insert_rows_again(Relationship._meta.db_table, moved["relationships"])


def _above(parent: UUID | None) -> list[UUID]:
    found: list[UUID] = []
    while parent is not None and len(found) < _FARTHEST:
        found.append(parent)
        parent = Account.objects.filter(id=parent).values_list("parent_id", flat=True).first()
    return found


def _merge_consent(actor: Actor, merge: Merge) -> list[Any]:
    """The strictest statement for each purpose and channel holds now; the others are ended and kept as history."""
    link = f"{merge.kind.name}_id"
    rows = list(Consent.objects.filter(**{f"{link}__in": list(merge.records)}).select_for_update().order_by("id"))
    stored = [[str(row.id), str(getattr(row, link)), _iso(row.ended_at)] for row in rows]
    now = timezone.now()
    for (purpose, channel), holding in _by_subject(rows).items():
        winner = max(holding, key=lambda row: (STRICTNESS.get(ConsentStatus(row.status), 0), row.at, row.id))
        Consent.objects.filter(id__in=[row.id for row in holding if row is not winner]).update(ended_at=now)
        own = next((row.status for row in holding if getattr(row, link) == merge.survivor), None)
        if own != winner.status:
            subject = {"account_id": None, "contact_id": None, link: merge.survivor}
            event = ConsentChanged(**subject, purpose=purpose, channel=channel, status=winner.status)
            publish(event, member_id=actor.member_id)
    Consent.objects.filter(id__in=[row.id for row in rows]).update(**{link: merge.survivor})
    return stored


def _by_subject(rows: Iterable[Any]) -> dict[tuple[str, str], list[Any]]:
    found: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        if row.ended_at is None:
            found.setdefault((row.purpose, row.channel), []).append(row)
    return found


def _consent_back(merge: Merge, stored: Sequence[Any]) -> None:
    """Each statement back to its record; one that held then holds again, unless something newer was said of the record since."""
    link = f"{merge.kind.name}_id"
    for key, owner, _ended in stored:
        if owner != str(merge.survivor):
            Consent.objects.filter(id=key).update(**{link: owner})
    for key, owner, ended in stored:
        row = Consent.objects.filter(id=key).first()
        if row is None:
            continue
        newer = Consent.objects.filter(**{link: owner}, purpose=row.purpose, channel=row.channel, ended_at=None)
        if ended is None and newer.exclude(id=key).exists():
            continue
        Consent.objects.filter(id=key).update(ended_at=datetime.fromisoformat(ended) if ended else None)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _one_main_contact(merge: Merge) -> list[Any]:
    """Whose role as main contact changes, with what it was: an account keeps one, and a contact keeps the part of its double."""
    rows = AccountContact.objects.filter(**{f"{merge.kind.name}_id__in": list(merge.records)}).select_for_update()
    changed: dict[UUID, bool] = {}
    wanted: dict[UUID, bool] = {}
    for group in _places(merge, rows):
        main = [row for row in group if row.is_primary]
        if not main or len(group) == 1:
            continue
        keeper = next((row for row in main if _owner(merge, row) == merge.survivor), main[0])
        if merge.kind.name == "contact":
            keeper = next((row for row in group if _owner(merge, row) == merge.survivor), keeper)
        for row in group:
            if row.is_primary != (row is keeper):
                changed[row.id], wanted[row.id] = row.is_primary, row is keeper
    for key in sorted(wanted, key=lambda one: wanted[one]):
        AccountContact.objects.filter(id=key).update(is_primary=wanted[key])
    return [[str(key), was] for key, was in changed.items()]


def _places(merge: Merge, rows: Iterable[Any]) -> list[list[Any]]:
    """Places that will be at one account: of merged accounts all, of merged contacts those at the same account."""
    if merge.kind.name == "account":
        return [list(rows)]
    groups: dict[UUID, list[Any]] = {}
    for row in rows:
        groups.setdefault(row.account_id, []).append(row)
    return list(groups.values())


def _owner(merge: Merge, row: Any) -> Any:
    return getattr(row, f"{merge.kind.name}_id")


def _drop_own_relationships(merge: Merge) -> list[Any]:
    """Relationships among the merged say nothing any more."""
    name, keys = merge.kind.name, list(merge.records)
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM customers_relationship t WHERE from_{name}_id = ANY(%s) AND to_{name}_id = ANY(%s) "
            "RETURNING to_jsonb(t)::text",
            [keys, keys],
        )
        return [orjson.loads(row[0]) for row in cursor.fetchall()]


def _keep_points(merge: Merge) -> list[str]:
    """Numbers and addresses that the survivor did not take over stay as further ones, so that who uses them is recognised."""
    link = f"{merge.kind.name}_id"
    survivor = merge.kind.model.objects.get(id=merge.survivor)  # type: ignore[attr-defined]
    known = {pair for pair, _value in _reach(survivor)}
    known |= set(ContactPoint.objects.filter(**{f"{link}__in": list(merge.records)}).values_list("kind", "norm"))
    points = []
    for record in [merge.records[merge.survivor], *merge.losing]:
        for (kind, norm), value in _reach(record):
            if (
                (kind, norm) not in known
                and (PointKind.PHONE, norm) not in known
                and (PointKind.MOBILE, norm) not in known
            ):
                known.add((kind, norm))
                points.append(ContactPoint(kind=kind, value=value, norm=norm, label=record.code, **{link: merge.survivor}))  # fmt: skip
    ContactPoint.objects.bulk_create(points)
    return [str(point.id) for point in points]


def _reach(record: Any) -> list[tuple[tuple[str, str], str]]:
    """((kind, comparable form), text) of a record's own phones, mail and messenger."""
    found = [
        ((PointKind.EMAIL.value, email_norm(record.email)), record.email),
        ((PointKind.PHONE.value, record.phone_e164), record.phone),
        ((PointKind.MOBILE.value, getattr(record, "mobile_e164", "")), getattr(record, "mobile", "")),
        ((PointKind.WECHAT.value, wechat_norm(record.wechat)), record.wechat),
    ]
    return [(pair, value) for pair, value in found if pair[1]]

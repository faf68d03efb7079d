"""What belongs to an account or a contact beside its fields, as the API reads and writes it, with the services of the screens."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from guanxi.core.errors import NotFound
from guanxi.customers import queries, services
from guanxi.customers.blocks import ADDRESS, may_see_point, readable_address
from guanxi.customers.hierarchy import tree_of
from guanxi.customers.models import (
    AccountContact,
    AccountTeamMember,
    AddressKind,
    ConsentChannel,
    ConsentPurpose,
    ConsentStatus,
    ContactRole,
    PointKind,
    RelationshipKind,
    TeamRole,
)
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import field_access
from guanxi.records.parts import Part
from guanxi.records.queries import shown_label
from guanxi.records.registry import Choice, Field

Rows = Sequence[Mapping[str, Any]]
ADDRESS_COLUMNS = {"id": "uuid", "kind": "choice", "label": "text", **dict.fromkeys(ADDRESS, "text")}
POINT_COLUMNS = {"id": "uuid", "kind": "choice", "value": "text", "label": "text"}
CONSENT_COLUMNS = {
    "id": "uuid", "purpose": "choice", "channel": "choice", "status": "choice", "source": "text", "at": "datetime",
}  # fmt: skip
PLACE_COLUMNS = {"role": "choice", "job_title": "text", "is_primary": "bool", "since": "date", "until": "date"}
RELATIONSHIP_COLUMNS = {
    "id": "uuid", "kind": "choice", "direction": "text", "object": "text", "record": "link", "note": "text",
}  # fmt: skip


def _choice(name: str, label: Any, choices: Any, *, required: bool = True) -> Field:
    known = tuple(Choice(str(value), text) for value, text in choices)
    return Field(name, label=label, kind="choice", choices=known, required=required)


def _text(name: str, label: Any, length: int, *, required: bool = False) -> Field:
    return Field(name, label=label, kind="text", max_length=length, required=required)


ADDRESS_MEMBERS = (
    _choice("kind", _("Kind"), AddressKind.choices),
    _text("label", _("Label"), 80),
    _text("street", _("Street"), 300),
    _text("city", _("City"), 120),
    _text("region", _("Region"), 120),
    _text("postcode", _("Postcode"), 20),
    _text("country", _("Country"), 2),
)
POINT_MEMBERS = (
    _choice("kind", _("Kind"), PointKind.choices),
    _text("value", _("Number or address"), 254, required=True),
    _text("label", _("Label"), 80),
)
CONSENT_MEMBERS = (
    _choice("purpose", _("Purpose"), ConsentPurpose.choices),
    _choice("channel", _("Channel"), ConsentChannel.choices),
    _choice("status", _("Status"), ConsentStatus.choices),
    _text("source", _("Source"), 200),
)
PLACE_MEMBERS = (
    _choice("role", _("Role"), ContactRole.choices, required=False),
    _text("job_title", _("Job title"), 120),
    Field("is_primary", label=_("Main contact"), kind="bool", required=False),
    Field("since", label=_("Since"), kind="date", required=False),
    Field("until", label=_("Until"), kind="date", required=False),
)
RELATIONSHIP_MEMBERS = (
    _choice("kind", _("Relationship"), RelationshipKind.choices),
    Field("account", label=_("Account"), kind="link", to="account", required=False),
    Field("contact", label=_("Contact"), kind="link", to="contact", required=False),
    _text("note", _("Note"), 300),
)


def _of(object_name: str, key: UUID) -> dict[str, Any]:
    return {f"{object_name}_id": key}


def _link(actor: Actor, record: Any) -> dict[str, str]:
    return {"id": str(record.id), "label": shown_label(actor, record)}


def _addresses(object_name: str) -> Part:
    def rows(actor: Actor, record: Any) -> Rows:
        found = [
            (row, readable_address(actor, object_name, row))
            for row in queries.addresses_of(**_of(object_name, record.id))
        ]
        return [
            {"id": row.id, "kind": row.kind, "label": row.label, **{name: getattr(shown, name) for name in ADDRESS}}
            for row, shown in found
            if any(getattr(shown, name) for name in ADDRESS)
        ]  # fmt: skip

    def add(actor: Actor, key: UUID, **values: Any) -> UUID:
        return services.save_address(actor, **_of(object_name, key), **values).id

    def change(actor: Actor, key: UUID, row_id: UUID, **values: Any) -> None:
        stored = next(row for row in queries.addresses_of(**_of(object_name, key)) if row.id == row_id)
        whole = {name: getattr(stored, name) for name in ("kind", "label", *ADDRESS)} | values
        services.save_address(actor, address_id=row_id, **whole)

    return Part(
        "addresses", _("Addresses"), ADDRESS_COLUMNS, rows, takes=ADDRESS_MEMBERS, add=add, change=change,
        remove=lambda actor, _key, row_id: services.remove_address(actor, address_id=row_id),
    )  # fmt: skip


def _points(object_name: str) -> Part:
    def rows(actor: Actor, record: Any) -> Rows:
        found = queries.points_of(**_of(object_name, record.id))
        shown = [row for row in found if may_see_point(actor, object_name, row)]
        return [{"id": row.id, "kind": row.kind, "value": row.value, "label": row.label} for row in shown]

    def add(actor: Actor, key: UUID, **values: Any) -> UUID:
        return services.add_point(actor, **_of(object_name, key), **values).id

    return Part(
        "points", _("Phones and e-mails"), POINT_COLUMNS, rows, takes=POINT_MEMBERS, add=add,
        remove=lambda actor, _key, row_id: services.remove_point(actor, point_id=row_id),
    )  # fmt: skip


def _consent(object_name: str) -> Part:
    def rows(_actor: Actor, record: Any) -> Rows:
        return _statements(queries.consents_of(**_of(object_name, record.id)).values())

    def add(actor: Actor, key: UUID, **values: Any) -> UUID:
        return services.set_consent(actor, **_of(object_name, key), **values).id

    return Part("consent", _("Consent"), CONSENT_COLUMNS, rows, takes=CONSENT_MEMBERS, add=add)


def _consent_history(object_name: str) -> Part:
    def rows(_actor: Actor, record: Any) -> Rows:
        return _statements(queries.consent_history(**_of(object_name, record.id)), ended=True)

    return Part("consent-history", _("History of consent"), {**CONSENT_COLUMNS, "ended_at": "datetime"}, rows)


def _statements(found: Any, *, ended: bool = False) -> Rows:
    names = [*CONSENT_COLUMNS, "ended_at"] if ended else CONSENT_COLUMNS
    return [{name: getattr(row, name) for name in names} for row in found]


def _relationships(object_name: str) -> Part:
    def rows(actor: Actor, record: Any) -> Rows:
        found = queries.relationships_of(actor, **_of(object_name, record.id))
        return [_relationship(actor, row, record) for row in found]

    def add(actor: Actor, key: UUID, **values: Any) -> UUID:
        account, contact = values.pop("account", None), values.pop("contact", None)
        start = {f"from_{name}": value for name, value in _of(object_name, key).items()}
        row = services.add_relationship(actor, to_account_id=account, to_contact_id=contact, **start, **values)
        return row.id

    return Part(
        "relationships", _("Relationships"), RELATIONSHIP_COLUMNS, rows, takes=RELATIONSHIP_MEMBERS, add=add,
        remove=lambda actor, _key, row_id: services.remove_relationship(actor, relationship_id=row_id),
    )  # fmt: skip


def _relationship(actor: Actor, row: Any, record: Any) -> Mapping[str, Any]:
    start: Any = row.from_account or row.from_contact
    end: Any = row.to_account or row.to_contact
    forward = start.id == record.id
    other = end if forward else start
    return {
        "id": row.id,
        "kind": row.kind,
        "direction": "to" if forward else "from",
        "object": other._meta.model_name,
        "record": _link(actor, other),
        "note": row.note,
    }


def _place(row: AccountContact) -> dict[str, Any]:
    return {name: getattr(row, name) for name in PLACE_COLUMNS}


def _people() -> Part:
    def rows(actor: Actor, record: Any) -> Rows:
        found = queries.people_of(actor, record.id)
        return [{"id": row.id, "contact": _link(actor, row.contact), **_place(row)} for row in found]

    def add(actor: Actor, key: UUID, **values: Any) -> UUID:
        contact = values.pop("contact")
        return services.link_contact(actor, account_id=key, contact_id=contact, **values).id

    def change(actor: Actor, key: UUID, row_id: UUID, **values: Any) -> None:
        stored = _stored(AccountContact, row_id)
        whole = _place(stored) | {"is_primary": None} | values
        services.link_contact(actor, account_id=key, contact_id=stored.contact_id, **whole)

    def remove(actor: Actor, key: UUID, row_id: UUID) -> None:
        services.unlink_contact(actor, account_id=key, contact_id=_stored(AccountContact, row_id).contact_id)

    takes = (Field("contact", label=_("Contact"), kind="link", to="contact", required=True), *PLACE_MEMBERS)
    columns = {"id": "uuid", "contact": "link", **PLACE_COLUMNS}
    return Part(
        "people", _("People"), columns, rows, takes=takes, fixed=("contact",), add=add, change=change, remove=remove
    )


def _places() -> Part:
    def rows(actor: Actor, record: Any) -> Rows:
        found = queries.places_of(actor, record.id)
        return [{"id": row.id, "account": _link(actor, row.account), **_place(row)} for row in found]

    return Part("places", _("Accounts"), {"id": "uuid", "account": "link", **PLACE_COLUMNS}, rows)


def _team() -> Part:
    def rows(_actor: Actor, record: Any) -> Rows:
        found = queries.account_team(record.id)
        return [
            {"id": row.id, "member": {"id": str(row.member_id), "label": row.member.name}, "role": row.role}
            for row in found
        ]

    def add(actor: Actor, key: UUID, **values: Any) -> UUID:
        return services.set_team_member(actor, account_id=key, member_id=values["member"], role=values["role"]).id

    def change(actor: Actor, key: UUID, row_id: UUID, **values: Any) -> None:
        stored = _stored(AccountTeamMember, row_id)
        role = values.get("role", stored.role)
        services.set_team_member(actor, account_id=key, member_id=stored.member_id, role=role)

    def remove(actor: Actor, key: UUID, row_id: UUID) -> None:
        services.remove_team_member(actor, account_id=key, member_id=_stored(AccountTeamMember, row_id).member_id)

    role = _choice("role", _("Role"), TeamRole.choices)
    takes = (Field("member", label=_("Colleague"), kind="link", to="user", required=True), role)
    columns = {"id": "uuid", "member": "link", "role": "choice"}
    return Part(
        "account-team", _("Account team"), columns, rows, takes=takes, fixed=("member",), add=add, change=change, remove=remove
    )  # fmt: skip


def _hierarchy() -> Part:
    def rows(actor: Actor, record: Any) -> Rows:
        shown = field_access(actor, "account", "parent") in ("read", "write")
        tree = tree_of(actor, record) if shown else None
        names = {node.id: node.name for node in tree.nodes()} if tree else {}
        return [
            {
                "account": {"id": str(node.id), "label": node.name},
                "parent": {"id": str(node.parent_id), "label": names[node.parent_id]} if node.parent_id else None,
                "level": node.level,
                "current": node.current,
            }
            for node in (tree.nodes() if tree else ())
        ]

    columns = {"account": "link", "parent": "link", "level": "integer", "current": "bool"}
    return Part("hierarchy", _("Hierarchy"), columns, rows)


def _stored(model: Any, row_id: UUID) -> Any:
    found = model.objects.filter(id=row_id).first()
    if found is None:
        raise NotFound(gettext("There is no such entry."))
    return found


_BOTH: tuple[Callable[[str], Part], ...] = (_addresses, _points, _consent, _consent_history, _relationships)
ACCOUNT_PARTS = (*(make("account") for make in _BOTH), _people(), _team(), _hierarchy())
CONTACT_PARTS = (*(make("contact") for make in _BOTH), _places())

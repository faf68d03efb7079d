"""Parts of a customer's page and the dialogs that change them."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from guanxi.core.errors import Conflict, Invalid, NotAllowed, NotFound
from guanxi.customers import services
from guanxi.customers.blocks import ADDRESS, BLOCKS_OF, TRAITS, block_context, link_of
from guanxi.customers.models import (
    Address,
    AddressKind,
    ConsentChannel,
    ConsentPurpose,
    ConsentStatus,
    ContactRole,
    PointKind,
    RelationshipKind,
    TeamRole,
)
from guanxi.customers.queries import consents_of
from guanxi.identity.permissions import field_access
from guanxi.records.changes import update_record
from guanxi.records.queries import get_record
from guanxi.records.registry import ObjectType
from guanxi.records.screens import fragment
from guanxi.records.values import masked
from guanxi.records.views.base import actor_of, object_of, triggered, version_of

Save = Callable[[], Any]


@require_GET
def block(request: HttpRequest, plural: str, id: UUID, name: str) -> HttpResponse:
    """One part of the page, loaded anew after a change."""
    kind, record = _customer(request, plural, id)
    if name not in BLOCKS_OF[kind.name]:
        raise NotFound(_("There is no such page."))
    return fragment(
        request, f"customers/blocks/{name}.html.jinja", block_context(actor_of(request), kind, record, name)
    )


def people(request: HttpRequest, id: UUID) -> HttpResponse:
    """Put a contact at the account, or change its part (`?contact=`)."""
    actor = actor_of(request)
    _kind, record = _customer(request, "accounts", id)
    values = _values(request)
    given = _key(values.get("contact"))
    place = record.people.filter(contact_id=given).select_related("contact").first() if given else None

    def save() -> None:
        services.link_contact(
            actor,
            account_id=id,
            contact_id=_needed(given, "contact"),
            role=values.get("role", ""),
            job_title=values.get("job_title", "").strip(),
            is_primary=values.get("is_primary") == "1",
        )

    context = {"place": place, "roles": ContactRole.choices, "record": record}
    return _dialog(request, "customers/dialog_person.html.jinja", context, save, _("Saved."))


@require_POST
def remove_person(request: HttpRequest, id: UUID, contact_id: UUID) -> HttpResponse:
    """Take a contact from the account."""
    services.unlink_contact(actor_of(request), account_id=id, contact_id=contact_id)
    return _changed(_("Removed from the account."))


def team(request: HttpRequest, id: UUID) -> HttpResponse:
    """Let a colleague serve the account."""
    actor = actor_of(request)
    _kind, record = _customer(request, "accounts", id)
    values = _values(request)

    def save() -> None:
        member = _needed(_key(values.get("member")), "member")
        services.set_team_member(actor, account_id=id, member_id=member, role=values.get("role", ""))

    return _dialog(
        request, "customers/dialog_team.html.jinja", {"roles": TeamRole.choices, "record": record}, save, _("Saved.")
    )


@require_POST
def remove_member(request: HttpRequest, id: UUID, member_id: UUID) -> HttpResponse:
    """Take a colleague out of the account's team."""
    services.remove_team_member(actor_of(request), account_id=id, member_id=member_id)
    return _changed(_("Removed from the account team."))


def consent(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """What the customer said, for each purpose and channel at once."""
    actor = actor_of(request)
    kind, record = _customer(request, plural, id)
    link = link_of(kind, record)

    def save() -> None:
        said = consents_of(**link)
        for purpose in ConsentPurpose.values:
            for channel in ConsentChannel.values:
                status = request.POST.get(f"{purpose}.{channel}", "")
                before = said[purpose, channel].status if (purpose, channel) in said else ""
                if status and status != before:
                    source = request.POST.get("source", "")
                    services.set_consent(actor, purpose=purpose, channel=channel, status=status, source=source, **link)

    context = {
        **block_context(actor, kind, record, "consent"),
        "statuses": ConsentStatus.choices,
        "channel_names": ConsentChannel.choices,
    }
    return _dialog(request, "customers/dialog_consent.html.jinja", context, save, _("Consent saved."))


def traits(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """Needs, preferences and hobbies as words."""
    actor = actor_of(request)
    kind, record = _customer(request, plural, id)

    def save() -> None:
        chosen = {
            name: [word for word in request.POST.getlist(name) if word.strip()]
            for name in TRAITS
            if name in kind.by_name
        }
        update_record(actor, kind.name, id, chosen, version=version_of(request.POST.get("version")))

    context = {**block_context(actor, kind, record, "traits"), "version": record.version}
    return _dialog(request, "customers/dialog_traits.html.jinja", context, save, _("Saved."))


def address(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """A further address, new or (`?address=`) changed."""
    actor = actor_of(request)
    kind, record = _customer(request, plural, id)
    values = _values(request)
    key = _key(values.get("address"))
    stored = Address.objects.filter(id=key, **link_of(kind, record)).first() if key else None

    def save() -> None:
        parts: dict[str, Any] = {name: values.get(name, "") for name in ADDRESS}
        where: dict[str, Any] = {"address_id": stored.id} if stored else link_of(kind, record)
        services.save_address(actor, kind=values.get("kind", ""), label=values.get("label", ""), **where, **parts)

    access = {name: field_access(actor, kind.name, name) for name in ADDRESS}
    context = {"stored": stored, "kinds": AddressKind.choices, "record": record, "access": access, "masked": masked}
    return _dialog(request, "customers/dialog_address.html.jinja", context, save, _("Address saved."))


@require_POST
def remove_address(request: HttpRequest, id: UUID) -> HttpResponse:
    """Forget a further address."""
    services.remove_address(actor_of(request), address_id=id)
    return _changed(_("Address removed."))


def point(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """A further phone, e-mail or messenger."""
    actor = actor_of(request)
    kind, record = _customer(request, plural, id)
    values = _values(request)

    def save() -> None:
        services.add_point(
            actor,
            kind=values.get("kind", ""),
            value=values.get("value", ""),
            label=values.get("label", ""),
            **link_of(kind, record),
        )

    return _dialog(
        request, "customers/dialog_point.html.jinja", {"kinds": PointKind.choices, "record": record}, save, _("Saved.")
    )


@require_POST
def remove_point(request: HttpRequest, id: UUID) -> HttpResponse:
    """Forget a further phone, e-mail or messenger."""
    services.remove_point(actor_of(request), point_id=id)
    return _changed(_("Removed."))


def relationship(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """How this customer stands to another."""
    actor = actor_of(request)
    kind, record = _customer(request, plural, id)
    values = _values(request)

    def save() -> None:
        account_id, contact_id = _key(values.get("to_account")), _key(values.get("to_contact"))
        services.add_relationship(
            actor,
            kind=values.get("kind", ""),
            **{f"from_{name}": key for name, key in link_of(kind, record).items()},
            to_account_id=account_id,
            to_contact_id=contact_id,
            note=values.get("note", ""),
        )

    context = {"kinds": RelationshipKind.choices, "record": record}
    return _dialog(request, "customers/dialog_relationship.html.jinja", context, save, _("Relationship saved."))


@require_POST
def remove_relationship(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take a relationship back."""
    services.remove_relationship(actor_of(request), relationship_id=id)
    return _changed(_("Relationship removed."))


def _customer(request: HttpRequest, plural: str, id: UUID) -> tuple[ObjectType, Any]:
    kind = object_of(request, plural)
    return kind, get_record(actor_of(request), kind.name, id)


def _values(request: HttpRequest) -> Mapping[str, str]:
    return (request.POST if request.method == "POST" else request.GET).dict()


def _key(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise NotFound(_("There is no such record, or it is not shown to your role.")) from None


def _needed(key: UUID | None, name: str) -> UUID:
    if key is None:
        raise Invalid({name: [_("Fill in this field.")]})
    return key


def _changed(text: str) -> HttpResponse:
    return triggered(gx_saved=True, gx_customer=True, gx_toast={"text": text})


def _dialog(request: HttpRequest, template: str, context: Mapping[str, Any], save: Save, text: str) -> HttpResponse:
    """GET shows the form; POST saves it, or shows it again with what is wrong."""
    values = _values(request)
    shown = {**context, "values": values, "errors": {}, "action": request.path}
    if request.method != "POST":
        return fragment(request, template, shown)
    try:
        if "\x00" in "".join(values.values()):
            raise Invalid({"": [_("The text contains characters that cannot be stored.")]})
        save()
    except Invalid as refused:
        errors: Mapping[str, Any] = refused.errors
    except (Conflict, NotAllowed) as refused:
        errors = {"": [refused.message]}
    else:
        return _changed(text)
    request.failed = True  # type: ignore[attr-defined]
    return fragment(request, template, {**shown, "errors": errors}, status=422)

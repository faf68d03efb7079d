"""Commands of leads: working them, the pool, conversion."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.activity.services import link_to_customer
from guanxi.core.errors import Conflict, Invalid, NotFound
from guanxi.core.events import publish
from guanxi.core.tenancy import tenant_tx
from guanxi.customers.queries import Duplicate, find_duplicates
from guanxi.customers.services import link_contact
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import require
from guanxi.records.changes import create_record
from guanxi.records.queries import get_record, visible_records
from guanxi.sales.events import LeadClaimed, LeadConverted, LeadReturned
from guanxi.sales.models import Lead, LeadStatus
from guanxi.sales.models.lead import OPEN_STATUSES
from guanxi.sales.queries import pool_condition
from guanxi.sales.rules import LEAD_COMMANDS
from guanxi.sales.services.common import check_version, elevated, key_of, locked, put, require_status
from guanxi.sales.services.opportunities import closing_reason

S = LeadStatus
SETTABLE = (S.ASSIGNED, S.WORKING, S.NURTURING, S.QUALIFIED)
ADDRESS = ("street", "city", "region", "country")


def _open_lead(actor: Actor, record_id: Any, version: int | None) -> Lead:
    lead: Lead = locked(actor, "lead", record_id)
    check_version(lead, version)
    require_status(lead, OPEN_STATUSES, _("This lead is closed."))
    return lead


def move_lead(actor: Actor, record_id: Any, to: Any, *, version: int | None = None, reason: Any = None) -> Lead:
    """Set the status of an open lead; also what dropping a card on the board does. "unqualified" demands a reason."""
    wanted = str(to)
    if wanted == S.UNQUALIFIED:
        return disqualify_lead(actor, record_id, reason=reason, version=version)
    if wanted == S.RECYCLED:
        return return_lead(actor, record_id, version=version)
    if wanted == S.CONVERTED:
        raise Conflict(_("Convert the lead to close it this way."))
    if wanted not in SETTABLE:
        raise Invalid({"status": [_("A lead cannot be given this status.")]})
    with tenant_tx(actor.tenant_id):
        lead: Lead = locked(actor, "lead", record_id)
        check_version(lead, version)
        require_status(lead, (*OPEN_STATUSES, S.UNQUALIFIED), _("This lead is closed."))
        return put(actor, "lead", lead, {"status": wanted, "reason": None}, LEAD_COMMANDS)


def disqualify_lead(actor: Actor, record_id: Any, *, reason: Any = None, version: int | None = None) -> Lead:
    """Close a lead as unqualified, with a reason."""
    with tenant_tx(actor.tenant_id):
        lead = _open_lead(actor, record_id, version)
        values = {"status": S.UNQUALIFIED, "reason": closing_reason(reason, "unqualified").id}
        return put(actor, "lead", lead, values, LEAD_COMMANDS)


# The pool


def claim_lead(actor: Actor, record_id: Any, *, version: int | None = None) -> Lead:
    """Take a lead out of the pool: it is the actor's from now on. Of two at once one gets it, the other a `Conflict`."""
    require(actor, "lead", "edit")
    with tenant_tx(actor.tenant_id):
        found = Lead.objects.filter(id=key_of(record_id), deleted_at=None).select_for_update(of=("self",)).first()
        in_reach = found is not None and (
            Lead.objects.filter(pool_condition(actor), id=found.id).exists()
            or visible_records(actor, "lead").filter(id=found.id).exists()
        )
        if found is None or not in_reach:
            raise NotFound(_("There is no such record, or it is not shown to your role."))
        check_version(found, version)
        if found.owner_id is not None or actor.member_id is None:
            raise Conflict(_("Somebody has taken this lead already."))
        values = {"owner": actor.member_id, "team": actor.team_id or found.team_id, "status": S.ASSIGNED}
        lead: Lead = put(elevated(actor), "lead", found, values, LEAD_COMMANDS)
        publish(LeadClaimed(lead_id=lead.id, member_id=actor.member_id), member_id=actor.member_id)
        return lead


def return_lead(actor: Actor, record_id: Any, *, version: int | None = None) -> Lead:
    """Back into the pool of its team, for somebody else to claim."""
    with tenant_tx(actor.tenant_id):
        lead: Lead = locked(actor, "lead", record_id)
        check_version(lead, version)
        require_status(lead, (*OPEN_STATUSES, S.UNQUALIFIED), _("A converted lead does not return to the pool."))
        if lead.owner_id is None:
            raise Conflict(_("This lead lies in the pool already."))
        values = {"owner": None, "status": S.RECYCLED, "reason": None}
        lead = put(elevated(actor), "lead", lead, values, LEAD_COMMANDS)
        publish(LeadReturned(lead_id=lead.id), member_id=actor.member_id)
        return lead


# Conversion


@dataclass(frozen=True)
class Converted:
    """What a lead became; `contact` and `opportunity` may be None."""

    lead: Lead
    account: Any
    contact: Any
    opportunity: Any


def lead_duplicates(actor: Actor, lead: Lead) -> list[Duplicate]:
    """Accounts and contacts that may be this lead's: same company or person, e-mail or phone."""
    reach: dict[str, Any] = {"emails": [lead.email], "phones": [lead.phone]}
    companies = find_duplicates(actor, name=lead.company_name or lead.name, objects=("account",), **reach)
    people = find_duplicates(actor, name=lead.name, objects=("contact",), **reach)
    return companies + people


def similar_leads(actor: Actor, lead: Lead) -> list[Lead]:
    """Other visible leads with the same e-mail or phone."""
    same = Q()
    if lead.email_norm:
        same |= Q(email_norm=lead.email_norm)
    if lead.phone_e164:
        same |= Q(phone_e164=lead.phone_e164)
    return list(visible_records(actor, "lead").filter(same).exclude(id=lead.id)[:10]) if same else []


def convert_lead(
    actor: Actor,
    record_id: Any,
    *,
    version: int | None = None,
    account: Any = None,
    contact: Any = None,
    opportunity: bool = True,
    opportunity_values: Mapping[str, Any] | None = None,
    ignore_duplicates: bool = False,
) -> Converted:
    """Make an account, a contact and (unless `opportunity` is False) an opportunity of a lead, in one transaction.

    `account` and `contact` name existing records to use instead. Without them possible duplicates are refused with `Conflict`
    until `ignore_duplicates`. The lead stays, read-only, and names what it became; what happened with it stays with it and
    stands on the timeline of account, contact and opportunity too.
    """
    with tenant_tx(actor.tenant_id):
        lead = _open_lead(actor, record_id, version)
        if account is None and contact is None and not ignore_duplicates:
            _refuse_duplicates(lead_duplicates(actor, lead))
        found_contact = get_record(actor, "contact", key_of(contact)) if contact else None  # type: ignore[arg-type]
        the_account = _account(actor, lead, account or getattr(found_contact, "account_id", None))
        the_contact = found_contact or _contact(actor, lead, the_account.id)
        if found_contact is not None and found_contact.account_id != the_account.id:
            link_contact(actor, account_id=the_account.id, contact_id=found_contact.id)
        sale = _opportunity(actor, lead, the_account, the_contact, opportunity_values or {}) if opportunity else None
        lead = put(actor, "lead", lead, _conversion(the_account, the_contact, sale), LEAD_COMMANDS)
        link_to_customer(actor, object="lead", record_id=lead.id, account_id=the_account.id, contact_id=lead.contact_id)
        _announce(actor, lead, the_account.id)
        return Converted(lead, the_account, the_contact, sale)


def _refuse_duplicates(found: list[Duplicate]) -> None:
    if found:
        names = ", ".join(dict.fromkeys(item.record.name for item in found[:3]))
        raise Conflict(
            _("This may be known already: %(names)s. Choose the record, or confirm that it is another.")
            % {"names": names}
        )


def _account(actor: Actor, lead: Lead, existing: Any) -> Any:
    key = key_of(existing)
    if key is not None:
        return get_record(actor, "account", key)
    business = bool(lead.company_name)
    values: dict[str, Any] = {
        "name": lead.company_name or lead.name,
        "kind": "business" if business else "individual",
        "relations": ["prospect"],
        "source": lead.source,
        "industry": lead.industry,
        "website": lead.website,
        "owner": lead.owner_id or actor.member_id,
        "team": lead.team_id,
        **{name: getattr(lead, name) for name in ADDRESS},
    }
    if not business:
        values |= {"email": lead.email, "phone": lead.phone, "wechat": lead.wechat}
    return create_record(actor, "account", {name: value for name, value in values.items() if value or name == "team"})


def _contact(actor: Actor, lead: Lead, account_id: UUID) -> Any:
    if not lead.company_name or lead.name == lead.company_name:
        return None
    values = {
        "name": lead.name,
        "account": account_id,
        "job_title": lead.job_title,
        "email": lead.email,
        "phone": lead.phone,
        "wechat": lead.wechat,
        "source": lead.source,
        "owner": lead.owner_id or actor.member_id,
    }
    return create_record(
        actor, "contact", {name: value for name, value in values.items() if value} | {"team": lead.team_id}
    )


def _opportunity(actor: Actor, lead: Lead, account: Any, contact: Any, values: Mapping[str, Any]) -> Any:
    base = {
        "name": lead.interest[:200] or account.name,
        "account": account.id,
        "contact": contact.id if contact else None,
        "amount": lead.budget,
        "currency": lead.currency,
        "source": lead.source,
        "lead": lead.id,
        "owner": lead.owner_id or actor.member_id,
        "team": lead.team_id,
    }
    if not isinstance(values, Mapping):
        raise Invalid({"opportunity_values": [_("An object is expected.")]})
    given = {name: value for name, value in values.items() if value not in (None, "")}
    return create_record(actor, "opportunity", {**base, **given}, allow=("lead",))


def _conversion(account: Any, contact: Any, opportunity: Any) -> dict[str, Any]:
    return {
        "status": S.CONVERTED,
        "converted_at": timezone.now(),
        "account": account.id,
        "contact": contact.id if contact else None,
        "opportunity": opportunity.id if opportunity else None,
    }


def _announce(actor: Actor, lead: Lead, account_id: UUID) -> None:
    event = LeadConverted(
        lead_id=lead.id, account_id=account_id, contact_id=lead.contact_id, opportunity_id=lead.opportunity_id
    )
    publish(event, member_id=actor.member_id)

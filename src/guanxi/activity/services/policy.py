"""May we reach this customer now? Consent per purpose and channel, suppressed addresses, frequency, quiet hours."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.activity.models import Outreach, Suppression
from guanxi.customers.models import Account, Consent, ConsentChannel, ConsentPurpose, ConsentStatus
from guanxi.customers.queries import consents_of
from guanxi.identity.models import Company

# We begin these; the others answer the customer or fulfil a contract and are never counted or put off.
UNASKED = frozenset({ConsentPurpose.MARKETING, ConsentPurpose.SURVEY})
WINDOW = timedelta(days=7)
DEFAULT_LIMIT = 3
DEFAULT_QUIET = ("21:00", "08:00")
ADDRESS_FIELDS: Mapping[str, tuple[str, ...]] = {
    ConsentChannel.MAIL: ("email_norm",),
    ConsentChannel.SMS: ("mobile_e164", "phone_e164"),
    ConsentChannel.PHONE: ("mobile_e164", "phone_e164"),
    ConsentChannel.WECHAT: ("wechat",),
    ConsentChannel.LETTER: ("street",),
}
_OF_ACCOUNTS: Mapping[str, tuple[str, ...]] = {
    channel: tuple(name for name in names if name != "mobile_e164") for channel, names in ADDRESS_FIELDS.items()
}


@dataclass(frozen=True)
class Rules:
    """The company's own limits: messages per 7 days, quiet hours, and whether marketing needs an express yes."""

    limit: int
    quiet_from: time
    quiet_to: time
    express: bool
    time_zone: str


@dataclass(frozen=True)
class Plan:
    """What is to be sent to whom: the customer, the purpose, the channel, the address it would go to."""

    account: Any
    contact: Any
    purpose: str
    channel: str
    address: str


def company_rules() -> Rules:
    """From `Company.settings`: contact_limit, quiet_hours ["21:00", "08:00"], consent ("express" or "until_denied")."""
    company = Company.objects.only("settings", "time_zone").first()
    settings: Mapping[str, Any] = company.settings if company else {}
    start, end = settings.get("quiet_hours") or DEFAULT_QUIET
    return Rules(
        limit=int(settings.get("contact_limit", DEFAULT_LIMIT)),
        quiet_from=time.fromisoformat(start),
        quiet_to=time.fromisoformat(end),
        express=settings.get("consent", "express") == "express",
        time_zone=company.time_zone if company else "UTC",
    )


def address_of(channel: str, contact: Any, account: Any) -> str:
    """Where the channel reaches the contact, else the account; "" when nowhere."""
    for record in (contact, account):
        for name in ADDRESS_FIELDS.get(channel, ()):
            found = str(getattr(record, name, "") or "") if record is not None else ""
            if found:
                return found
    return ""


def refusal(plan: Plan, *, at: datetime | None = None) -> str:
    """Why the customer must not be reached like this now, in words for the person who tries; "" when it may be.

    A denial binds whoever it was said by: the contact's counts before the account's.
    """
    at, rules = at or timezone.now(), company_rules()
    if not plan.address:
        return _("No address is known for this channel.")
    if plan.contact is not None and plan.contact.do_not_contact and plan.purpose != ConsentPurpose.CONTRACT:
        return _("%(name)s does not want to be contacted.") % {"name": plan.contact.name}
    reason = _suppressed(plan) or _consent(plan, rules)
    if reason or plan.purpose not in UNASKED:
        return reason
    return _too_often(plan, rules, at) or _too_late(plan, rules, at)


def reachable_accounts(channel: str, purpose: str, *, at: datetime | None = None) -> Any:
    """Accounts whom the gate lets through on a channel for a purpose, all at once. Quiet hours are left out of it: they pass.

    For who plans whom to reach; whoever then reaches one still asks the gate.
    """
    at, rules = at or timezone.now(), company_rules()
    addressed = Q()
    for name in _OF_ACCOUNTS[channel]:
        blocked = Suppression.objects.filter(channel=channel).values("address")
        addressed |= ~Q(**{name: ""}) & ~Q(**{f"{name}__in": blocked})
    said = Consent.objects.filter(channel=channel, purpose=purpose, ended_at=None, account__isnull=False)
    granted = said.filter(status=ConsentStatus.GRANTED).values("account_id")
    found = Account.objects.filter(addressed, deleted_at=None)
    if rules.express and purpose in UNASKED:
        found = found.filter(id__in=granted)
    else:
        found = found.exclude(id__in=said.exclude(status=ConsentStatus.GRANTED).values("account_id"))
    if purpose not in UNASKED:
        return found
    sent = _unasked(at).filter(account__isnull=False).values("account_id").annotate(count=Count("id"))
    return found.exclude(id__in=sent.filter(count__gte=rules.limit).values("account_id"))


def _suppressed(plan: Plan) -> str:
    row = Suppression.objects.filter(channel=plan.channel, address=plan.address).first()
    return _("This address is blocked: %(reason)s") % {"reason": row.reason} if row else ""


def _consent(plan: Plan, rules: Rules) -> str:
    said = _statement(plan)
    names = {"purpose": ConsentPurpose(plan.purpose).label, "channel": ConsentChannel(plan.channel).label}
    if said is not None and said.status != ConsentStatus.GRANTED:
        return _("The customer does not consent to “%(purpose)s” by “%(channel)s”.") % names
    if said is None and rules.express and plan.purpose in UNASKED:
        return _("The customer has not consented to “%(purpose)s” by “%(channel)s” yet.") % names
    return ""


def _statement(plan: Plan) -> Consent | None:
    key = (plan.purpose, plan.channel)
    own = consents_of(contact_id=plan.contact.id).get(key) if plan.contact is not None else None
    return own or (consents_of(account_id=plan.account.id).get(key) if plan.account is not None else None)


def _too_often(plan: Plan, rules: Rules, at: datetime) -> str:
    whom = Q(contact_id=_key(plan.contact)) if plan.contact is not None else Q(account_id=_key(plan.account))
    count = _unasked(at).filter(whom).count()
    if count < rules.limit:
        return ""
    return _("The customer was contacted %(count)d times within 7 days; %(limit)d are allowed.") % {
        "count": count,
        "limit": rules.limit,
    }


def _unasked(at: datetime) -> Any:
    """What was sent unasked within the window."""
    sent = Outreach.objects.filter(purpose__in=[str(item) for item in UNASKED], at__gt=at - WINDOW)
    return sent.exclude(status="failed")


def _too_late(plan: Plan, rules: Rules, at: datetime) -> str:
    zone = next(
        (record.time_zone for record in (plan.contact, plan.account) if record is not None and record.time_zone),
        rules.time_zone,
    )
    local = at.astimezone(ZoneInfo(zone))
    clock = local.time()
    if rules.quiet_from <= rules.quiet_to:
        quiet = rules.quiet_from <= clock < rules.quiet_to
    else:
        quiet = clock >= rules.quiet_from or clock < rules.quiet_to
    if not quiet:
        return ""
    words = {"time": f"{local:%H:%M}", "from": f"{rules.quiet_from:%H:%M}", "to": f"{rules.quiet_to:%H:%M}"}
    return _("It is %(time)s at the customer's place; quiet hours last from %(from)s to %(to)s.") % words


def _key(record: Any) -> UUID:
    key: UUID = record.id
    return key

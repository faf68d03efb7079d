"""Commands of offers: propose one to a customer, and write down what came of it."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from guanxi.activity.services import contact_customer, log_interaction, plan_task
from guanxi.core.errors import Conflict, Invalid, NotFound, Stale
from guanxi.core.events import publish
from guanxi.core.tenancy import tenant_tx
from guanxi.customers.models import ConsentChannel
from guanxi.engagement.events import OfferAnswered, OfferConverted, OfferProposed
from guanxi.engagement.models import (
    OPEN_RESPONSES,
    DeclineReason,
    LeadsTo,
    Offer,
    OfferChannel,
    Response,
    ResponseState,
)
from guanxi.engagement.ports import ACCEPTED, Accepted
from guanxi.engagement.queries import accepted_count, in_control, offered_now, purpose_of, suits
from guanxi.engagement.rules import RESPONSE_COMMANDS
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import require
from guanxi.records.changes import create_record, update_record
from guanxi.records.queries import get_record, visible_records

S = ResponseState
SENTENCES = {
    S.ACCEPTED: gettext_noop("Offer %(code)s accepted: %(name)s"),
    S.DECLINED: gettext_noop("Offer %(code)s declined: %(name)s"),
    S.LATER: gettext_noop("Offer %(code)s put off: %(name)s"),
    S.NONE: gettext_noop("No response to offer %(code)s: %(name)s"),
    S.CONVERTED: gettext_noop("Offer %(code)s led to a sale: %(name)s"),
}


def key_of(value: Any, field: str) -> UUID | None:
    """The key in a record, UUID, text or {"id": …}; None when empty. Raises `Invalid` naming `field`."""
    inner = value.get("id") if isinstance(value, dict) else getattr(value, "id", value)
    if inner in (None, ""):
        return None
    try:
        return UUID(str(inner))
    except ValueError:
        raise Invalid({field: [_("No such record.")]}) from None


def propose_offer(
    actor: Actor,
    record_id: Any,
    *,
    account: Any = None,
    contact: Any = None,
    channel: str = OfferChannel.PHONE,
    subject: str = "",
    body: str = "",
    version: int | None = None,
) -> Response:
    """Propose an offer to a customer. By mail it is sent; on other channels the gate is asked and the proposal is written down.

    A customer of the control group is not contacted: the response says `control` and nothing else. Raises `Conflict` with the reason (not
    valid, not suited, full, open already; consent, frequency, quiet hours), `Invalid`, `NotFound`, `NotAllowed`.
    """
    with tenant_tx(actor.tenant_id):
        require(actor, "response", "create")
        offer: Offer = get_record(actor, "offer", key_of(record_id, "offer"))  # type: ignore[arg-type]
        if version is not None and version != offer.version:
            raise Stale(_("Somebody saved this record while you were editing."), version=offer.version, current={})
        account_id, contact_id = _customer(actor, account, contact)
        if channel not in OfferChannel.values:
            raise Invalid({"channel": [_("Choose among the channels.")]})
        _refuse(actor, offer, account_id, channel)
        values = {"offer": offer.id, "account": account_id, "contact": contact_id, "channel": channel}
        if in_control(offer, account_id):
            held = {"control": True, "state": S.NONE, "proposed_at": timezone.now()}
            return create_record(actor, "response", values | held, allow=RESPONSE_COMMANDS)  # type: ignore[no-any-return]
        response: Response = create_record(actor, "response", values | {"proposed_at": timezone.now()})
        _reach(actor, offer, response, subject, body)
        event = OfferProposed(response_id=response.id, offer_id=offer.id, account_id=account_id)
        publish(event, member_id=actor.member_id)
        return response


def _customer(actor: Actor, account: Any, contact: Any) -> tuple[UUID, UUID | None]:
    contact_id = key_of(contact, "contact")
    person = get_record(actor, "contact", contact_id) if contact_id else None
    account_id = key_of(account, "account") or getattr(person, "account_id", None)
    if account_id is None:
        raise Invalid({"account": [_("Name an account or a contact.")]})
    get_record(actor, "account", account_id)
    return account_id, contact_id


def _refuse(actor: Actor, offer: Offer, account_id: UUID, channel: str) -> None:
    if not offered_now(actor).filter(id=offer.id).exists():
        raise Conflict(_("This offer is not valid now."))
    if offer.channels and channel not in offer.channels:
        raise Conflict(_("This offer is not proposed on this channel."))
    if not suits(actor, offer, account_id):
        raise Conflict(_("This customer does not meet the conditions of the offer."))
    if offer.capacity is not None and accepted_count(offer.id) >= offer.capacity:
        raise Conflict(_("As many have accepted as the offer is for."))
    waiting = Response.objects.filter(offer=offer, account_id=account_id, state__in=OPEN_RESPONSES, deleted_at=None)
    if waiting.exists():
        raise Conflict(_("This offer is open with the customer already."))


def _reach(actor: Actor, offer: Offer, response: Response, subject: str, body: str) -> None:
    """Through the one gate; what is no channel of consent is a contact in person."""
    about: dict[str, Any] = {"account_id": response.account_id, "contact_id": response.contact_id, "object": "response", "record_id": response.id}  # fmt: skip
    language = _language(response)
    with translation.override(language):
        subject, body = subject or offer.name_in(language), body or offer.text_in(language) or offer.name_in(language)
    if response.channel in ConsentChannel.values:
        purpose = purpose_of(offer)
        contact_customer(
            actor, channel=response.channel, purpose=purpose, subject=subject, body=body, language=language, **about
        )
    if response.channel != OfferChannel.MAIL:
        log_interaction(actor, channel=response.channel, direction="out", subject=subject[:300], body=body, **about)


def _language(response: Response) -> str:
    spoken = getattr(response.contact, "language", "") or response.account.language
    return str(spoken or translation.get_language() or "en")


def accept_response(actor: Actor, record_id: Any, *, version: int | None = None, note: str = "") -> Response:
    """The customer said yes: what the offer leads to is made at once, by whoever knows how; else it is a task."""
    with tenant_tx(actor.tenant_id):
        response = _open_response(actor, record_id, version)
        values = _made(actor, response) | {"state": S.ACCEPTED, "answered_at": timezone.now()}
        return _answered(actor, response, values | ({"note": note} if note else {}))


def _made(actor: Actor, response: Response) -> dict[str, Any]:
    offer = response.offer
    make = ACCEPTED.get(offer.leads_to)
    if make is None or offer.leads_to == LeadsTo.TASK:
        subject = _("Carry out: %(name)s") % {"name": offer.name_in(translation.get_language() or "en")}
        task = plan_task(
            actor, subject=subject[:200], due_at=timezone.now() + timedelta(days=1), account_id=response.account_id,
            contact_id=response.contact_id, object="response", record_id=response.id,
        )  # fmt: skip
        return {"made_object": "task", "made_id": task.id, "deal_id": None}
    accepted = Accepted(
        response.id, offer.name, offer.kind, response.account_id, response.contact_id, offer.product_id, offer.price,
        offer.discount_percent, offer.currency,
    )  # fmt: skip
    made = make(actor, accepted)
    return {"made_object": made.object, "made_id": made.id, "deal_id": made.deal_id}


def decline_response(
    actor: Actor, record_id: Any, *, reason: str = DeclineReason.OTHER, note: str = "", version: int | None = None
) -> Response:
    """The customer said no, and why."""
    if reason not in DeclineReason.values:
        raise Invalid({"reason": [_("Choose a reason.")]})
    with tenant_tx(actor.tenant_id):
        response = _open_response(actor, record_id, version)
        values = {"state": S.DECLINED, "answered_at": timezone.now(), "decline_reason": reason}
        return _answered(actor, response, values | ({"note": note} if note else {}))


def postpone_response(
    actor: Actor, record_id: Any, *, until: date | str | None = None, note: str = "", version: int | None = None
) -> Response:
    """The customer wants to be asked again: a task says so on that day."""
    day = _day(until)
    with tenant_tx(actor.tenant_id):
        response = _open_response(actor, record_id, version)
        subject = _("Ask again: %(name)s") % {"name": response.offer.name_in(translation.get_language() or "en")}
        plan_task(
            actor, subject=subject[:200], due_at=datetime.combine(day, time(1), tzinfo=UTC), account_id=response.account_id,
            contact_id=response.contact_id, object="response", record_id=response.id,
        )  # fmt: skip
        values = {"state": S.LATER, "later_on": day}
        return _answered(actor, response, values | ({"note": note} if note else {}))


def close_response(actor: Actor, record_id: Any, *, version: int | None = None) -> Response:
    """Nothing came back."""
    with tenant_tx(actor.tenant_id):
        response = _open_response(actor, record_id, version)
        return _answered(actor, response, {"state": S.NONE, "answered_at": timezone.now()})


def convert_response(
    actor: Actor,
    record_id: Any,
    *,
    revenue: Decimal | str | None = None,
    margin: Decimal | str | None = None,
    version: int | None = None,
) -> Response:
    """It led to a sale that no deal of ours tells of: its revenue and margin by hand."""
    with tenant_tx(actor.tenant_id):
        response = _locked(actor, record_id, version)
        if response.state not in (*OPEN_RESPONSES, S.ACCEPTED):
            raise Conflict(_("This response is closed."))
        sums = {"revenue": revenue, "margin": margin, "currency": response.offer.currency}
        return _convert(actor, response, {name: value for name, value in sums.items() if value not in (None, "")})


def record_outcome(
    actor: Actor,
    deal_id: UUID,
    *,
    won: bool,
    revenue: Decimal | None = None,
    margin: Decimal | None = None,
    currency: str = "",
) -> None:
    """What an accepted offer led to was decided. Rooms above call this; told twice, nothing more happens."""
    for response in Response.objects.filter(deal_id=deal_id, deleted_at=None).select_related("offer"):
        if won and response.state == S.ACCEPTED:
            _convert(actor, response, {"revenue": revenue, "margin": margin, "currency": currency})
        elif not won and response.state == S.CONVERTED:
            values = {"state": S.ACCEPTED, "converted_at": None, "revenue": None, "margin": None}
            update_record(actor, "response", response.id, values, allow=RESPONSE_COMMANDS)


def _convert(actor: Actor, response: Response, sums: dict[str, Any]) -> Response:
    now = timezone.now()
    values = {"state": S.CONVERTED, "converted_at": now, "answered_at": response.answered_at or now}
    saved = _answered(actor, response, values | sums)
    event = OfferConverted(response_id=saved.id, offer_id=saved.offer_id, account_id=saved.account_id)
    publish(event, member_id=actor.member_id)
    return saved


def _answered(actor: Actor, response: Response, values: dict[str, Any]) -> Response:
    made = {name: values.pop(name) for name in ("made_id", "deal_id") if name in values}
    saved: Response = update_record(
        actor, "response", response.id, values, version=response.version, allow=RESPONSE_COMMANDS
    )
    if made:
        Response.objects.filter(id=saved.id).update(**made)
        saved.made_id, saved.deal_id = made["made_id"], made["deal_id"]
    offer = response.offer
    log_interaction(
        actor, channel="system", account_id=saved.account_id, contact_id=saved.contact_id, object="response", record_id=saved.id,
        message=SENTENCES[S(saved.state)], args={"code": offer.code, "name": offer.name},
    )  # fmt: skip
    event = OfferAnswered(response_id=saved.id, offer_id=offer.id, account_id=saved.account_id, state=saved.state)
    publish(event, member_id=actor.member_id)
    return saved


def _open_response(actor: Actor, record_id: Any, version: int | None) -> Response:
    response = _locked(actor, record_id, version)
    if response.state not in OPEN_RESPONSES or response.control:
        raise Conflict(_("This response is closed."))
    return response


def _locked(actor: Actor, record_id: Any, version: int | None) -> Response:
    key = key_of(record_id, "response")
    get_record(actor, "response", key)  # type: ignore[arg-type]
    rows = visible_records(actor, "response", "edit").select_for_update(of=("self",)).select_related("offer")
    response: Response | None = rows.filter(id=key).first()
    if response is None:
        raise NotFound(_("You may see this record, but not change it."))
    if version is not None and version != response.version:
        raise Stale(_("Somebody saved this record while you were editing."), version=response.version, current={})
    return response


def _day(value: date | str | None) -> date:
    try:
        day = value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        raise Invalid({"until": [_("A date such as 2026-11-19 is expected.")]}) from None
    if day <= timezone.localdate():
        raise Invalid({"until": [_("Choose a day to come.")]})
    return day

"""What holds for offers, responses and questionnaires whoever saves them."""

from collections.abc import Mapping

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.customers.models import AccountContact, Contact
from guanxi.engagement.models import Offer, OfferChannel, Questionnaire, QuestionnaireStatus, Response
from guanxi.engagement.sheet import read_sheet
from guanxi.records.criteria import compile_q
from guanxi.records.registry import Draft

Messages = Mapping[str, list[str]] | None
RESPONSE_COMMANDS = (
    "state", "answered_at", "decline_reason", "later_on", "control", "made_object", "converted_at", "revenue", "margin", "currency",
)  # fmt: skip


def prepare_offer(draft: Draft) -> None:
    """Sums are in the company's currency where none is named; every channel where none is chosen stays so."""
    offer: Offer = draft.record
    offer.currency = offer.currency or draft.actor.currency


def check_offer(draft: Draft) -> Messages:
    """Dates in order, channels that there are, criteria that can be read and mean the same to everybody."""
    offer: Offer = draft.record
    errors: dict[str, list[str]] = {}
    if offer.valid_from and offer.valid_to and offer.valid_to < offer.valid_from:
        errors["valid_to"] = [_("The end lies before the beginning.")]
    if set(offer.channels) - set(OfferChannel.values):
        errors["channels"] = [_("Choose among the channels.")]
    if "criteria" in draft.changed:
        errors |= _criteria(draft, offer)
    return errors


def _criteria(draft: Draft, offer: Offer) -> dict[str, list[str]]:
    if not isinstance(offer.criteria, Mapping):
        return {"criteria": [_("The filter is not well formed.")]}
    if any(f'"{word}"' in str(offer.criteria).replace("'", '"') for word in ("$me", "$my_team", "$my_teams")):
        return {"criteria": [_("An offer suits the same customers whoever asks: name a person or team.")]}
    try:
        compile_q(draft.actor, "account", offer.criteria)
    except Invalid as refusal:
        return {"criteria": [text for texts in refusal.errors.values() for text in texts]}
    return {}


def prepare_response(draft: Draft) -> None:
    """A response written down by hand was proposed now; a contact alone means its account."""
    response: Response = draft.record
    if draft.before is None and response.proposed_at is None and not response.control:
        response.proposed_at = timezone.now()


def check_response(draft: Draft) -> Messages:
    """What was proposed to whom stays as it was; the contact is the account's."""
    response: Response = draft.record
    if draft.before is not None and draft.changed & {"offer", "account"}:
        return {"offer": [_("What was proposed to whom stays. Propose it anew.")]}
    if response.contact_id and draft.changed & {"contact", "account"} and not _works_there(response):
        return {"contact": [_("This person does not belong to the account.")]}
    return None


def _works_there(response: Response) -> bool:
    return any(
        row.account_id == response.account_id for row in AccountContact.objects.filter(contact_id=response.contact_id)
    ) or (Contact.objects.filter(id=response.contact_id, account_id=response.account_id).exists())


def check_questionnaire(draft: Draft) -> Messages:
    """Questions that can be read; what is open asks something."""
    questionnaire: Questionnaire = draft.record
    if draft.changed.isdisjoint({"content", "status"}):
        return None
    try:
        sheet = read_sheet(questionnaire.content)
    except Invalid as refusal:
        return refusal.errors
    if questionnaire.status == QuestionnaireStatus.OPEN and not sheet.by_key:
        return {"status": [_("Add a question before you open it.")]}
    return None

"""Questionnaires by mail: to one customer, to a segment, and once more to who said nothing; all through the one gate."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from guanxi.activity.services import contact_customer
from guanxi.core.errors import Conflict, Invalid, Refused
from guanxi.core.ids import new_id
from guanxi.core.jobs import enqueue, job
from guanxi.core.tenancy import tenant_tx
from guanxi.customers.models import ConsentPurpose
from guanxi.engagement.links import address_of
from guanxi.engagement.models import FormLink, Questionnaire, QuestionnaireStatus
from guanxi.engagement.services.offers import key_of
from guanxi.engagement.services.questionnaires import make_link
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.identity.permissions import require
from guanxi.identity.queries import actor_of_user
from guanxi.records.criteria import SEGMENT, compile_q
from guanxi.records.queries import get_record, visible_records

MOST_AT_ONCE = 5_000
PART = 50
LANGUAGES = ("en", "zh-hans")


@dataclass(frozen=True)
class Sending:
    """A questionnaire on its way to a segment: how many customers, under which key the links are found."""

    batch_id: UUID
    count: int


def send_questionnaire(
    actor: Actor, record_id: Any, *, account: Any = None, contact: Any = None, version: int | None = None
) -> FormLink:
    """Send a link by mail to one customer. Raises `Conflict` with the reason why not (consent, frequency, address), `Invalid`."""
    with tenant_tx(actor.tenant_id):
        require(actor, "answer", "create")
        questionnaire: Questionnaire = get_record(actor, "questionnaire", key_of(record_id, "id"))  # type: ignore[arg-type]
        contact_id, account_id = key_of(contact, "contact"), key_of(account, "account")
        if contact_id is None and account_id is None:
            raise Invalid({"account": [_("Name an account or a contact.")]})
        return _send(actor, questionnaire, account_id, contact_id)


def _send(
    actor: Actor,
    questionnaire: Questionnaire,
    account_id: UUID | None,
    contact_id: UUID | None,
    batch_id: UUID | None = None,
) -> FormLink:
    person: Any = get_record(actor, "contact", contact_id) if contact_id else None
    account_id = account_id or getattr(person, "account_id", None)
    account: Any = get_record(actor, "account", account_id) if account_id else None
    language = _language(person, account)
    link = make_link(
        actor, questionnaire, account_id=account_id, contact_id=contact_id, language=language, batch_id=batch_id
    )
    _mail(actor, questionnaire, link, reminder=False)
    FormLink.objects.filter(id=link.id).update(sent_at=timezone.now())
    link.sent_at = timezone.now()
    return link


def _language(*records: Any) -> str:
    spoken = next((record.language for record in records if record is not None and record.language), "")
    found = str(spoken or translation.get_language() or "en")
    return found if found in LANGUAGES else "en"


def _mail(actor: Actor, questionnaire: Questionnaire, link: FormLink, *, reminder: bool) -> None:
    chinese = link.language.startswith("zh")
    intro = (questionnaire.intro_zh if chinese else "") or questionnaire.intro
    with translation.override(link.language):
        name = questionnaire.name_in(link.language)
        subject = _("Reminder: %(name)s") % {"name": name} if reminder else name
        until = _("The link works once, until %(day)s.") % {"day": timezone.localdate(link.expires_at).isoformat()}
        words = [intro, f"[{_('Answer now')}]({address_of(link)})", until]
    contact_customer(
        actor, account_id=link.account_id, contact_id=link.contact_id, purpose=ConsentPurpose.SURVEY, subject=subject[:300],
        body="\n\n".join(part for part in words if part), object="questionnaire", record_id=questionnaire.id, language=link.language,
    )  # fmt: skip


def send_to_segment(
    actor: Actor, record_id: Any, *, segment: Any = None, object: str = "contact", version: int | None = None
) -> Sending:
    """Send links to every member of a segment of contacts or accounts, in the background, by the actor's rights."""
    with tenant_tx(actor.tenant_id):
        require(actor, "answer", "create")
        questionnaire: Questionnaire = get_record(actor, "questionnaire", key_of(record_id, "id"))  # type: ignore[arg-type]
        segment_id = key_of(segment, "segment")
        if segment_id is None or object not in ("contact", "account"):
            raise Invalid({"segment": [_("Choose a segment of contacts or accounts.")]})
        if questionnaire.status != QuestionnaireStatus.OPEN:
            raise Conflict(_("Open the questionnaire first."))
        count = _members(actor, object, segment_id).count()
        if not count or count > MOST_AT_ONCE:
            raise Invalid({"segment": [_("A segment of 1 to %(most)s customers is expected.") % {"most": f"{MOST_AT_ONCE:,}"}]})  # fmt: skip
        batch_id = new_id()
        enqueue(
            send_links, actor.tenant_id, questionnaire_id=questionnaire.id, segment_id=segment_id, object=object,
            member_id=actor.member_id, batch_id=batch_id,
        )  # fmt: skip
        return Sending(batch_id, count)


def _members(actor: Actor, object: str, segment_id: UUID) -> Any:
    rule = compile_q(actor, object, {"field": SEGMENT, "op": "in", "value": [str(segment_id)]})
    return rule.apply(visible_records(actor, object))


@job(name="engagement.send_links", in_transaction=False)
def send_links(
    tenant_id: UUID, questionnaire_id: UUID, segment_id: UUID, object: str, member_id: UUID, batch_id: UUID
) -> None:
    """Part by part; killed, it goes on with those who have no link of this sending yet."""
    with tenant_tx(tenant_id):
        actor = _person(tenant_id, member_id)
        waiting = list(_members(actor, object, segment_id).order_by("id").values_list("id", flat=True)[:MOST_AT_ONCE]) if actor else []  # fmt: skip
        column = f"{object}_id"
        done = set(FormLink.objects.filter(batch_id=batch_id).values_list(column, flat=True))
    waiting = [key for key in waiting if key not in done]
    for start in range(0, len(waiting), PART):
        with tenant_tx(tenant_id):
            questionnaire = Questionnaire.objects.filter(id=questionnaire_id, deleted_at=None).first()
            if actor is None or questionnaire is None:
                return
            for key in waiting[start : start + PART]:
                _try(actor, questionnaire, {column: key}, batch_id)


def _try(actor: Actor, questionnaire: Questionnaire, whom: dict[str, UUID], batch_id: UUID) -> None:
    """Send, or keep why not: a refusal is part of the result."""
    account_id, contact_id = whom.get("account_id"), whom.get("contact_id")
    try:
        with tenant_tx(actor.tenant_id):
            _send(actor, questionnaire, account_id, contact_id, batch_id)
    except Refused as refusal:
        FormLink.objects.create(
            questionnaire=questionnaire, account_id=account_id, contact_id=contact_id, batch_id=batch_id, member_id=actor.member_id,
            expires_at=timezone.now(), refusal=refusal.message[:500],
        )  # fmt: skip


def _person(tenant_id: UUID, member_id: UUID) -> Actor | None:
    """The colleague who ordered it, with the rights of today."""
    user_id = Membership.objects.filter(id=member_id, is_active=True).values_list("user_id", flat=True).first()
    return actor_of_user(tenant_id, user_id, via="job") if user_id else None


def remind_silent() -> int:
    """Who has not answered is reminded once, when the questionnaire says so; says how many were."""
    now, count = timezone.now(), 0
    silent = FormLink.objects.filter(
        answered_at=None, reminded_at=None, revoked_at=None, is_open=False, expires_at__gt=now, refusal="",
        questionnaire__status=QuestionnaireStatus.OPEN, questionnaire__deleted_at=None, questionnaire__reminder_days__isnull=False,
        sent_at__lte=now - timedelta(days=1) * F("questionnaire__reminder_days"),  # type: ignore[operator]
    )  # fmt: skip
    for link in silent.select_related("questionnaire").order_by("sent_at")[:1000]:
        FormLink.objects.filter(id=link.id).update(reminded_at=now)
        actor = _person(link.tenant_id, link.member_id) if link.member_id else None
        if actor is None:
            continue
        try:
            with tenant_tx(link.tenant_id):
                _mail(actor, link.questionnaire, link, reminder=True)
                count += 1
        except Refused:
            continue
    return count

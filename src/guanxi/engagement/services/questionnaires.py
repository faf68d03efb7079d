"""Commands of questionnaires: versions, links, answers."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from guanxi.activity.services import log_interaction, plan_task
from guanxi.core.errors import Conflict, Invalid, NotFound
from guanxi.core.events import publish
from guanxi.core.tenancy import tenant_tx
from guanxi.customers.models import Account, Contact
from guanxi.engagement.events import QuestionnaireAnswered
from guanxi.engagement.filling import Filled, fill
from guanxi.engagement.models import (
    Answer,
    AnswerChannel,
    AnswerItem,
    FormLink,
    Questionnaire,
    QuestionnaireStatus,
    QuestionnaireVersion,
)
from guanxi.engagement.queries import latest_version
from guanxi.engagement.services.offers import key_of
from guanxi.engagement.sheet import read_sheet
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import require
from guanxi.records.changes import create_record
from guanxi.records.queries import get_record
from guanxi.records.registry import Draft

MEASURES = ("csat", "nps", "ces")


def keep_version(draft: Draft) -> None:
    """The questions as they are now become the version that is asked: a new one once somebody answered the last."""
    if draft.before is not None and "content" not in draft.changed:
        return
    questionnaire: Questionnaire = draft.record
    last = latest_version(questionnaire.id)
    if last is not None and not Answer.objects.filter(sheet=last).exists():
        QuestionnaireVersion.objects.filter(id=last.id).update(content=questionnaire.content)
        return
    QuestionnaireVersion.objects.create(
        questionnaire=questionnaire, number=last.number + 1 if last else 1, content=questionnaire.content
    )


def make_link(
    actor: Actor,
    questionnaire: Questionnaire,
    *,
    account_id: UUID | None = None,
    contact_id: UUID | None = None,
    is_open: bool = False,
    language: str = "",
    batch_id: UUID | None = None,
) -> FormLink:
    """A new address of an open questionnaire, for one customer or (`is_open`) for whoever has it. Raises `Conflict`."""
    if questionnaire.status != QuestionnaireStatus.OPEN:
        raise Conflict(_("Open the questionnaire first."))
    link: FormLink = FormLink.objects.create(
        questionnaire=questionnaire, account_id=account_id, contact_id=contact_id, is_open=is_open, language=language, batch_id=batch_id,
        member_id=actor.member_id, expires_at=timezone.now() + timedelta(days=questionnaire.link_days),
    )  # fmt: skip
    return link


def share_link(actor: Actor, record_id: Any, *, version: int | None = None) -> FormLink:
    """The open address of a questionnaire, to be put on a page or a receipt: the one there is, or a new one."""
    with tenant_tx(actor.tenant_id):
        questionnaire: Questionnaire = get_record(actor, "questionnaire", key_of(record_id, "id"), "edit")  # type: ignore[arg-type]
        living = FormLink.objects.filter(
            questionnaire=questionnaire, is_open=True, revoked_at=None, expires_at__gt=timezone.now()
        )
        return living.order_by("-expires_at").first() or make_link(actor, questionnaire, is_open=True)


def revoke_links(actor: Actor, record_id: Any, *, version: int | None = None) -> int:
    """All addresses of a questionnaire that nobody has answered yet lead nowhere from now on; says how many."""
    with tenant_tx(actor.tenant_id):
        questionnaire = get_record(actor, "questionnaire", key_of(record_id, "id"), "edit")  # type: ignore[arg-type]
        waiting = FormLink.objects.filter(questionnaire=questionnaire, answered_at=None, revoked_at=None)
        return int(waiting.update(revoked_at=timezone.now()))


def answer_questionnaire(
    actor: Actor,
    record_id: Any,
    *,
    answers: Mapping[str, Any] | None = None,
    account: Any = None,
    contact: Any = None,
    channel: str = AnswerChannel.PHONE,
    version: int | None = None,
) -> Answer:
    """Write down what a customer said, in their place. Raises `Invalid` with messages by question, `Conflict` when it is not open."""
    if channel not in AnswerChannel.values:
        raise Invalid({"channel": [_("Choose among the channels.")]})
    if not isinstance(answers, Mapping):
        raise Invalid({"answers": [_("An object is expected.")]})
    with tenant_tx(actor.tenant_id):
        require(actor, "answer", "create")
        questionnaire: Questionnaire = get_record(actor, "questionnaire", key_of(record_id, "id"))  # type: ignore[arg-type]
        contact_id, account_id = key_of(contact, "contact"), key_of(account, "account")
        person = get_record(actor, "contact", contact_id) if contact_id else None
        if account_id:
            get_record(actor, "account", account_id)
        account_id = account_id or getattr(person, "account_id", None)
        return keep_answer(actor, questionnaire, answers, account_id, contact_id, channel=channel)


def answer_link(link: FormLink, answers: Mapping[str, Any], *, language: str) -> Answer:
    """A reply by its link, of whoever has it. Inside the link's tenant. Raises `Conflict` when it is over, `Invalid`."""
    held: FormLink | None = FormLink.objects.select_for_update().filter(id=link.id).first()
    if held is None or state_of(held) != "open":
        raise Conflict(_("This link is no longer valid."))
    actor = Actor.system(held.tenant_id, via="form", language=language)
    answer = keep_answer(
        actor, held.questionnaire, answers, held.account_id, held.contact_id, channel=AnswerChannel.LINK, link=held, language=language
    )  # fmt: skip
    if not held.is_open:
        FormLink.objects.filter(id=held.id).update(answered_at=timezone.now())
    return answer


def state_of(link: FormLink, now: datetime | None = None) -> str:
    """open, answered, expired or closed."""
    if link.answered_at is not None:
        return "answered"
    if (
        link.revoked_at is not None
        or link.questionnaire.deleted_at is not None
        or link.questionnaire.status != QuestionnaireStatus.OPEN
    ):
        return "closed"
    return "open" if link.expires_at > (now or timezone.now()) else "expired"


def open_link(link_id: UUID) -> FormLink:
    """The link of a token, noted as opened. Inside its tenant. Raises `NotFound`."""
    link: FormLink | None = FormLink.objects.select_related("questionnaire").filter(id=link_id).first()
    if link is None:
        raise NotFound(_("There is no such page."))
    if link.opened_at is None:
        FormLink.objects.filter(id=link.id, opened_at=None).update(opened_at=timezone.now())
    return link


def keep_answer(
    actor: Actor,
    questionnaire: Questionnaire,
    answers: Mapping[str, Any],
    account_id: UUID | None,
    contact_id: UUID | None,
    *,
    channel: str,
    link: FormLink | None = None,
    language: str = "",
    at: datetime | None = None,
) -> Answer:
    """Check and store a reply to the questions as they are asked now, and tell of it."""
    if questionnaire.status != QuestionnaireStatus.OPEN:
        raise Conflict(_("This questionnaire takes no answers."))
    sheet = latest_version(questionnaire.id)
    if sheet is None:
        raise Conflict(_("This questionnaire takes no answers."))
    filled = fill(read_sheet(sheet.content), answers)
    answer = _store(actor, questionnaire, sheet, filled, account_id, contact_id, channel, language, at)
    if link is not None:
        Answer.objects.filter(id=answer.id).update(link=link)
    _tell(actor, questionnaire, answer)
    return answer


def _store(
    actor: Actor,
    questionnaire: Questionnaire,
    sheet: QuestionnaireVersion,
    filled: Filled,
    account_id: UUID | None,
    contact_id: UUID | None,
    channel: str,
    language: str,
    at: datetime | None,
) -> Answer:
    owner = Account.objects.filter(id=account_id).values("owner_id", "team_id").first() if account_id else None
    owner = owner or {"owner_id": questionnaire.owner_id, "team_id": questionnaire.team_id}
    values: dict[str, Any] = {
        "questionnaire": questionnaire.id, "account": account_id, "contact": contact_id, "channel": channel, "language": language,
        "answered_at": at or timezone.now(), "comment": filled.comment, "gap": filled.gap, "points": filled.points,
        **{name: filled.measures.get(name) for name in MEASURES},
    }  # fmt: skip
    # The answer is the customer's, and lies with whoever looks after the customer, whoever wrote it down.
    writer = Actor.system(actor.tenant_id, via=actor.via, member_id=actor.member_id)
    given = values | {"owner": owner["owner_id"], "team": owner["team_id"]}
    answer: Answer = create_record(writer, "answer", given, allow=tuple(values))
    Answer.objects.filter(id=answer.id).update(sheet=sheet)
    answer.sheet = sheet
    AnswerItem.objects.bulk_create(
        [AnswerItem(tenant_id=actor.tenant_id, answer=answer, **item) for item in filled.items]
    )
    return answer


def _tell(actor: Actor, questionnaire: Questionnaire, answer: Answer) -> None:
    if answer.account_id or answer.contact_id:
        log_interaction(
            actor, channel="system", account_id=_living(Account, answer.account_id), contact_id=_living(Contact, answer.contact_id),
            object="answer", record_id=answer.id, message=gettext_noop("Questionnaire answered: %(name)s"), args={"name": questionnaire.name},
        )  # fmt: skip
    event = QuestionnaireAnswered(answer_id=answer.id, questionnaire_id=questionnaire.id, account_id=answer.account_id)
    publish(event, member_id=actor.member_id)


def _living(model: Any, key: UUID | None) -> UUID | None:
    return key if key and model.objects.filter(id=key, deleted_at=None).exists() else None


def is_low(questionnaire: Questionnaire, answer: Answer) -> bool:
    """Whether one of the answer's measures is not above the questionnaire's threshold."""
    found = [value for name in MEASURES if (value := getattr(answer, name)) is not None]
    return questionnaire.low_score is not None and any(value <= questionnaire.low_score for value in found)


def follow_low_score(tenant_id: UUID, answer_id: UUID) -> None:
    """A task for the customer's owner when an answer is low; repeated, nothing more happens."""
    answer: Answer | None = Answer.objects.filter(id=answer_id, deleted_at=None).select_related("questionnaire").first()
    if answer is None or not is_low(answer.questionnaire, answer):
        return
    actor = Actor.system(tenant_id, member_id=answer.owner_id, team_id=answer.team_id)
    with_zh = answer.language.startswith("zh")
    plan_task(
        actor, subject=(_("Call back: low score in “%(name)s”") % {"name": answer.questionnaire.name_in("zh" if with_zh else "en")})[:200],
        kind="call", priority="high", due_at=timezone.now() + timedelta(days=1), assignee_id=answer.owner_id, account_id=answer.account_id,
        contact_id=answer.contact_id, object="answer", record_id=answer.id,
    )  # fmt: skip

"""Suggestions from staff: they reach the person who decides, and the answer comes back."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from guanxi.activity.models import Suggestion, SuggestionStatus
from guanxi.activity.services.notify import notify
from guanxi.activity.services.sharing import open_to
from guanxi.core.errors import Conflict, Invalid, NotAllowed
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Team
from guanxi.identity.permissions import require
from guanxi.records.changes import update_record
from guanxi.records.queries import get_record
from guanxi.records.registry import Draft

S = SuggestionStatus
COMMANDS = ("status", "answer", "decided_at")
ANSWERS = {
    S.ACCEPTED: gettext_noop("%(who)s accepted your suggestion “%(what)s”"),
    S.DECLINED: gettext_noop("%(who)s declined your suggestion “%(what)s”"),
    S.DONE: gettext_noop("%(who)s carried out your suggestion “%(what)s”"),
}


def accept_suggestion(actor: Actor, record_id: UUID, *, version: int | None = None, answer: str = "") -> Suggestion:
    """It shall be done. Raises `NotAllowed` unless the actor decides."""
    return _decide(actor, record_id, version, (S.NEW, S.DECLINED), S.ACCEPTED, answer)


def decline_suggestion(actor: Actor, record_id: UUID, *, version: int | None = None, answer: str = "") -> Suggestion:
    """It shall not be done; the reason is demanded."""
    if not answer.strip():
        raise Invalid({"answer": [_("Say why, so that the next one is better.")]})
    return _decide(actor, record_id, version, (S.NEW, S.ACCEPTED), S.DECLINED, answer)


def finish_suggestion(actor: Actor, record_id: UUID, *, version: int | None = None, answer: str = "") -> Suggestion:
    """An accepted suggestion is carried out."""
    return _decide(actor, record_id, version, (S.ACCEPTED,), S.DONE, answer)


def _decide(
    actor: Actor, record_id: UUID, version: int | None, open_in: tuple[str, ...], status: SuggestionStatus, answer: str
) -> Suggestion:
    with tenant_tx(actor.tenant_id):
        found: Suggestion = get_record(actor, "suggestion", record_id)
        require(actor, "suggestion", "edit")
        if actor.member_id != found.decider_id and not actor.is_admin:
            raise NotAllowed(_("Somebody else decides on this suggestion."))
        if found.status not in open_in:
            raise Conflict(_("This suggestion is answered already."))
        values = {"status": status, "answer": answer or found.answer, "decided_at": timezone.now()}
        writer = replace(actor, is_admin=True, token_scopes=None)
        saved: Suggestion = update_record(writer, "suggestion", record_id, values, version=version, allow=COMMANDS)
        if saved.owner_id and saved.owner_id != actor.member_id:
            _tell(actor, saved, saved.owner_id, "suggestion_answered", ANSWERS[status])
        return saved


def prepare_suggestion(draft: Draft) -> None:
    """Without a name it goes to the nearest manager above, else to an administrator."""
    if draft.record.decider_id is None:
        draft.record.decider_id = who_decides(draft.record.team_id, besides=draft.record.owner_id)


def check_suggestion(draft: Draft) -> Mapping[str, list[str]] | None:
    """What is answered stays as it was proposed."""
    touched = draft.changed & {"subject", "body", "decider"}
    if draft.before is not None and touched and draft.record.status != S.NEW:
        return {"": [_("This suggestion is answered already.")]}
    return None


def after_suggestion(draft: Draft) -> None:
    """Who decides may read it, and is told."""
    record = draft.record
    if record.decider_id is None or not (draft.before is None or "decider" in draft.changed):
        return
    open_to("suggestion", record, [record.decider_id], source="decider")
    if record.decider_id != draft.actor.member_id:
        _tell(draft.actor, record, record.decider_id, "suggestion", gettext_noop("%(who)s suggests: %(what)s"))


def who_decides(team_id: UUID | None, *, besides: UUID | None = None) -> UUID | None:
    """The nearest manager from a team upwards, else the first administrator; never `besides`."""
    parents = dict(Team.objects.values_list("id", "parent_id"))
    members = Membership.objects.filter(is_active=True).exclude(id=besides).order_by("joined_at", "id")
    while team_id is not None:
        manager = members.filter(team_id=team_id, role__key="manager").values_list("id", flat=True).first()
        if manager is not None:
            return UUID(str(manager))
        team_id = parents.get(team_id)
    found: UUID | None = members.filter(role__is_admin=True).values_list("id", flat=True).first()
    return found


def _tell(actor: Actor, record: Suggestion, member_id: UUID, kind: str, message: str) -> None:
    notify(
        [member_id],
        kind=kind,
        message=message,
        args={"who": actor.name, "what": record.subject},
        url=f"/suggestions/{record.id}/",
        object="suggestion",
        record_id=record.id,
    )

"""Commands on persons' data: ask for an erasure, agree to one, refuse one; whether it takes two people."""

from typing import Any
from uuid import UUID

from django.utils import timezone, translation
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, Invalid, NotAllowed, NotFound
from guanxi.core.events import publish
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import note_access
from guanxi.identity.models import Company
from guanxi.identity.permissions import require_admin
from guanxi.identity.validation import clean_text
from guanxi.records.events import PersonErased, RecordsChanged
from guanxi.records.models import Erasure
from guanxi.records.privacy.erasing import carry_out
from guanxi.records.privacy.finding import Person, find_person

SETTING = "erasure_by_two"
# Letters and digits that nobody mistakes for others.
MARKS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
MOST = 1000


def ask_erasure(actor: Actor, object_name: str, record_id: UUID, *, basis: str, reference: str = "") -> Any:
    """Ask for the erasure of a person; without the rule of two people it is carried out at once.

    `reference` names the request (a number of a letter), never the person. Raises `Invalid`, `NotFound`, `NotAllowed`, `Conflict` under
    a legal hold.
    """
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        if basis not in Erasure.Basis.values:
            raise Invalid({"basis": [_("Choose one of the list.")]})
        text = clean_text("reference", reference, max_length=120, required=False)
        person = find_person(object_name, record_id)
        if person.words.pattern and person.words.scrub(text, "") != text:
            raise Invalid({"reference": [_("The certificate stays: do not name the person in it.")]})
        if Erasure.objects.filter(record_id=record_id, state__in=("asked", "running")).exists():
            raise Conflict(_("The erasure of this person has been asked for already."))
        row = Erasure.objects.create(
            object=object_name, record_id=record_id, code=person.code, basis=basis, reference=text, asked_by_id=actor.doing_id
        )  # fmt: skip
        note_access(actor, "erasure.asked", object_name=object_name, record_id=record_id, detail={"basis": basis})
        if not takes_two():
            _erase(actor, person, row)
    return row


def agree_erasure(actor: Actor, erasure_id: UUID) -> Any:
    """Carry out an erasure that somebody else asked for. Raises `NotAllowed` for the one who asked, `NotFound`, `Conflict`."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        row = _waiting(erasure_id)
        if takes_two() and row.asked_by_id == actor.doing_id:
            raise NotAllowed(_("Somebody else has to agree: an erasure takes two people here."))
        _erase(actor, find_person(row.object, row.record_id), row)
    return row


def refuse_erasure(actor: Actor, erasure_id: UUID) -> Any:
    """Leave everything as it is. Raises `NotFound`, `NotAllowed`."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        row = _waiting(erasure_id)
        row.state, row.done_at, row.done_by_id = Erasure.State.REFUSED, timezone.now(), actor.doing_id
        row.save(update_fields=["state", "done_at", "done_by_id"])
        note_access(actor, "erasure.refused", object_name=row.object, record_id=row.record_id)
    return row


def erase_by_rule(actor: Actor, object_name: str, record_id: UUID, rule: str) -> None:
    """The erasure that a rule of retention demands; inside the caller's transaction. Raises `Conflict` under a legal hold."""
    person = find_person(object_name, record_id)
    row = Erasure.objects.create(
        object=object_name, record_id=record_id, code=person.code, basis=Erasure.Basis.RETENTION, reference=rule[:120]
    )  # fmt: skip
    _erase(actor, person, row)


def _erase(actor: Actor, person: Person, row: Any) -> None:
    row.state, row.pseudonym = Erasure.State.RUNNING, new_pseudonym()
    row.save(update_fields=["state", "pseudonym"])
    erased = carry_out(actor, person, row)
    row.counts = dict(erased.counts)
    for name, keys in erased.changed.items():
        publish(RecordsChanged(object=name, action="updated", ids=tuple(sorted(keys))), member_id=actor.member_id)
    publish(PersonErased(erasure_id=row.id), member_id=actor.member_id)
    row.state, row.done_at, row.done_by_id = Erasure.State.DONE, timezone.now(), actor.doing_id
    row.save(update_fields=["state", "counts", "done_at", "done_by_id"])
    note_access(
        actor, "erasure.done", object_name=row.object, record_id=row.record_id, detail={"certificate": str(row.id)}
    )


def new_pseudonym() -> str:
    """A name that tells nothing, in the company's language; made by chance, so that nothing leads back."""
    language = Company.objects.values_list("language", flat=True).first() or "en"
    with translation.override(language):
        return _("Erased person %(mark)s") % {"mark": get_random_string(6, MARKS)}


def takes_two() -> bool:
    """Whether an erasure needs somebody else who agrees."""
    settings = Company.objects.values_list("settings", flat=True).first() or {}
    return bool(settings.get(SETTING))


def set_takes_two(actor: Actor, wanted: bool) -> None:
    """Let erasures need a second person, or not. Raises `NotAllowed`."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        company = Company.objects.select_for_update().get()
        if bool(company.settings.get(SETTING)) != wanted:
            company.settings = {**company.settings, SETTING: wanted}
            company.save(update_fields=["settings"])
            note_access(actor, "erasure.rule", object_name="company", detail={"two_people": [not wanted, wanted]})


def erasures(actor: Actor) -> list[Any]:
    """All erasures, newest first; administrators only."""
    require_admin(actor)
    return list(Erasure.objects.order_by("-asked_at", "-id")[:MOST])


def get_erasure(actor: Actor, erasure_id: UUID) -> Any:
    """One erasure. Raises `NotFound`, `NotAllowed`."""
    require_admin(actor)
    row = Erasure.objects.filter(id=erasure_id).first()
    if row is None:
        raise NotFound(_("There is no such erasure."))
    return row


def _waiting(erasure_id: UUID) -> Any:
    row = Erasure.objects.select_for_update().filter(id=erasure_id, state=Erasure.State.ASKED).first()
    if row is None:
        raise NotFound(_("There is no such erasure."))
    return row

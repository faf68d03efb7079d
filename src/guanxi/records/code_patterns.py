"""How the codes of each object look: what the settings page and the API show and change."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.codes import check_pattern, period_of, render_code, set_pattern
from guanxi.core.errors import NotFound
from guanxi.core.models import CodePattern
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import note_access
from guanxi.identity.permissions import require_admin
from guanxi.records import registry
from guanxi.records.registry import ObjectType

TRACE = "code_pattern"


@dataclass(frozen=True)
class Pattern:
    """The pattern of one object; `id` is that of the company's own one, None as long as the default holds."""

    kind: ObjectType
    pattern: str
    example: str
    id: UUID | None


def list_patterns(actor: Actor) -> Iterator[Pattern]:
    """The patterns of all objects with codes whose room is on."""
    own = {row.object: row for row in CodePattern.objects.all()}
    for kind in registry.objects():
        if kind.code_pattern and kind.room not in actor.rooms_off:
            yield _shown(kind, own.get(kind.name))


def get_pattern(actor: Actor, object_name: str, *, lock: bool = False) -> Pattern:
    """The pattern of one object. Raises `NotFound`."""
    kind = next((one for one in registry.objects() if one.name == object_name and one.code_pattern), None)
    if kind is None or kind.room in actor.rooms_off:
        raise NotFound(_("There is no such page."))
    rows = CodePattern.objects.select_for_update() if lock else CodePattern.objects.all()
    return _shown(kind, rows.filter(object=object_name).first())


def change_pattern(actor: Actor, object_name: str, pattern: str) -> Pattern:
    """Give an object's next codes another pattern. Administrators only; raises `Invalid`, `NotFound`."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        before = get_pattern(actor, object_name, lock=True)
        wanted = pattern.strip()
        check_pattern(wanted)
        if wanted == before.pattern:
            return before
        set_pattern(object_name, wanted)
        after = get_pattern(actor, object_name)
        detail = {"object": object_name, "pattern": [before.pattern, wanted]}
        note_access(actor, "codes.changed", object_name=TRACE, record_id=after.id, detail=detail)
        return after


def _shown(kind: ObjectType, row: CodePattern | None) -> Pattern:
    pattern = row.pattern if row else kind.code_pattern
    example = render_code(pattern, period_of(pattern, timezone.localdate()), row.next_number if row else 1)
    return Pattern(kind, pattern, example, row.id if row else None)

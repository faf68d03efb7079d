"""Rows coloured by criteria: one query for a page, and only where the view has colours."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Case, CharField, Value, When

from guanxi.identity.actor import Actor
from guanxi.records.criteria import compile_q
from guanxi.records.queries import visible_records
from guanxi.records.registry import ObjectType

if TYPE_CHECKING:
    from guanxi.records.listing.options import Colour


def row_tones(
    actor: Actor, kind: ObjectType, ids: Sequence[Any], colours: Sequence["Colour"], *, deleted: bool = False
) -> dict[str, str]:
    """Tone by id of those of `ids` that meet a colour's criteria. Raises `Invalid` for criteria that are not the actor's."""
    if not ids or not colours:
        return {}
    queryset = visible_records(actor, kind.name, deleted=deleted).filter(id__in=ids)
    cases = []
    for one in colours:
        compiled = compile_q(actor, kind.name, one.criteria)
        queryset = queryset.alias(**compiled.aliases) if compiled.aliases else queryset
        if not compiled.q:
            cases.append(When(pk__isnull=False, then=Value(one.tone)))
        else:
            cases.append(When(compiled.q, then=Value(one.tone)))
    toned = queryset.annotate(tone=Case(*cases, default=Value(""), output_field=CharField()))
    return {str(key): tone for key, tone in toned.values_list("id", "tone") if tone}

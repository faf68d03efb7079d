"""The sheet of strengths, weaknesses, opportunities, threats: proposals of live figures and what people decided about them or added."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.analytics.access import require_manage
from guanxi.analytics.models import SwotEntry, SwotKind
from guanxi.analytics.models.returns import SwotState
from guanxi.analytics.roi.cases import require_return
from guanxi.analytics.roi.signals import Signal, signals
from guanxi.core.errors import Invalid, NotFound
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import note_access
from guanxi.identity.services.locking import locked

LONGEST = 300
MOST = 200
ORDER = {SwotState.PINNED: 0, SwotState.SHOWN: 1, SwotState.HIDDEN: 2}


@dataclass(frozen=True)
class Line:
    """One line of a field. `signal` is the proposal that supports it now; `faded`: a pinned or edited proposal that the figures no longer support."""

    kind: str
    text: str
    state: str
    entry: SwotEntry | None
    signal: Signal | None
    faded: bool

    @property
    def own(self) -> bool:
        """Whether a person wrote it."""
        return self.entry is not None and bool(self.entry.text)


def sheet(actor: Actor) -> list[Line]:
    """All lines, hidden ones last: pinned, then the figures' and people's."""
    require_return(actor)
    live = {one.key: one for one in signals(actor)}
    rows = list(SwotEntry.objects.select_related("member").order_by("at", "id")[:MOST])
    decided = {row.signal: row for row in rows if row.signal}
    lines = [
        Line(one.kind, one.text, SwotState.SHOWN, None, one, False) for one in live.values() if one.key not in decided
    ]
    for row in rows:
        signal = live.get(row.signal) if row.signal else None
        # A proposal without words of its own that the figures no longer support has nothing to say.
        text = row.text or (signal.text if signal else "")
        if text:
            lines.append(Line(row.kind, text, row.state, row, signal, bool(row.signal) and signal is None))
    return sorted(lines, key=lambda one: ORDER[SwotState(one.state)])


def entry_of(actor: Actor, key: UUID) -> SwotEntry:
    """One entry that somebody wrote or decided. Raises `NotFound`."""
    require_return(actor)
    found: SwotEntry | None = SwotEntry.objects.filter(id=key).first()
    if found is None:
        raise NotFound(_("It does not exist."))
    return found


def save_entry(
    actor: Actor, values: Mapping[str, Any], key: UUID | None = None, *, version: int | None = None
) -> SwotEntry:
    """Write a line (`kind`, `text`, `state`), or decide about the proposal `signal`: empty text leaves it its own words. Raises `Invalid`, `Stale`, `NotFound`."""
    require_return(actor)
    require_manage(actor)
    with tenant_tx(actor.tenant_id):
        if key is not None:
            entry_of(actor, key)
            row = locked(SwotEntry, key, version)
            row.version += 1
        else:
            row = _of_signal(str(values.get("signal") or ""))
        row.kind = str(values.get("kind", row.kind or SwotKind.STRENGTH))
        row.state = str(values.get("state", row.state))
        row.text = str(values.get("text", row.text) or "").replace("\x00", "").strip()
        _check(row)
        row.member_id, row.at = actor.doing_id, timezone.now()
        row.save()
        note_access(
            actor, "swot.saved", object_name="swot", record_id=row.id, detail={"kind": row.kind, "state": row.state}
        )
        return row


def delete_entry(actor: Actor, key: UUID, version: int | None = None) -> None:
    """Forget a line; a proposal stands as the figures say it again."""
    require_return(actor)
    require_manage(actor)
    with tenant_tx(actor.tenant_id):
        entry_of(actor, key)
        row = locked(SwotEntry, key, version)
        row.delete()
        note_access(actor, "swot.deleted", object_name="swot", record_id=key)


def _of_signal(signal: str) -> SwotEntry:
    found: SwotEntry | None = SwotEntry.objects.select_for_update().filter(signal=signal).first() if signal else None
    return found or SwotEntry(signal=signal)


def _check(row: SwotEntry) -> None:
    errors = {}
    if row.kind not in SwotKind.values:
        errors["kind"] = [_("Choose one of the list.")]
    if row.state not in SwotState.values:
        errors["state"] = [_("Choose one of the list.")]
    if (not row.text and not row.signal) or len(row.text) > LONGEST:
        errors["text"] = [_("Write between 1 and %(count)d characters.") % {"count": LONGEST}]
    if len(row.signal) > 40 or "\x00" in row.signal:
        errors["signal"] = [_("Choose one of the list.")]
    if errors:
        raise Invalid(errors)
